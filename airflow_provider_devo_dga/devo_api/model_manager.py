"""Read the Model Manager's replies that the official client leaves unread: image size, bytes, login pages."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.devo_api.faults import raise_for_status, refusal
from airflow_provider_devo_dga.devo_api.transport import whole_call
from airflow_provider_devo_dga.devo_api.wire import Request
from airflow_provider_devo_dga.errors import DevoResultError
from airflow_provider_devo_dga.redaction import beginning, heard

if TYPE_CHECKING:
    from devo_ml.modelmanager import Client


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model as the Model Manager holds it.

    :param fields: names of the model's inputs, in order.
    :param image_size: bytes of the model file, None when the reply does not say.
    :param image: the model file, only when it was asked for.
    """

    name: str
    engine: str
    description: str
    category: str
    output_type: str
    fields: tuple[str, ...]
    image_size: int | None
    image: bytes | None = None


@dataclass(frozen=True)
class _Field:
    name: str


@dataclass(frozen=True)
class _Image:
    size: int | None = None
    image: bytes | None = None  # base64


@dataclass(frozen=True)
class _Answer:
    name: str
    engine: str | None = None
    description: str | None = None
    category: str | None = None
    outputType: str | None = None  # noqa: N815 - Devo's name
    fields: list[_Field] | None = None
    image: _Image | None = None


def parse_model(status: int, headers: Mapping[str, str], body: bytes) -> RegisteredModel | None:
    """Return the model of a ``GET /models/{name}`` reply, None when there is no such model.

    :raises DevoResultError: for a success that is not a model, such as a login page; the official client
        takes that for a missing model.
    :raises DevoError: what the status stands for, when it is no success.
    """
    if status == 204 or (status == 200 and not body.strip()):
        return None
    if status != 200:
        raise refusal(status, headers, body)
    answer = _read(body)
    image = answer.image or _Image()
    return RegisteredModel(
        name=answer.name,
        engine=answer.engine or "",
        description=answer.description or "",
        category=answer.category or "",
        output_type=answer.outputType or "",
        fields=tuple(field.name for field in answer.fields or ()),
        image_size=image.size,
        image=image.image,
    )


def _read(body: bytes) -> _Answer:
    import msgspec

    try:
        return msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DevoResultError(
            f"The Model Manager's answer is not a model ({heard(error)}); it begins {beginning(body)}."
            " Check the connection's host: this may be a proxy or a login page"
        ) from None


def bound(client: Client, verify: bool | str, limits: Limits) -> None:
    """Let the official client's calls go the way that all calls go: our trust, our proxy, our deadline.

    By itself it gives requests a time-out of single steps, and leaves trust and proxy to the environment.
    """
    import requests

    def request(endpoint: str, **kwargs: Any) -> requests.Response:
        given = client.api.build_request_options(**kwargs)
        parts = {name: given[name] for name in ("auth", "data", "files", "json", "params") if name in given}
        asked = requests.Request(client.api._http_method.upper(), endpoint, **parts).prepare()
        body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
        sent = Request(str(asked.method), str(asked.url), dict(asked.headers), body)
        answer, reply = whole_call(sent, verify, limits), requests.Response()
        reply.status_code, reply.raw = answer.status_code, io.BytesIO(answer.content)
        reply.headers.update(answer.headers)
        raise_for_status(reply)
        return reply

    client.api.request = request
