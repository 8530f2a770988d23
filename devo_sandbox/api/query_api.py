"""The Query API: queries, and the columns of a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from devo_sandbox import wire_errors
from devo_sandbox.api.job_api import job_of
from devo_sandbox.envelope import envelope
from devo_sandbox.queries.launch import launched
from devo_sandbox.queries.whole_response import WholeResponse
from devo_sandbox.queries.wire_whole import Whole
from devo_sandbox.tenant import Tenant

if TYPE_CHECKING:
    from starlette.requests import Request


async def query(request: Request) -> Response:
    """Answer a query, or refuse it before the first byte."""
    tenant: Tenant = request.app.state.tenant
    body = await request.body()
    tenant.credentials.check(request.headers, body)
    fields = _fields(body)
    if fields.get("destination") is not None:
        return JSONResponse(envelope(await run_in_threadpool(job_of, tenant, fields)))
    answer = await run_in_threadpool(launched, tenant.queries, fields)
    if isinstance(answer.writer, Whole):
        return WholeResponse(answer, answer.writer)
    return StreamingResponse(answer.stream(), media_type=answer.writer.media_type)


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise wire_errors.bad_parameters("The body is not JSON") from error
    if not isinstance(fields, dict):
        raise wire_errors.bad_parameters("The body is not an object")
    return fields


async def schema(request: Request) -> Response:
    """Answer with the columns of a table."""
    tenant: Tenant = request.app.state.tenant
    tenant.credentials.check(request.headers, b"")
    name = request.path_params["table"]
    columns = tenant.tables.schema(name)
    if columns is None:
        raise wire_errors.unknown_table(name)
    listed = [{"fieldName": column, "type": kind.name} for column, kind in columns.items()]
    return JSONResponse(envelope(listed))


ROUTES = [
    Route("/search/query", query, methods=["POST"]),
    Route("/search/query/", query, methods=["POST"]),
    Route("/search/table/{table}", schema),
]
