from __future__ import annotations

import pytest

from airflow_provider_devo_dga.devo_api.model_manager import parse_model
from airflow_provider_devo_dga.errors import DevoAuthError, DevoResultError, DevoTransientError

MODEL = (
    b'{"id":7,"name":"m","engine":"H2O","description":null,"category":"Binomial","outputType":"str",'
    b'"fields":[{"id":3,"name":"length","type":"float8"}],"image":{"id":41,"size":3,"image":"YWJj"}}'
)


def test_a_model_with_its_file() -> None:
    model = parse_model(200, {}, MODEL)
    assert model is not None
    assert (model.name, model.description, model.fields, model.image_size, model.image) == (
        "m",
        "",
        ("length",),
        3,
        b"abc",
    )


@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b""), (200, b"  ")])
def test_a_missing_model(status: int, body: bytes) -> None:
    assert parse_model(status, {}, body) is None


@pytest.mark.parametrize(
    "body", [b"<html>Log in</html>", b"{}", b"[]", b'{"msg":"x"}', MODEL.replace(b"YWJj", b"!")]
)
def test_a_login_page_is_not_a_missing_model(body: bytes) -> None:
    with pytest.raises(DevoResultError):
        parse_model(200, {}, body)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(403, b'{"code":5,"msg":"Token invalid"}', DevoAuthError), (503, b"", DevoTransientError)],
)
def test_refusals_have_their_errors(status: int, body: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        parse_model(status, {}, body)
