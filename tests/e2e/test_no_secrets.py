"""After all that: neither token nor API secret is in a log, an XCom, a trigger, an asset event, any table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.e2e.installation import Installation


def cells(url: str) -> Iterator[tuple[str, str]]:
    """Yield every value of the metadata database, with the name of its table."""
    from sqlalchemy import MetaData, create_engine

    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.sorted_tables:
            for row in connection.execute(table.select()):
                for value in row:
                    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    yield table.name, text
    engine.dispose()


def files(*folders: Path) -> Iterator[tuple[str, str]]:
    """Yield every file's text below the folders."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path.relative_to(folder)), path.read_text(encoding="latin-1")


def test_secrets_are_in_no_log_and_no_table(
    airflow: Installation, told: Callable[..., None], tmp_path: Path
) -> None:
    run = airflow.run("e2e_read", table="e2e.nowhere", folder=tmp_path.as_uri())
    assert run.wait() == "failed"
    folder = airflow.folder
    logs = list(files(folder / "home" / "logs", folder / "printed"))
    values = list(cells(airflow.database))
    # what is looked for there would be found: the query of a task is in all three
    assert any("e2e.nowhere" in text for name, text in logs if name.startswith("dag_id=e2e_read"))
    assert any(name == "rendered_task_instance_fields" and "e2e.nowhere" in text for name, text in values)
    assert any(name == "connection" and text == "devo_signed" for name, text in values)
    for kind, secret in airflow.secrets.items():
        found = sorted({name for name, text in [*logs, *values] if secret in text})
        assert found == [], f"the {kind} is in {', '.join(found)}"
    told(
        "secrets", "all of the above", "none found", f"{len(logs)} logs, {len(values)} values of the database"
    )
