"""Models that H2O trained, registered by the official client and evaluated in a query."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from devo_ml.modelmanager import create_client_from_token, engines
from devo_ml.modelmanager.error import ModelAlreadyExists, ModelManagerError, ModelNotFound, TokenError

from devo_sandbox.server import Sandbox
from devo_sandbox.tenant import Habits

COLUMNS = ["length", "entropy", "vowels"]


def _client(sandbox: Sandbox, token: str | None = None, **options: Any) -> Any:
    return create_client_from_token(
        sandbox.mlmm_url, token or sandbox.token, verify=sandbox.ca_file, **options
    )


def _numbers(api: Any, trained: Any, table: str) -> None:
    columns = [{"name": "eventdate", "type": "timestamp"}, {"name": "tld", "type": "str"}]
    columns += [{"name": name, "type": "float8"} for name in COLUMNS]
    assert api.post(f"/_sandbox/tables/{table}", {"columns": columns}).status_code == 201
    events = [
        {"eventdate": 1767225600000 + at, "tld": word, **dict(zip(COLUMNS, row, strict=True))}
        for at, (row, word) in enumerate(zip(trained.rows, trained.words, strict=True))
    ]
    assert api.load(table, events).json() == {"inserted": len(trained.rows)}


@pytest.mark.parametrize("auth_type", ["standalone", "bearer"])
def test_an_empty_registry(sandbox: Sandbox, auth_type: str) -> None:
    client = _client(sandbox, auth_type=auth_type)
    assert isinstance(client.get_models(), list)
    with pytest.raises(ModelNotFound):
        client.get_model("absent")


def test_a_wrong_token(sandbox: Sandbox) -> None:
    with pytest.raises(TokenError):
        _client(sandbox, "wrong").get_models()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut"])
def test_a_corrupt_image_is_refused(sandbox: Sandbox, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.zip"
    file.write_bytes(content)
    client = _client(sandbox)
    with pytest.raises(ModelManagerError, match="Invalid image"):
        client.add_model("broken", engines.H2O, str(file))
    assert client.find_model("broken") is None


@pytest.mark.parametrize(
    ("name", "size", "why"),
    [
        ("model.ini", 5 << 20, "model.ini inflates to 5242880 bytes"),
        ("trees/t00_000.bin", 600 << 20, "more than 536870912 bytes"),
        ("trees/t00_000.bin", 1000, "Bad CRC"),
    ],
)
def test_an_image_that_inflates_to_more_than_a_model_is_refused_and_the_log_says_why(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, size: int, why: str
) -> None:
    file, held = tmp_path / "bomb.zip", 5 << 20
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"x" * held)
    file.write_bytes(file.read_bytes().replace(held.to_bytes(4, "little"), size.to_bytes(4, "little")))
    with pytest.raises(ModelManagerError, match="Invalid image"):
        _client(sandbox).add_model("bomb", engines.H2O, str(file))
    assert "Invalid image 'bomb.zip' for H2O" in caplog.text
    assert why in caplog.text


def test_an_unknown_engine(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "model.zip"
    file.write_bytes(b"x")
    with pytest.raises(ModelManagerError, match=r"No enum constant .*EngineType\.NOPE"):
        _client(sandbox).add_model("nope", "NOPE", str(file))


def test_an_unknown_model_is_a_launch_error(api: Any) -> None:
    response = api.query('from demo.ecommerce.data select mlevalmodel("self", "absent", 1.0) as x')
    assert response.status_code == 500
    assert response.json()["object"][1] == "Unknown model `absent`"


@pytest.mark.slow
def test_register_list_get_download_replace(fresh: Callable[..., Any], trained: Any, tmp_path: Path) -> None:
    sandbox = fresh().sandbox
    client = _client(sandbox, download_path=str(tmp_path))
    client.add_model("dga", engines.H2O, str(trained.binomial), description="first")
    with pytest.raises(ModelAlreadyExists):
        client.add_model("dga", engines.H2O, str(trained.binomial))
    model = client.get_model("dga", download_file=True)
    assert (model["engine"], model["category"], model["outputType"]) == ("H2O", "Binomial", "str")
    assert [(field["name"], field["type"]) for field in model["fields"]] == [
        (name, "float8") for name in COLUMNS
    ]
    assert Path(model["file"]).read_bytes() == trained.binomial.read_bytes()
    client.add_model("dga", engines.H2O, str(trained.categorical), force=True)
    replaced = client.get_model("dga")
    assert (replaced["id"], replaced["description"]) == (model["id"], "first")
    assert [(field["name"], field["type"]) for field in replaced["fields"]] == [
        ("entropy", "float8"),
        ("tld", "str"),
    ]
    assert [listed["name"] for listed in client.get_models()] == ["dga"]


@pytest.mark.slow
def test_labels_are_those_of_h2o(fresh: Callable[..., Any], trained: Any) -> None:
    api = fresh()
    _client(api.sandbox).add_model("dga", engines.H2O, str(trained.binomial))
    _numbers(api, trained, "rows")
    rows = api.rows('from rows select mlevalmodel("self", "dga", length, entropy, vowels) as malicious')
    assert [row["malicious"] for row in rows] == trained.labels
    assert set(trained.labels) == {"0", "1"}


@pytest.mark.slow
def test_probabilities_are_those_of_h2o(fresh: Callable[..., Any], trained: Any) -> None:
    api = fresh(habits=Habits(model_output="p1"))
    _client(api.sandbox).add_model("dga", engines.H2O, str(trained.binomial))
    _numbers(api, trained, "rows")
    rows = api.rows('from rows select mlevalmodel("self", "dga", length, entropy, vowels) as p1')
    assert [row["p1"] for row in rows] == pytest.approx(trained.p1, abs=1e-9)


@pytest.mark.slow
def test_words_and_numbers(fresh: Callable[..., Any], trained: Any) -> None:
    api = fresh()
    client = _client(api.sandbox)
    client.add_model("words", engines.H2O, str(trained.categorical))
    client.add_model("numbers", engines.H2O, str(trained.regression))
    assert client.get_model("numbers")["outputType"] == "float8"
    _numbers(api, trained, "rows")
    rows = api.rows(
        'from rows select mlevalmodel("self", "words", entropy, tld) as w,'
        ' mlevalmodel("self", "numbers", length, entropy) as n'
    )
    assert [row["w"] for row in rows] == trained.word_labels
    assert [row["n"] for row in rows] == pytest.approx(trained.numbers, abs=1e-9)


@pytest.mark.slow
def test_a_null_feature_gives_null(fresh: Callable[..., Any], trained: Any) -> None:
    api = fresh()
    _client(api.sandbox).add_model("dga", engines.H2O, str(trained.binomial))
    _numbers(api, trained, "rows")
    rows = api.rows(
        "from rows select ifthenelse(length > 10.0, null, length) as l,"
        ' mlevalmodel("self", "dga", l, entropy, vowels) as malicious'
    )
    wanted = [None if row[0] > 10 else label for row, label in zip(trained.rows, trained.labels, strict=True)]
    assert [row["malicious"] for row in rows] == wanted
    assert None in wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", ["length, entropy", "length, entropy, vowels, vowels", "length, entropy, tld"]
)
def test_features_that_do_not_fit(fresh: Callable[..., Any], trained: Any, arguments: str) -> None:
    api = fresh()
    _client(api.sandbox).add_model("dga", engines.H2O, str(trained.binomial))
    _numbers(api, trained, "rows")
    response = api.query(f'from rows select mlevalmodel("self", "dga", {arguments}) as x')
    assert (response.status_code, response.json()["object"][1]) == (500, "Unknown model `dga`")


@pytest.mark.slow
def test_each_group_is_scored_once(
    fresh: Callable[..., Any], trained: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from devo_sandbox.models.mojo import Mojo

    scored: list[int] = []
    answer = Mojo.scored
    monkeypatch.setattr(Mojo, "scored", lambda self, rows: scored.append(len(rows)) or answer(self, rows))
    api = fresh()
    _client(api.sandbox).add_model("dga", engines.H2O, str(trained.binomial))
    _numbers(api, trained, "rows")
    rows = api.rows(
        "from rows group by tld select count() as n, avg(length) as l, avg(entropy) as e, avg(vowels) as v"
        ' select mlevalmodel("self", "dga", l, e, v) as malicious'
        ' where isnotnull(malicious), malicious in {"0", "1"}'
        ' select malicious = "1" as hit, length(malicious) as size'
    )
    assert [row["tld"] for row in rows] == ["com", "net", "ru"]
    assert sum(row["n"] for row in rows) == len(trained.rows)
    assert sum(scored) == 3


@pytest.mark.slow
def test_models_and_events_outlive_a_restart(trained: Any, tmp_path: Path, fresh: Callable[..., Any]) -> None:
    first = fresh(data_dir=tmp_path)
    _client(first.sandbox).add_model("dga", engines.H2O, str(trained.binomial))
    _numbers(first, trained, "rows")
    text = 'from rows select mlevalmodel("self", "dga", length, entropy, vowels) as malicious'
    before = first.rows(text)
    first.sandbox.__exit__(None, None, None)
    assert fresh(data_dir=tmp_path).rows(text) == before


ONE_BY_ONE = """
import json, sys
import jpype
import numpy as np
from devo_sandbox.models.java import java_class

path, rows = sys.argv[1], np.load(sys.argv[2])
backend = java_class("hex.genmodel.MojoReaderBackendFactory").createReaderBackend(jpype.JString(path))
java = java_class("hex.genmodel.ModelMojoReader").readFrom(backend)
doubles = jpype.JArray(jpype.JDouble)
says = doubles(3)
print(json.dumps([list(java.score0(doubles(row), says)) for row in rows.tolist()]))
"""


@pytest.mark.slow
def test_a_batch_scores_as_its_rows_do(trained: Any, tmp_path: Path) -> None:
    import numpy as np

    from devo_sandbox.models import mojo

    rows = np.random.default_rng(5).normal(10, 8, size=(3000, 3))
    rows[::50, 1] = np.nan
    np.save(tmp_path / "rows.npy", rows)
    # in a process of its own: Java and pytest's Airflow do not get along in one
    command = [sys.executable, "-c", ONE_BY_ONE, str(trained.binomial), str(tmp_path / "rows.npy")]
    wanted = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert mojo.load(trained.binomial).scored(rows).tolist() == wanted


@pytest.mark.slow
def test_a_distinct_row_is_scored_once_over_all_batches(
    fresh: Callable[..., Any], trained: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from devo_sandbox.models.mojo import Mojo

    scored: list[int] = []
    answer = Mojo.scored
    monkeypatch.setattr(Mojo, "scored", lambda self, rows: scored.append(len(rows)) or answer(self, rows))
    api = fresh()
    _client(api.sandbox).add_model("dga", engines.H2O, str(trained.binomial))
    columns = [{"name": "eventdate", "type": "timestamp"}, {"name": "n", "type": "int4"}]
    assert api.post("/_sandbox/tables/many", {"columns": columns}).status_code == 201
    api.load("many", [{"eventdate": 1767225600000 + n, "n": n % 700} for n in range(20_000)])
    text = 'from many select mlevalmodel("self", "dga", float(n), 2.0, n / 700.0) as m, n'
    said = {(row["n"], row["m"]) for row in api.rows(text)}
    assert len(said) == 700
    assert sum(scored) == 700
