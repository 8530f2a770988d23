"""MLModelManagerHook: models in Devo's ML Model Manager, written by the official client and read back."""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from airflow.sdk import BaseHook

from airflow_provider_devo_dga.client.address import MODEL_MANAGER_PATH, service_url
from airflow_provider_devo_dga.client.auth import check_sendable
from airflow_provider_devo_dga.client.drive import Limits, http_options, transport_error, trust_of
from airflow_provider_devo_dga.client.model_manager import RegisteredModel, parse_model
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoDgaError,
    DevoError,
    DevoResultError,
    DevoTransientError,
    ModelAlreadyExistsError,
    ModelNotFoundError,
    ModelRejectedError,
)
from airflow_provider_devo_dga.features.quoting import model_name
from airflow_provider_devo_dga.hooks.devo_settings import verify_of

if TYPE_CHECKING:
    from devo_ml.modelmanager import Client

IfExists = Literal["fail", "replace"]
_AUTH_TYPES = ("standalone", "bearer")


class MLModelManagerHook(BaseHook):
    """Registers, lists and reads back models.

    Connection: ``host`` is the Model Manager's address (e.g. ``api-us.devo.com``), ``password`` the token;
    extras ``auth_type`` (``standalone`` or ``bearer``) and ``verify``.

    :param mlmm_conn_id: the Airflow connection.
    :param timeout: seconds for one call; an upload is one call.
    """

    conn_name_attr = "mlmm_conn_id"
    default_conn_name = "devo_mlmm_default"
    conn_type = "devo_mlmm"
    hook_name = "Devo ML Model Manager"

    def __init__(self, mlmm_conn_id: str = default_conn_name, *, timeout: float = 60.0) -> None:
        super().__init__()
        self.mlmm_conn_id = mlmm_conn_id
        self.timeout = timeout

    @functools.cached_property
    def _account(self) -> _Account:
        return _Account(self.get_connection(self.mlmm_conn_id))

    def get_conn(self) -> Client:
        """Return a new official client. It keeps state between calls: do not share it between threads."""
        from devo_ml.modelmanager import create_client_from_token

        account = self._account
        trust_of(account.verify)  # requests, below, has a bare OSError for a CA file it cannot read
        with _typed_errors():
            return create_client_from_token(
                account.url, account.token, account.auth_type, verify=account.verify, timeout=self.timeout
            )

    def get_models(self) -> list[dict[str, Any]]:
        """Return all models, as the Model Manager describes them."""
        with _typed_errors():
            models = self.get_conn().get_models()
        if not isinstance(models, list):
            raise DevoResultError(
                "The Model Manager's answer is not a list of models; check the connection's host"
            )
        return models

    def find_model(self, name: str, *, with_image: bool = False) -> RegisteredModel | None:
        """Return a model, or None when there is none of this name.

        :param with_image: also fetch the model file.
        """
        import httpx

        account = self._account
        url = f"{account.url}/models/{quote(model_name(name), safe='')}"
        options = http_options(account.verify, Limits(timeout=self.timeout))
        try:
            with httpx.Client(**options) as client:
                reply = client.get(url, params={"fast": str(not with_image)}, headers=account.headers())
        except httpx.HTTPError as error:
            raise transport_error(error, url) from error
        return parse_model(reply.status_code, reply.headers, reply.content)

    def get_model(self, name: str, *, with_image: bool = False) -> RegisteredModel:
        """Return a model.

        :raises ModelNotFoundError: there is none of this name.
        """
        model = self.find_model(name, with_image=with_image)
        if model is None:
            raise ModelNotFoundError(
                f"The Model Manager has no model {name!r}; register it first (RegisterModelOperator)"
            )
        return model

    def download_model(self, name: str, target: Path) -> RegisteredModel:
        """Write the file of a registered model to ``target`` and return the model."""
        model = self.get_model(name, with_image=True)
        target.write_bytes(_image_of(model))
        return model

    def add_model(
        self,
        name: str,
        engine: str,
        model_file: Path,
        *,
        description: str | None = None,
        if_exists: IfExists = "fail",
    ) -> RegisteredModel:
        """Register a model file and verify what the Model Manager then holds, byte for byte.

        The same file under the same name is left alone, so a retry after success does nothing. When the
        Model Manager holds our model with other bytes, the former file is put back; a model that someone
        else registered meanwhile is left alone.

        :param engine: the Model Manager's engine, e.g. ``H2O``.
        :param if_exists: another file under this name: ``fail`` or ``replace`` it.
        :raises ModelAlreadyExistsError: another file is there and ``if_exists`` is ``fail``.
        :raises ModelRejectedError: refused, or read back with other content.
        """
        content = Path(model_file).read_bytes()
        former = self.find_model(name, with_image=True)
        if former is not None and former.image == content and description in {None, former.description}:
            self.log.info("Model %r is registered already with this file; nothing to do", name)
            return former
        if former is not None and former.image != content and if_exists == "fail":
            raise ModelAlreadyExistsError(
                f"The Model Manager has another model {name!r} ({former.description or 'no description'});"
                " choose another name or if_exists='replace'"
            )
        self._upload(name, engine, Path(model_file), description)
        # the official client never reads the reply that commits the model: only reading back tells
        held = self.get_model(name, with_image=True)
        if _image_of(held) == content:
            self.log.info("Model %r is registered and read back: %d bytes", name, len(content))
            return held
        kept = former.description if former is not None else ""
        if former is not None and held.description == (kept if description is None else description):
            self._put_back(name, former)
        raise ModelRejectedError(
            f"The Model Manager holds another file under {name!r} than was sent"
            f" (sha256 {_digest(_image_of(held))} instead of {_digest(content)});"
            " is someone else registering this name?"
        )

    def _upload(self, name: str, engine: str, model_file: Path, description: str | None) -> None:
        with _typed_errors():
            self.get_conn().add_model(name, engine, str(model_file), description=description, force=True)

    def _put_back(self, name: str, former: RegisteredModel) -> None:
        """Register the former file again; failing that, say so beside the error under way."""
        try:
            with tempfile.TemporaryDirectory(prefix="devo-dga-") as folder:
                file = Path(folder, f"{name}.zip")
                file.write_bytes(_image_of(former))
                self._upload(name, former.engine, file, former.description)
        except DevoError as error:
            self.log.error("The former model %r could not be put back: %s", name, error)  # noqa: TRY400 - its cause is raised
        else:
            self.log.warning("The former model %r was put back", name)

    def test_connection(self) -> tuple[bool, str]:
        """List the models; say which part fails when one does."""
        try:
            models = self.get_models()
        except DevoAuthError as error:
            return False, f"The Model Manager is there, but refuses the token: {error}"
        except DevoConnectionConfigError as error:
            return False, f"The connection is not usable: {error}"
        except DevoDgaError as error:
            return False, f"The Model Manager cannot be reached: {error}"
        return True, f"The Model Manager answers, with {len(models)} models"


class _Account:
    """A checked ``devo_mlmm`` connection."""

    def __init__(self, connection: Any) -> None:
        extra = connection.extra_dejson
        if not connection.password:
            raise DevoConnectionConfigError(
                "The connection has no token; put a Devo token into the password field"
            )
        check_sendable("token", connection.password)
        self.url = service_url(connection.host, connection.port, default_path=MODEL_MANAGER_PATH)
        self.token: str = connection.password
        self.verify = verify_of(extra)
        self.auth_type: str = extra.get("auth_type") or _AUTH_TYPES[0]
        if self.auth_type not in _AUTH_TYPES:
            raise DevoConnectionConfigError(
                f"The connection's extra field 'auth_type' is {self.auth_type!r}; use standalone or bearer"
            )

    def headers(self) -> dict[str, str]:
        if self.auth_type == "bearer":
            return {"Authorization": f"Bearer {self.token}"}
        return {"standAloneToken": self.token}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _image_of(model: RegisteredModel) -> bytes:
    if model.image is None:
        raise DevoResultError(f"The Model Manager sent no file with model {model.name!r}")
    return model.image


@contextmanager
def _typed_errors() -> Iterator[None]:
    """Give the official client's errors the types of this provider."""
    from devo_ml.modelmanager import error as theirs
    from requests.exceptions import RequestException, SSLError

    try:
        yield
    except theirs.TokenError as error:
        raise DevoAuthError("The Model Manager refuses the token: invalid or expired", code=5) from error
    except theirs.ModelManagerError as error:
        cause = error.__cause__
        if isinstance(cause, SSLError):
            raise DevoConnectionConfigError(
                "The Model Manager's certificate is not trusted; check the host,"
                " or name your CA file in the extra field 'verify'"
            ) from error
        if isinstance(cause, RequestException):
            raise DevoTransientError(
                f"No answer from the Model Manager ({type(cause).__name__});"
                " check the address, the network and whether the server is up"
            ) from error
        if error.msg.startswith("Invalid url"):
            raise DevoConnectionConfigError(
                "The Model Manager's client does not take this host; use a full name or an IP address"
            ) from error
        raise ModelRejectedError(
            f"The Model Manager refuses: {error.msg or 'no reason given'}",
            detail=error.msg,
            code=error.code or None,
        ) from error
    except AttributeError as error:
        # the client reads a login page as None and trips over it
        raise DevoResultError(
            "The Model Manager's answer to the upload is not its own; check the connection's host"
        ) from error
