"""Answers that go wrong on purpose, each as a fault of the wire would."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from devo_sandbox import wire_errors
from devo_sandbox.faults import broken_document, connection
from devo_sandbox.faults.broken_lines import BrokenLines
from devo_sandbox.faults.faults import Fault, Faults
from devo_sandbox.faults.overheard import Overheard, overheard
from devo_sandbox.request_log import entry_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PAGE = "<html><head><title>{0}</title></head><body>{0}</body></html>"
E_FIRST = b'{"e":[500,"Error Launching Query"]}\r\n'
E_FIRST_BUSY = b'{"e":[500,"Error Processing Query"]}\r\n'


class Faulty:
    """Lets the application answer well, but for the requests that a fault waits for.

    :param spared: the beginning of the paths that no fault strikes.
    """

    def __init__(self, app: ASGIApp, faults: Faults, *, spared: str) -> None:
        self.app = app
        self.faults = faults
        self.spared = spared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, well or not."""
        fault = None
        if scope["type"] == "http" and not scope["path"].startswith(self.spared):
            fault = self.faults.take(scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
        if fault is None:
            await self.app(scope, receive, send)
            return
        entry_of(scope).fault = fault.kind.name
        await self._strike(fault, scope, receive, send)

    async def _strike(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind.way:
            case "connection":
                await connection.drain(receive)
                cut = connection.reset if fault.kind.name == "reset" else connection.hang_up
                await cut(scope, receive)
            case "instead":
                await connection.drain(receive)
                await instead(fault)(scope, receive, send)
            case "delayed":
                await self._delayed(fault, scope, receive, send)
            case _:
                async with overheard(self.app, scope, receive) as answer:
                    await _spoil(fault, answer, scope, receive, send)

    async def _delayed(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer late. The body waits too, for it tells that the client has not left."""
        body = await _read(receive)
        if await connection.left_within(receive, fault.delay_s):
            return

        async def heard() -> dict[str, object]:
            nonlocal body
            if body is None:
                return dict(await receive())
            message, body = {"type": "http.request", "body": body, "more_body": False}, None
            return message

        await self.app(scope, heard, send)


async def _read(receive: Receive) -> bytes | None:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _spoil(fault: Fault, answer: Overheard, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer with its fault; a refusal stays what it is."""
    if answer.status == 200 and fault.kind.way in {"lines", "document"} and answer.is_binary:
        error = wire_errors.not_supported(f"the fault {fault.kind.name} in {answer.media_type}")
        await JSONResponse(error.stamped(), error.status)(scope, receive, send)
        return
    if answer.status == 200 and fault.kind.way == "lines":
        await BrokenLines(fault, answer, scope, receive, send).send()
        return
    content = await answer.content()
    if answer.status == 200 and fault.kind.way == "length":
        entry_of(scope).status = 200
        length = len(content) + 100 if fault.kind.name == "length_long" else len(content) // 2
        told = {"content-type": answer.media_type, "content-length": str(length)}
        connection.transport_of(scope).write(connection.head(told) + content)
        await connection.hang_up(scope, receive)
        return
    if answer.status == 200 or fault.kind.name == "job_errors":
        status, content = 200, broken_document.spoilt(fault.kind.name, content, scope["path"])
    else:
        status = answer.status
    await Response(content, status, media_type=answer.media_type)(scope, receive, send)


def instead(fault: Fault) -> Response:
    """Return what is sent in place of an answer.

    :raises KeyError: for a fault that lets the application answer.
    """
    match fault.kind.name:
        case "auth":
            error = wire_errors.invalid_token()
            return JSONResponse(error.stamped(), error.status)
        case "auth_401":
            error = wire_errors.invalid_signature()
            return JSONResponse(error.stamped(), error.status)
        case "login_302":
            return Response(b"", 302, {"location": "https://login.invalid/"})
        case "http_503" | "job_5xx":
            return JSONResponse({"error": "Service Unavailable", "status": 503}, 503)
        case "http_429":
            after = {"retry-after": str(math.ceil(fault.delay_s or 0))}
            return JSONResponse({"error": "Too Many Requests", "status": 429}, 429, after)
        case "html_502":
            return Response(PAGE.format("502 Bad Gateway"), 502, media_type="text/html")
        case "html_200" | "models_html_200":
            return Response(PAGE.format("Maintenance"), 200, media_type="text/html")
        case "login_200":
            return Response(PAGE.format("Log in"), 200, media_type="text/html")
        case "models_empty_object":
            return JSONResponse({})
        case "save_fails":
            return JSONResponse(wire_errors.WireError(500, {"code": 500, "msg": "boom"}).stamped(), 500)
        case "bad_param":
            error = wire_errors.bad_parameters("406 : Date from not valid format")
            return JSONResponse(error.stamped(), error.status)
        case "odd_error":
            return JSONResponse(["boom"], 500)
        case "odd_error_null":
            return JSONResponse({"msg": wire_errors.LAUNCH, "status": 500, "object": [None, "boom"]}, 500)
        case "odd_error_text":
            return JSONResponse({"error": "boom, code unknown", "status": 500}, 500)
        case "launch_200":
            return JSONResponse(wire_errors.unknown_table("t").stamped(), 200)
        case "error_200":
            return JSONResponse({"error": {"code": 500, "message": "boom"}})
        case "empty_200":
            return Response(b"", 200, media_type="application/json")
        case "e_first":
            return Response(E_FIRST, 200, media_type="application/json")
        case "e_first_busy":
            return Response(E_FIRST_BUSY, 200, media_type="application/json")
    raise KeyError(fault.kind.name)
