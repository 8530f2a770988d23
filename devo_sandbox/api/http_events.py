"""Events over HTTP, as Devo's HTTP endpoint takes them: one by ``/event``, many lines by ``/stream``."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from devo_sandbox import wire_errors
from devo_sandbox.intake.message import Event
from devo_sandbox.wire_errors import WireError

if TYPE_CHECKING:
    from starlette.requests import Request

    from devo_sandbox.tenant import Tenant

LARGEST = 32 * 1024 * 1024
LARGEST_UNZIPPED = 8 * LARGEST
TARGET = "{domain}/token!{token}/{host}/{tag}"


async def event(request: Request) -> Response:
    """Take one event: the query string, or else the body."""
    _check(request)
    content = await _content(request)
    if not content:
        content = unquote_to_bytes(request.scope["query_string"])
    await _store(request, [content])
    return Response(status_code=204)


async def stream(request: Request) -> Response:
    """Take one event a line of the body."""
    _check(request)
    await _store(request, (await _content(request)).split(b"\n"))
    return Response(status_code=200)


def _check(request: Request) -> None:
    tenant: Tenant = request.app.state.tenant
    tenant.credentials.check({"authorization": f"Bearer {request.path_params['token']}"}, b"")


async def _content(request: Request) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > LARGEST:
            raise WireError(413, {"code": 413, "msg": "The body is larger than 32 MB"})
    if request.headers.get("content-encoding") == "gzip":
        return _unzipped(bytes(content))
    return bytes(content)


def _unzipped(content: bytes) -> bytes:
    unzip = zlib.decompressobj(31)
    try:
        plain = unzip.decompress(content, LARGEST_UNZIPPED)
    except zlib.error as error:
        raise wire_errors.bad_parameters("The body is not gzip") from error
    if unzip.unconsumed_tail:
        raise WireError(413, {"code": 413, "msg": "The body is too large when unzipped"})
    if not unzip.eof:
        raise wire_errors.bad_parameters("The body is not gzip")
    return plain


async def _store(request: Request, lines: list[bytes]) -> None:
    tenant: Tenant = request.app.state.tenant
    host, tag = request.path_params["host"], request.path_params["tag"]
    texts = (line.decode("utf-8", "replace").rstrip("\r") for line in lines)
    await run_in_threadpool(tenant.intake.store, [Event(host, tag, text) for text in texts if text.strip()])


ROUTES = [
    Route(f"/event/{TARGET}", event, methods=["GET", "POST", "PUT"]),
    Route(f"/stream/{TARGET}", stream, methods=["POST", "PUT"]),
]
