"""DevoHook: read a bounded window of Devo, completely or with an error."""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret

from airflow_provider_devo_dga.asked import asked_facts
from airflow_provider_devo_dga.devo_api.query import Completeness, Query
from airflow_provider_devo_dga.devo_api.window import Window, within
from airflow_provider_devo_dga.devo_api.wire import Batch, Row
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoDgaError,
    DevoQueryError,
    DevoWindowError,
)
from airflow_provider_devo_dga.hooks.connections import DevoSettings
from airflow_provider_devo_dga.storage import StoragePath
from airflow_provider_devo_dga.tasks.identity import own_comments
from airflow_provider_devo_dga.tasks.run_window import window_errors
from airflow_provider_devo_dga.tasks.telemetry import QueryStats

if TYPE_CHECKING:
    import pyarrow as pa
    from devo.api import Client

    from airflow_provider_devo_dga.devo_api.files import WrittenFile
    from airflow_provider_devo_dga.devo_api.frames import FrameType
    from airflow_provider_devo_dga.devo_api.reader import Reader

_PROBE_TABLE = "siem.logtrust.web.activity"
_NO_LATENESS = timedelta(0)


class ReadOptions(TypedDict, total=False):
    """How one query is read, whichever way.

    ``limit``: at most this many rows. ``lateness``: the window may be read only when its end is so long ago.
    ``completeness``: ``count`` lets Devo count the rows, a second query, and compares. ``auto`` does so too,
    but leaves a query that Devo cannot count to its framing, with a warning. ``framing`` trusts the framing
    where there is one, which holds only where no proxy frames answers anew. Without it the connection's
    ``completeness`` counts, ``auto`` unless that says otherwise. ``timeout``: seconds for the whole answer,
    instead of the connection's.
    """

    limit: int | None
    lateness: timedelta
    completeness: Completeness | None
    timeout: float | None


class DevoHook(BaseHook):
    """Queries Devo's API over closed windows of time: every row, or an error.

    Connection: ``host`` is the API address of your region (e.g. ``apiv2-us.devo.com``), ``password`` the
    token; extras ``api_key`` and ``api_secret``, or ``jwt_token``, instead of a token, ``verify``,
    ``timeout`` (seconds for a whole answer), ``retries``, ``concurrency`` (of a triggerer).

    :param devo_conn_id: the Airflow connection.
    :param comments: pragma comments that name the caller in Devo's audit, e.g. ``{"user": "airflow"}``; None
        names the Dag, task, run and try that runs.
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
        self.comments = comments or own_comments()

    @functools.cached_property
    def settings(self) -> DevoSettings:
        """The connection, checked; read once per hook."""
        settings = DevoSettings.of(self.get_connection(self.devo_conn_id))
        for secret in settings.credentials.secrets():
            mask_secret(secret)  # Airflow masks by field name, and does not know the old `jwt`
        return settings

    def get_conn(self) -> Client:
        """Return a new client of the official devo-sdk. Use one per query: it is not safe to share.

        It follows redirections with its headers and bodies, as requests does; this hook's own calls do not.
        """
        from devo.api import Client, ClientConfig

        from airflow_provider_devo_dga.devo_api.tls import authority_file

        settings = self.settings
        client = Client(
            address=settings.url,
            auth=settings.credentials.for_sdk(),
            config=ClientConfig(response="json/simple/compact", stream=True),
            timeout=int(settings.limits.timeout),
            retries=settings.limits.retries,
        )
        client.verify_certificates(authority_file(settings.verify, client))
        return client

    def iter_batches(
        self, query: str, *, from_: datetime | str, to: datetime | str, **options: Unpack[ReadOptions]
    ) -> Generator[Batch, None, None]:
        """Yield rows as they arrive, as lists in column order; the last batch is always there, maybe empty.

        The rows are complete when it ends without an error. Until then they are a part of the answer.

        :param query: LINQ.
        :param from_: start of the window, aware, included.
        :param to: end of the window, aware, excluded, not in the future.
        :param options: see :class:`ReadOptions`.
        :raises DevoIncompleteError: the answer broke off, or Devo counts more rows; discard what was read.
        :raises DevoWindowError: naive, empty, reversed or unfinished window.
        """
        with (
            self._asking(query, from_, to, **options) as (reader, asked, proof),
            closing(reader.batches(asked, proof)) as batches,
        ):
            for batch in batches:
                yield within(batch, asked.window)

    def iter_rows(
        self, query: str, *, from_: datetime | str, to: datetime | str, **options: Unpack[ReadOptions]
    ) -> Generator[Row, None, None]:
        """Yield rows as dicts in constant memory; timestamps are epoch milliseconds, addresses text.

        Stopping early closes the connection. Parameters and errors as in :meth:`iter_batches`.
        """
        with closing(self.iter_batches(query, from_=from_, to=to, **options)) as batches:
            for batch in batches:
                yield from batch.dicts()

    @contextmanager
    def arrow_reader(
        self, query: str, *, from_: datetime | str, to: datetime | str, **options: Unpack[ReadOptions]
    ) -> Iterator[pa.RecordBatchReader]:
        """Open a pyarrow ``RecordBatchReader`` in a ``with`` block: rows as Arrow, in constant memory.

        DuckDB, polars and pandas read from it. Parameters and errors as in :meth:`iter_batches`; types as in
        a Parquet file.
        """
        from airflow_provider_devo_dga.devo_api.frames import arrow_reader

        with closing(self.iter_batches(query, from_=from_, to=to, **options)) as batches:
            yield arrow_reader(batches)

    def get_records(
        self, query: str, *, from_: datetime | str, to: datetime | str, **options: Unpack[ReadOptions]
    ) -> list[Row]:
        """Return all rows; for results that fit into memory. An answer that broke off is read again."""
        with self._asking(query, from_, to, **options) as (reader, asked, proof):
            return reader.whole(
                asked,
                lambda batches: [row for batch in batches for row in within(batch, asked.window).dicts()],
                proof,
            )

    def get_df(
        self,
        query: str,
        *,
        from_: datetime | str,
        to: datetime | str,
        df_type: FrameType = "pandas",
        **options: Unpack[ReadOptions],
    ) -> Any:
        """Return all rows as a data frame, for results that fit into memory; read again as in `get_records`.

        :param df_type: ``pandas`` or ``polars``, whose package has to be there; types as in a Parquet file.
        """
        from airflow_provider_devo_dga.devo_api.frames import arrow_reader, check_frame_type, data_frame

        check_frame_type(df_type)
        with self._asking(query, from_, to, **options) as (reader, asked, proof):
            table = reader.whole(
                asked,
                lambda batches: arrow_reader(within(batch, asked.window) for batch in batches).read_all(),
                proof,
            )
        return data_frame(table, df_type)

    def count(
        self,
        query: str,
        *,
        from_: datetime | str,
        to: datetime | str,
        lateness: timedelta = _NO_LATENESS,
        timeout: float | None = None,
    ) -> int:
        """Return how many rows ``query`` gives in the window, counted by Devo."""
        with self._asking(query, from_, to, lateness=lateness, timeout=timeout) as (reader, asked, _):
            return reader.count(asked)

    def to_file(
        self,
        query: str,
        target: StoragePath,
        *,
        from_: datetime | str,
        to: datetime | str,
        file_format: str = "parquet",
        max_rows: int | None = None,
        max_bytes: int | None = None,
        owner: str = "",
        **options: Unpack[ReadOptions],
    ) -> WrittenFile:
        """Write the rows to ``target`` as they arrive; the file appears only when all of them are in it.

        An answer that broke off is read again from its beginning, into a new file.

        :param target: ``pathlib.Path`` or ``ObjectStoragePath``.
        :param file_format: ``parquet``, ``csv`` or ``ndjson``.
        :param max_rows: raise when the query gives more.
        :param max_bytes: raise when the file becomes larger.
        :param owner: who writes, for :func:`storage.sweep`.
        :raises DevoLimitError: it gives more rows or bytes; there is no file.
        """
        from airflow_provider_devo_dga.devo_api.files import Progress, check_format, write_batches

        check_format(file_format)
        if max_rows is not None:
            # one row more than allowed is enough to know, and Devo need not send the others
            options.setdefault("limit", max(max_rows, 0) + 1)
        with self._asking(query, from_, to, **options) as (reader, asked, proof):

            def write(batches: Iterator[Batch]) -> WrittenFile:
                progress = Progress(self.log)
                written = write_batches(
                    (within(batch, asked.window) for batch in batches),
                    target,
                    file_format,
                    max_rows=max_rows,
                    max_bytes=max_bytes,
                    progress=progress,
                    owner=owner,
                    facts=asked_facts(query, asked.window.written),
                )
                progress.done(written)
                return written

            return reader.whole(asked, write, proof)

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

    @contextmanager
    def _asking(
        self,
        text: str,
        from_: datetime | str,
        to: datetime | str,
        *,
        limit: int | None = None,
        lateness: timedelta = _NO_LATENESS,
        completeness: Completeness | None = None,
        timeout: float | None = None,
    ) -> Iterator[tuple[Reader, Query, Completeness]]:
        """Check what is to be asked; yield who asks, the query, and what proves its answer."""
        from airflow_provider_devo_dga.devo_api.reader import Reader
        from airflow_provider_devo_dga.devo_api.transport import transport_to

        with window_errors():
            window = Window.parse(from_, to)
        if not window.is_over(lateness):
            late = f" (and {lateness} for late events)" if lateness else ""
            raise DevoWindowError(
                f"The window {window}{late} is not over yet; wait for its end, as DevoQuerySensor does"
            )
        settings = self.settings
        limits = settings.limits if timeout is None else settings.limits.within(timeout)
        transport = transport_to(settings.url, settings.verify, limits)
        with transport.client() as client:
            reader = Reader(client, settings.endpoint, limits, QueryStats(), transport.context)
            yield reader, Query(text, window, limit, self.comments), completeness or settings.completeness
