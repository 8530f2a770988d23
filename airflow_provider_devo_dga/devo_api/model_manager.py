"""Read the Model Manager's replies that the official client leaves unread: image size, bytes, login pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.devo_api.faults import refusal
from airflow_provider_devo_dga.devo_api.transport import transport_to
from airflow_provider_devo_dga.errors import DevoResultError
from airflow_provider_devo_dga.redaction import beginning

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
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict) or "name" not in answer:
        raise DevoResultError(
            f"The Model Manager's answer is not a model; it begins {beginning(body)}."
            " Check the connection's host: this may be a proxy or a login page"
        )
    return _model(answer)


def _model(answer: dict[str, Any]) -> RegisteredModel:
    image = answer.get("image") or {}
    return RegisteredModel(
        name=str(answer["name"]),
        engine=str(answer.get("engine") or ""),
        description=str(answer.get("description") or ""),
        category=str(answer.get("category") or ""),
        output_type=str(answer.get("outputType") or ""),
        fields=tuple(str(field["name"]) for field in answer.get("fields") or ()),
        image_size=image.get("size"),
        image=_decode(image.get("image")),
    )


def _decode(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise DevoResultError("The Model Manager's model file is not valid base64") from None


def bound(client: Client, url: str, verify: bool | str, timeout: float) -> None:
    """Let the official client's calls go the way that all calls go: our trust, our proxy, our deadline.

    By itself it gives requests a time-out of single steps, and leaves trust and proxy to the environment.
    """
    import requests
    from devo_ml.modelmanager.error import ModelManagerError
    from requests.adapters import HTTPAdapter

    transport = transport_to(url, verify, Limits(timeout))

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs, ssl_context=transport.context)

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            return super().proxy_manager_for(*args, **kwargs, ssl_context=transport.context)

        def cert_verify(self, *_: Any, **__: Any) -> None:
            """Leave the context as it is; requests would add the authorities of its own."""

    def request(endpoint: str, **kwargs: Any) -> requests.Response:
        options = {**client.api.build_request_options(**kwargs), "verify": verify is not False}
        with requests.Session() as session, transport.within(timeout):
            session.trust_env = False
            session.mount("https://", Adapter())
            if proxy := transport.options["proxy"]:
                session.proxies = {"https": proxy}
            try:
                return session.request(client.api._http_method, endpoint, **options)
            except requests.RequestException as error:
                # as the official client reports it
                raise ModelManagerError(msg=str(error)) from error

    client.api.request = request
