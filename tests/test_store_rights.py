"""Object stores that let a task write but not delete, or list but not read: the first error counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
import upath.registry
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach
from fsspec import register_implementation
from fsspec.implementations.memory import MemoryFileSystem
from upath.implementations.memory import MemoryPath

from airflow_provider_devo_dga.devo_api.files import write_batches
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.devo_api.wire import Batch, Column
from airflow_provider_devo_dga.drift.watch import DriftWatch
from airflow_provider_devo_dga.errors import DocumentError, StorageError
from airflow_provider_devo_dga.models.origin import Origin
from airflow_provider_devo_dga.models.replacement import Replacement
from airflow_provider_devo_dga.models.store import ModelStore, local_copy, read_summary
from airflow_provider_devo_dga.reports.files.sending import OutgoingDetections
from airflow_provider_devo_dga.reports.shelf import ReportShelf
from airflow_provider_devo_dga.storage import publish, read, remove, sweep

SLUG = "20260101T000000Z_3600s"
TASK = Origin("a_dag", "a_run", "train")
VERSION = "20260101T000000Z"
numbers = itertools.count()


class Rights(MemoryFileSystem):
    """A store in memory that refuses what is in ``denied``: ``write``, ``read`` or ``delete``."""

    protocol = "rights"
    cachable = False
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    denied: ClassVar[set[str]] = set()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("rights://", "memory://", 1)))

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        self._check("read" if "r" in mode else "write")
        return super()._open(path, mode, **options)

    def rm_file(self, path: str) -> None:
        self._check("delete")
        super().rm_file(path)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        self._check("delete")
        super().rm(path, recursive, maxdepth)

    def _rm(self, path: str) -> None:
        self._check("delete")
        super()._rm(path)

    def _check(self, right: str) -> None:
        if right in self.denied:
            raise PermissionError(f"AccessDenied: {right}")


@pytest.fixture
def folder() -> Iterator[ObjectStoragePath]:
    register_implementation("rights", Rights, clobber=True)
    upath.registry.register_implementation("rights", MemoryPath, clobber=True)
    attach("rights", fs=Rights())
    yield ObjectStoragePath(f"rights://bucket/{next(numbers)}")
    Rights.denied.clear()
    Rights.store.clear()


def names(folder: ObjectStoragePath) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def published(target: Any, content: bytes) -> None:
    with publish(target) as file:
        file.write(content)


def broken(block: AbstractContextManager[Any], error: Exception, denied: str = "delete") -> None:
    with block as file:
        if file is not None:
            file.write(b"half")
        Rights.denied.add(denied)
        raise error


def test_what_is_written_and_may_not_be_deleted_is_told_and_left(
    folder: ObjectStoragePath, caplog: pytest.LogCaptureFixture
) -> None:
    published(folder / "a", b"former")
    Rights.denied.add("delete")
    with pytest.raises(
        StorageError, match=r"does not let this process write, .*AccessDenied: delete.*rights to"
    ):
        published(folder / "a", b"newer")
    left = names(folder)
    assert (len(left), left[0][:3], left[0][-5:], left[1]) == (2, ".a.", ".part", "a")
    assert f"{left[0]} is left, it cannot be removed: AccessDenied: delete" in caplog.text
    # as the docs say: the former one, or the whole new one
    assert (folder / "a").read_bytes() == b"newer"


def test_the_writers_error_is_not_hidden(folder: ObjectStoragePath, caplog: pytest.LogCaptureFixture) -> None:
    published(folder / "a", b"former")
    for error in (RuntimeError("the rows broke off"), PermissionError("of something else")):
        with pytest.raises(type(error)) as caught:
            broken(publish(folder / "a"), error)
        assert caught.value is error
    assert caplog.text.count("is left, it cannot be removed") == 2
    assert (folder / "a").read_bytes() == b"former"


def test_an_error_while_the_file_is_closed_hides_no_other(folder: ObjectStoragePath) -> None:
    class Unclosable:
        """What a store that uploads at the end makes of a lost right."""

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            raise PermissionError("AccessDenied: write")

        def write(self, content: bytes) -> int:
            return len(content)

    class Target(type(folder)):  # type: ignore[misc]
        def open(self, *_: Any, **__: Any) -> Any:
            return Unclosable()

    target = Target(f"{folder}/a")
    with pytest.raises(RuntimeError, match="the rows broke off"), publish(target):
        raise RuntimeError("the rows broke off")
    with pytest.raises(StorageError, match="AccessDenied: write"):
        published(target, b"whole")


def test_a_reservation_hides_no_error_of_the_training(
    folder: ObjectStoragePath, caplog: pytest.LogCaptureFixture
) -> None:
    store = ModelStore(folder)
    for denied in ("delete", "read"):
        Rights.denied.clear()
        with pytest.raises(RuntimeError, match="no cluster"):
            broken(store.reserved(VERSION, "m", TASK), RuntimeError("no cluster"), denied)
    assert "is left, it cannot be removed" in caplog.text
    assert f"Who owns version {VERSION} of 'm' cannot be read" in caplog.text


def rows(target: Any) -> object:
    return write_batches([Batch((Column("n", "int4"),), [[1]])], target, "csv")


def reserve(folder: Any) -> None:
    with ModelStore(folder).reserved(VERSION, "m", TASK):
        pass


WRITERS: dict[str, Callable[[Any], object]] = {
    "rows of a query": lambda folder: rows(folder / "rows.csv"),
    "what a killed task left": lambda folder: sweep(folder / "a", "one"),
    "a file": lambda folder: remove(folder / "a"),
    "a reservation": reserve,
    "the record of a promotion": lambda folder: ModelStore(folder).begin(
        Replacement("m", "a" * 64, VERSION, None)
    ),
    "its end": lambda folder: ModelStore(folder).take_back("m"),
    "the record of what was sent": lambda folder: OutgoingDetections(folder / "e", "t", "all").begin(None),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_who_may_not_delete_is_told_so(folder: ObjectStoragePath, writer: str) -> None:
    for place in (folder / "a", folder / ".a.one.1.part", folder / "former" / "m.under_way.json"):
        published(place, b"{}")
    Rights.denied.add("delete")
    with pytest.raises(StorageError, match="AccessDenied: delete"):
        WRITERS[writer](folder)


READERS: dict[str, Callable[[Any], object]] = {
    "a file": lambda folder: read(folder / "a"),
    "a summary": lambda folder: read_summary(folder / "a"),
    "a version's summary": lambda folder: ModelStore(folder).summary(VERSION, "m"),
    "a model file": lambda folder: local_copy(folder / "a", Path("unused")),
    "a promotion": lambda folder: ModelStore(folder).under_way("m"),
    "what was sent": lambda folder: OutgoingDetections(folder / "e", "t", "all").before(),
    "a report's page": lambda folder: ReportShelf(folder).page("a_dag", SLUG),
}


@pytest.mark.parametrize("reader", READERS)
def test_who_may_not_read_is_told_so(folder: ObjectStoragePath, reader: str) -> None:
    for name in ("a", f"{VERSION}/m.json", "former/m.under_way.json", "sent_t.json", f"{SLUG}/report.json"):
        published(folder / name, b"{}")
    Rights.denied.add("read")
    with pytest.raises(StorageError, match=r"does not let this process read .*AccessDenied: read"):
        READERS[reader](folder)


def test_what_may_be_listed_and_not_read_costs_its_own_line(
    folder: ObjectStoragePath, caplog: pytest.LogCaptureFixture
) -> None:
    window = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC))
    published(folder / SLUG / "report.json", b"{}")
    published(folder / f"{SLUG}.json", b"{}")
    Rights.denied.add("read")
    shelf = ReportShelf(folder)
    assert [(report.slug, report.figures) for report in shelf.latest("a_dag", 5)] == [(SLUG, None)]
    assert [past.totals for past in shelf.trend([(window.start, SLUG)])] == [None]
    with pytest.raises(DocumentError, match=r"cannot be read: .*AccessDenied: read"):
        DriftWatch(folder).find(SLUG)
    assert "A report could not be read" in caplog.text
