"""What Devo does not have: create tables, load events, name queries, plan faults, read the requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devo_sandbox import wire_errors
from devo_sandbox.faults.fault_kinds import KINDS
from devo_sandbox.tables import events, table_schema
from devo_sandbox.tables.table_schema import Schema
from devo_sandbox.tenant import Tenant

if TYPE_CHECKING:
    from starlette.requests import Request

PREFIX = "/_sandbox"


async def _opened(request: Request) -> tuple[Tenant, bytes]:
    tenant: Tenant = request.app.state.tenant
    body = await request.body()
    tenant.credentials.check(request.headers, body)
    return tenant, body


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise wire_errors.bad_parameters("The body is not JSON") from error
    if not isinstance(value, dict):
        raise wire_errors.bad_parameters("The body is not an object")
    return value


async def create_table(request: Request) -> Response:
    """Create or replace a table."""
    tenant, body = await _opened(request)
    schema = _schema(_object(body))
    name = request.path_params["name"]
    await run_in_threadpool(tenant.tables.create, name, schema.columns, schema.parser)
    return JSONResponse({"table": name, "columns": len(schema.columns)}, 201)


def _schema(wanted: Mapping[str, Any]) -> Schema:
    try:
        return table_schema.read(wanted)
    except ValueError as error:
        raise wire_errors.bad_parameters(str(error)) from error


async def insert_events(request: Request) -> Response:
    """Store events, all or none."""
    tenant, body = await _opened(request)
    name = request.path_params["name"]
    return JSONResponse({"inserted": await run_in_threadpool(_insert, tenant, name, body)}, 201)


def _insert(tenant: Tenant, name: str, body: bytes) -> int:
    schema = tenant.tables.schema(name)
    if schema is None:
        raise wire_errors.unknown_table(name)
    try:
        # By \n only: other line ends may stand inside a JSON string.
        batches = events.read(body.split(b"\n"), schema)
    except events.BadEventError as error:
        raise wire_errors.bad_parameters(str(error)) from error
    return tenant.tables.insert(name, batches)


async def store_query(request: Request) -> Response:
    """Give a query an id."""
    tenant, body = await _opened(request)
    text = _object(body).get("query")
    if not isinstance(text, str):
        raise wire_errors.bad_parameters("query is a text")
    tenant.queries.named[request.path_params["id"]] = text
    return JSONResponse({"queryId": request.path_params["id"]}, 201)


async def set_ingestion(request: Request) -> Response:
    """Let the events that arrive from now on bear an earlier date."""
    tenant, body = await _opened(request)
    wanted = _object(body)
    late: Any = wanted.get("late_s")
    if wanted.keys() != {"late_s"} or type(late) not in {int, float} or not 0 <= late < 2**31:
        raise wire_errors.bad_parameters("late_s is a number of seconds")
    tenant.intake.late_s = late
    return JSONResponse({"late_s": late})


async def plan_fault(request: Request) -> Response:
    """Let the next queries meet a fault."""
    tenant, body = await _opened(request)
    try:
        tenant.faults.add(_object(body))
    except ValueError as error:
        raise wire_errors.bad_parameters(str(error)) from error
    return JSONResponse({}, 201)


async def list_faults(request: Request) -> Response:
    """List the faults there are, and those that wait."""
    tenant, _ = await _opened(request)
    known = [
        {"fault": kind.name, "wire": kind.wire, "client": kind.client, "match": kind.match}
        for kind in KINDS.values()
    ]
    return JSONResponse({"known": known, "waiting": tenant.faults.waiting()})


async def clear_faults(request: Request) -> Response:
    """Forget the faults that wait."""
    tenant, _ = await _opened(request)
    tenant.faults.clear()
    return JSONResponse({})


async def requests(request: Request) -> Response:
    """List the last requests, without their secrets."""
    tenant, _ = await _opened(request)
    return JSONResponse(tenant.requests.all())


async def clear_requests(request: Request) -> Response:
    """Forget the requests so far."""
    tenant, _ = await _opened(request)
    tenant.requests.clear()
    return JSONResponse({})


ROUTES = [
    Route(f"{PREFIX}/tables/{{name}}", create_table, methods=["POST"]),
    Route(f"{PREFIX}/tables/{{name}}/events", insert_events, methods=["POST"]),
    Route(f"{PREFIX}/queries/{{id}}", store_query, methods=["POST"]),
    Route(f"{PREFIX}/ingestion", set_ingestion, methods=["POST"]),
    Route(f"{PREFIX}/faults", plan_fault, methods=["POST"]),
    Route(f"{PREFIX}/faults", list_faults, methods=["GET"]),
    Route(f"{PREFIX}/faults", clear_faults, methods=["DELETE"]),
    Route(f"{PREFIX}/requests", requests, methods=["GET"]),
    Route(f"{PREFIX}/requests", clear_requests, methods=["DELETE"]),
]
