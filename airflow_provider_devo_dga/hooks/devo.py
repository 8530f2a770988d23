"""DevoHook: read a bounded window of Devo, completely or with an error."""

from __future__ import annotations

import functools
import time
from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret

from airflow_provider_devo_dga.client.drive import Batch, http_options, stream
from airflow_provider_devo_dga.client.files import WrittenFile, write_batches
from airflow_provider_devo_dga.client.query import Query, QueryExchange
from airflow_provider_devo_dga.client.window import Window
from airflow_provider_devo_dga.client.wire import Row
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoDgaError,
    DevoQueryError,
    DevoResultError,
    DevoWindowError,
)
from airflow_provider_devo_dga.hooks.devo_settings import DevoSettings
from airflow_provider_devo_dga.storage import StoragePath

if TYPE_CHECKING:
    from devo.api import Client

_PROBE_TABLE = "siem.logtrust.web.activity"
_PROGRESS_SECONDS = 5.0


class DevoHook(BaseHook):
    """Queries Devo's API over closed windows of time.

    Connection: ``host`` is the API address of your region (e.g. ``apiv2-us.devo.com``), ``password`` the
    token; extras ``api_key`` and ``api_secret``, or ``jwt``, instead of a token, ``verify``, ``timeout``
    (seconds for a whole answer), ``retries``.

    :param devo_conn_id: the Airflow connection.
    :param comments: pragma comments that name the caller in Devo's audit, e.g. ``{"user": "airflow"}``.
    """

    conn_name_attr = "devo_conn_id"
    default_conn_name = "devo_default"
    conn_type = "devo"
    hook_name = "Devo"

    def __init__(
        self, devo_conn_id: str = default_conn_name, *, comments: dict[str, str] | None = None
    ) -> None:
        super().__init__()
        self.devo_conn_id = devo_conn_id
        self.comments = comments or {"id": "airflow-provider-devo-dga", "user": "airflow"}

    @functools.cached_property
    def settings(self) -> DevoSettings:
        """The connection, checked; read once per hook."""
        settings = DevoSettings.of(self.get_connection(self.devo_conn_id))
        for secret in settings.credentials.secrets():
            mask_secret(secret)  # Airflow masks by field name and does not know `jwt`
        return settings

    def get_conn(self) -> Client:
        """Return a new client of the official devo-sdk. Use one per query: it is not safe to share."""
        from devo.api import Client, ClientConfig

        settings = self.settings
        return Client(
            address=settings.url,
            auth=settings.credentials.for_sdk(),
            config=ClientConfig(response="json/simple/compact", stream=True),
            timeout=int(settings.limits.timeout),
            retries=settings.limits.retries,
            verify=settings.verify,
        )

    def iter_batches(
        self, query: str, *, from_: datetime | str, to: datetime | str, limit: int | None = None
    ) -> Generator[Batch, None, None]:
        """Yield rows as they arrive, as lists in column order; the last batch is always there, maybe empty.

        :param query: LINQ.
        :param from_: start of the window, aware, included.
        :param to: end of the window, aware, excluded, not in the future.
        :raises DevoIncompleteError: the answer broke off; discard what was read.
        :raises DevoWindowError: naive, empty, reversed or unfinished window.
        """
        import httpx

        window = Window.parse(from_, to)
        if not window.is_over():
            raise DevoWindowError(
                f"The window {window} is not over yet; wait for its end, as DevoQuerySensor does"
            )
        settings, request = self.settings, Query(query, window, limit, self.comments)

        def new_exchange() -> QueryExchange:
            return QueryExchange(request, settings.url, settings.credentials, int(time.time()) * 1000)

        with (
            httpx.Client(**http_options(settings.verify, settings.limits)) as client,
            closing(stream(client, new_exchange, settings.limits)) as batches,
        ):
            for batch in batches:
                yield _within(batch, window)

    def iter_rows(
        self, query: str, *, from_: datetime | str, to: datetime | str, limit: int | None = None
    ) -> Generator[Row, None, None]:
        """Yield rows as dicts in constant memory; timestamps are epoch milliseconds, addresses text.

        Stopping early closes the connection. Errors as in :meth:`iter_batches`.
        """
        with closing(self.iter_batches(query, from_=from_, to=to, limit=limit)) as batches:
            for batch in batches:
                names = [column.name for column in batch.columns]
                for row in batch.rows:
                    yield dict(zip(names, row, strict=True))

    def get_records(
        self, query: str, *, from_: datetime | str, to: datetime | str, limit: int | None = None
    ) -> list[Row]:
        """Return all rows of :meth:`iter_rows`; for results that fit into memory."""
        return list(self.iter_rows(query, from_=from_, to=to, limit=limit))

    def count(self, query: str, *, from_: datetime | str, to: datetime | str) -> int:
        """Return how many rows ``query`` gives in the window, counted by Devo."""
        rows = self.get_records(f"{query}\ngroup\nselect count() as rows_n", from_=from_, to=to)
        if not rows:
            return 0
        number = rows[0].get("rows_n")
        if not isinstance(number, int):
            raise DevoResultError(f"Devo's row count is not a whole number: {number!r}")
        return number

    def to_file(
        self,
        query: str,
        target: StoragePath,
        *,
        from_: datetime | str,
        to: datetime | str,
        file_format: str = "parquet",
        max_rows: int | None = None,
    ) -> WrittenFile:
        """Write the rows to ``target`` as they arrive; the file appears only when all of them are in it.

        :param target: ``pathlib.Path`` or ``ObjectStoragePath``.
        :param file_format: ``parquet``, ``csv`` or ``ndjson``.
        :param max_rows: raise when the query gives more.
        """
        started = last = time.monotonic()

        def progress(rows: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _PROGRESS_SECONDS:
                last = now
                self.log.info("%d rows so far, %.0f rows/s", rows, rows / (now - started))

        with closing(self.iter_batches(query, from_=from_, to=to)) as batches:
            written = write_batches(batches, target, file_format, max_rows=max_rows, progress=progress)
        seconds = time.monotonic() - started
        self.log.info(
            "%d rows in %.1f s, %d bytes, at %s", written.rows, seconds, written.bytes, written.path
        )
        return written

    def test_connection(self) -> tuple[bool, str]:
        """Ask Devo for one row of the last five minutes; say which part fails when one does."""
        end = datetime.now(UTC).replace(microsecond=0)
        query = f"from {_PROBE_TABLE} select eventdate limit 1"
        try:
            self.get_records(query, from_=end - timedelta(minutes=5), to=end)
        except DevoQueryError as error:
            return True, f"Devo accepts the credentials, but they cannot read {_PROBE_TABLE}: {error}"
        except DevoAuthError as error:
            return False, f"Devo is there, but refuses the credentials: {error}"
        except DevoConnectionConfigError as error:
            return False, f"The connection is not usable: {error}"
        except DevoDgaError as error:
            return False, f"Devo cannot be reached: {error}"
        return True, f"Devo answers at {self.settings.url}"


def _within(batch: Batch, window: Window) -> Batch:
    """Drop rows at the window's very end: whether Devo includes it is not documented."""
    index = next(
        (
            i
            for i, column in enumerate(batch.columns)
            if (column.name, column.type) == ("eventdate", "timestamp")
        ),
        None,
    )
    if index is None:
        return batch
    end = window.end_seconds * 1000
    return Batch(batch.columns, [row for row in batch.rows if not _reaches(row[index], end)])


def _reaches(value: object, end: int) -> bool:
    return isinstance(value, int) and value >= end
