"""One connection to an H2O cluster, local or remote, opened and closed with a ``with`` block.

The h2o package keeps one connection per process, so a second one inside the first is refused.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.devo_api.requests_clients import led
from airflow_provider_devo_dga.devo_api.transport import Transport
from airflow_provider_devo_dga.errors import H2OClusterError, H2OConfigError, TrainingError
from airflow_provider_devo_dga.models.java import REMEDY
from airflow_provider_devo_dga.redaction import heard, quiet
from airflow_provider_devo_dga.training.cluster.address import ClusterAddress
from airflow_provider_devo_dga.training.cluster.session import young_objects_only

if TYPE_CHECKING:
    from h2o.backend import H2OConnection

_OPENING_SECONDS = 30.0
# as h2o has it: one for the whole process
_addresses: list[ClusterAddress] = []


def current_address() -> ClusterAddress:
    """Return the address of the cluster that this process is connected to.

    :raises H2OClusterError: outside ``h2o_connection``.
    """
    if not _addresses:
        raise H2OClusterError("No H2O cluster is connected: use h2o_connection()")
    return _addresses[-1]


@contextmanager
def h2o_connection(
    url: str,
    *,
    auth: tuple[str, str] | None = None,
    verify: bool | str = True,
) -> Iterator[H2OConnection]:
    """Connect the h2o package to the cluster at ``url``; close the connection with the block.

    :param url: ``http://host:port`` or ``https://host:port/context``; the port is required.
    :param auth: user and password for HTTP basic authentication.
    :param verify: whom to trust of an ``https`` cluster, as :func:`devo_api.tls.context_of` takes it.
    :raises H2OClusterError: when the cluster is not there, refuses the password, has another version than
        the client, or goes away inside the block; also when this process holds a connection already.
    :raises H2OConfigError: its certificate is not trusted, or the proxy on the way cannot be used.
    """
    try:
        import h2o
        from h2o.exceptions import H2OConnectionError, H2OServerError
        from h2o.job import H2OJob
    except ImportError:
        raise H2OClusterError(f"The package h2o is not installed. Run: {REMEDY}") from None
    _refuse_second_connection()
    address = ClusterAddress(url.rstrip("/"), auth, verify)
    with led(url, verify, H2OConfigError) as way:
        connection = _open(url, auth, way)
        bars = H2OJob.__PROGRESS_BAR__
        h2o.no_progress()
        _addresses.append(address)
        try:
            with young_objects_only():
                yield connection
        except (H2OConnectionError, H2OServerError) as error:
            if isinstance(error, H2OServerError) and _answers(connection):
                raise
            raise H2OClusterError(f"The H2O cluster at {url} went away: {_first_line(error)}") from error
        finally:
            _addresses.pop()
            H2OJob.__PROGRESS_BAR__ = bars
            connection.close()


@contextmanager
def typed_errors() -> Iterator[None]:
    """Raise what h2o raises as an error of ours."""
    from h2o.exceptions import (
        H2OConnectionError,
        H2OJobCancelled,
        H2OResponseError,
        H2OTypeError,
        H2OValueError,
    )

    try:
        yield
    except H2OConnectionError as error:
        raise H2OClusterError(f"The H2O cluster went away: {_first_line(error)}") from error
    except (H2OJobCancelled, H2OResponseError, H2OTypeError, H2OValueError) as error:
        raise TrainingError(f"H2O refused: {_first_line(error)}") from error


def _refuse_second_connection() -> None:
    import h2o

    current = h2o.connection()
    if current is not None and current.connected:
        raise H2OClusterError(
            f"This process is connected to the H2O cluster at {current.base_url} already; "
            "h2o keeps one connection per process"
        )


def _open(url: str, auth: tuple[str, str] | None, way: Transport) -> H2OConnection:
    import h2o
    from h2o.exceptions import H2OError

    try:
        # h2o prints the age of its own build, and warns of proxies that it does not use for loopback
        with redirect_stdout(io.StringIO()), warnings.catch_warnings(), way.within(_OPENING_SECONDS):
            warnings.filterwarnings("ignore", message="Proxy is defined in the environment")
            return h2o.connect(url=url, auth=auth, verbose=False, strict_version_check=True)
    except H2OError as error:
        # the version check comes after the connection was made
        if h2o.connection() is not None and h2o.connection().connected:
            h2o.connection().close()
        raise H2OClusterError(f"Cannot use the H2O cluster at {url}: {_first_line(error)}") from error


def _answers(connection: H2OConnection) -> bool:
    from h2o.exceptions import H2OError

    try:
        connection.request("GET /3/Ping")
    except H2OError:
        return False
    return True


def _first_line(error: BaseException) -> str:
    from h2o.exceptions import H2OError

    try:
        said = str(error).strip().splitlines()
    except H2OError:  # a refusal that lacks what h2o shows of it, and asks the cluster for
        error.args, said = (), []
    quiet(error)
    return heard(said[0] if said else type(error).__name__)
