"""The paths that tell of jobs, and stop, start and remove them.

A refusal is an answer with HTTP status 200, Devo's code in ``status``, and the job as it was, if any.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devo_sandbox import wire_errors
from devo_sandbox.envelope import envelope
from devo_sandbox.queries.job import destination_name, settled_fields
from devo_sandbox.queries.jobs import JobError
from devo_sandbox.queries.launch import launched_to_count
from devo_sandbox.tenant import Tenant

if TYPE_CHECKING:
    from starlette.requests import Request

SEARCH = "/search"


def job_of(tenant: Tenant, fields: dict[str, Any]) -> dict[str, Any]:
    """Start the job that a query with a destination asks for; return it.

    :raises WireError: Devo's refusal of the destination, the fields or the query.
    """
    name = destination_name(fields)
    answer = launched_to_count(tenant.queries, fields)
    settled = settled_fields(fields, answer.window, answer.limit, answer.offset)
    return tenant.jobs.add(name, settled, answer)


async def jobs(request: Request) -> Response:
    """List the jobs, or those of one type, or of one type and a beginning of the name."""
    tenant = _tenant(request)
    asked = {**request.query_params, **request.path_params}
    found = [
        job
        for job in await run_in_threadpool(tenant.jobs.all)
        if asked.get("type") in {None, job["type"]} and job["friendlyName"].startswith(asked.get("name", ""))
    ]
    return JSONResponse(envelope(found))


async def job(request: Request) -> Response:
    """Tell of one job."""
    return await _changed(_tenant(request).jobs.get, request)


async def stop(request: Request) -> Response:
    """Stop a job that runs."""
    return await _changed(_tenant(request).jobs.stop, request)


async def start(request: Request) -> Response:
    """Let a stopped job go on."""
    tenant = _tenant(request)
    return await _changed(
        partial(tenant.jobs.start, launch=partial(launched_to_count, tenant.queries)), request
    )


async def remove(request: Request) -> Response:
    """Forget a job."""
    return await _changed(_tenant(request).jobs.remove, request)


async def not_found(request: Request) -> Response:
    """Answer every other path."""
    _tenant(request)
    raise wire_errors.not_found(request.url.path)


def _tenant(request: Request) -> Tenant:
    tenant: Tenant = request.app.state.tenant
    tenant.credentials.check(request.headers, b"")
    return tenant


async def _changed(change: Any, request: Request) -> Response:
    try:
        shown = await run_in_threadpool(change, request.path_params["id"])
    except JobError as error:
        return JSONResponse(envelope(error.job, error.code, str(error)))
    return JSONResponse(envelope(shown))


ROUTES = [
    Route(f"{SEARCH}/jobs", jobs),
    Route(f"{SEARCH}/jobs/{{type}}", jobs),
    Route(f"{SEARCH}/jobs/{{type}}/{{name}}", jobs),
    Route(f"{SEARCH}/job/{{id}}", job),
    Route(f"{SEARCH}/job/stop/{{id}}", stop),
    Route(f"{SEARCH}/job/start/{{id}}", start),
    Route(f"{SEARCH}/job/remove/{{id}}", remove),
    Route(f"{SEARCH}/job/{{rest:path}}", not_found),
]
