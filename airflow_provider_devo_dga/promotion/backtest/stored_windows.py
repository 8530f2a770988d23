"""The windows that hourly reports were made of: their scored rows, which stay, and who stood out in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.devo_api.window import Window, keyed
from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict
from airflow_provider_devo_dga.reports.evidence.figures import REPORT
from airflow_provider_devo_dga.reports.evidence.row_schema import COLUMNS, FAILED, check_schema
from airflow_provider_devo_dga.reports.evidence.scored_rows import BATCH_ROWS, rows_at_once
from airflow_provider_devo_dga.storage import StoragePath, read

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = "rows"
"""Folder of the scored rows, below that of the reports."""


@dataclass(frozen=True, slots=True)
class StoredWindow:
    """One window whose scored rows are there.

    :param slug: name of its report.
    :param rows: the Parquet file.
    :param report: its ``report.json``, whether that is there or not.
    """

    window: Window
    slug: str
    rows: StoragePath
    report: StoragePath

    def batches(self) -> Iterator[pa.Table]:
        """Read the columns that a report needs, some thousands of rows at a time; an empty table of no rows.

        :raises ReportError: it is no Parquet file, or lacks one of them.
        :raises FileNotFoundError: it is not there any more.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with self.rows.open("rb") as source:
                file = pq.ParquetFile(source, pre_buffer=False)
                schema = file.schema_arrow
                check_schema(schema, threshold=1.0)  # a score is fine too: another label takes its place
                columns = [*COLUMNS, *({FAILED} & {*schema.names})]
                if not file.metadata.num_rows:
                    yield schema.empty_table().select(columns)
                for number in range(file.num_row_groups):
                    rows = min(BATCH_ROWS, rows_at_once(file.metadata.row_group(number)))
                    for batch in file.iter_batches(rows, row_groups=[number], columns=columns):
                        yield pa.Table.from_batches([batch])
        except (pa.ArrowInvalid, OSError) as error:
            # Arrow tells damaged pages as an OSError without a number; others are of the storage
            if isinstance(error, OSError) and (type(error) is not OSError or error.errno is not None):
                raise
            raise ReportError(f"{self.rows} cannot be read as Parquet: {error}") from error

    def names(self) -> pa.Array:
        """Return the distinct registrable domains."""
        import pyarrow as pa
        import pyarrow.compute as pc

        parts = [pc.unique(table["reg_domain"]).cast(pa.string()) for table in self.batches()]
        return pc.unique(pa.chunked_array(parts, pa.string()))

    def stood_out(self) -> set[str]:
        """Return the clients that its report names; none when there is no report.

        :raises DocumentError: the report is damaged.
        """
        if (content := read(self.report)) is None:
            return set()
        clients = REPORT.read(content, self.report).clients
        expected = {str(Verdict.CHANCE)}
        return {each.client for each in clients if each.verdict not in expected}


def stored_windows(
    folder: Any, source_key: str, *, before: datetime, width: timedelta, most: int
) -> Iterator[StoredWindow]:
    """Yield the windows of a source that are stored, of the last ``most`` ones, the latest first.

    :param folder: of the reports.
    :param before: end of the latest one, aware; rounded down to a whole ``width`` of the day.
    """
    since_midnight = timedelta(hours=before.hour, minutes=before.minute, seconds=before.second)
    end = before.astimezone(UTC).replace(microsecond=0) - since_midnight % width
    for window in Window(end, end + width).before(most):
        slug = keyed(window.slug, source_key)
        found = StoredWindow(window, slug, folder / ROWS / f"{slug}.parquet", folder / slug / "report.json")
        if found.rows.is_file():
            yield found
