"""The ASGI application: all routes, every refusal in Devo's form, every request in the log."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devo_sandbox.api import admin_api, http_events, job_api, model_api, query_api
from devo_sandbox.api.body_limit import BodyLimit
from devo_sandbox.faults.broken import Faulty
from devo_sandbox.queries.launch import launched_to_count
from devo_sandbox.request_log import ENTRY, RequestLog
from devo_sandbox.tenant import Tenant
from devo_sandbox.wire_errors import WireError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)
NOT_LOGGED = (admin_api.PREFIX + "/requests", "/")


def application(tenant: Tenant) -> ASGIApp:
    """Return the application that serves ``tenant``."""
    routes = [
        Route("/", greet),
        *query_api.ROUTES,
        *job_api.ROUTES,
        *model_api.ROUTES,
        *http_events.ROUTES,
        *admin_api.ROUTES,
    ]
    handlers = {WireError: _refuse, HTTPException: _refuse_http, Exception: _fail}
    app = Starlette(routes=routes, exception_handlers=handlers)  # type: ignore[arg-type]
    app.state.tenant = tenant
    tenant.jobs.resume(partial(launched_to_count, tenant.queries))
    bounded = BodyLimit(app, tenant.credentials)
    return _Logged(Faulty(bounded, tenant.faults, spared=admin_api.PREFIX), tenant.requests)


async def greet(request: Request) -> Response:
    """Say that the server is there; it needs no credentials."""
    del request
    return JSONResponse({"name": "devo-sandbox"})


async def _refuse(request: Request, error: WireError) -> Response:
    log.info("%s refused: %s", request.url.path, error.detail)
    return JSONResponse(error.stamped(), error.status)


async def _refuse_http(request: Request, error: HTTPException) -> Response:
    del request
    refused = WireError(error.status_code, {"code": error.status_code, "msg": error.detail})
    return JSONResponse(refused.stamped(), error.status_code)


async def _fail(request: Request, error: Exception) -> Response:
    log.error("%s failed", request.url.path, exc_info=error)
    return JSONResponse(WireError(500, {"code": 500, "msg": "Internal error"}).stamped(), 500)


class _Logged:
    """Keeps every request but those that read the log."""

    def __init__(self, app: ASGIApp, requests: RequestLog) -> None:
        self.app = app
        self.requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in NOT_LOGGED:
            await self.app(scope, receive, send)
            return
        entry = self.requests.add(scope["method"], scope["path"], scope["headers"], scope["query_string"])
        scope.setdefault("extensions", {})[ENTRY] = {"entry": entry}

        async def heard() -> Message:
            message = await receive()
            entry.hear(message.get("body", b""))
            return message

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            await send(message)

        try:
            await self.app(scope, heard, told)
        except asyncio.CancelledError:
            # Only a server that ends cancels an answer. The client sees it cut off.
            log.info("%s was still being answered", scope["path"])
