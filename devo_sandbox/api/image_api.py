"""What Devo does not have: list the uploaded images, also those that no model points to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devo_sandbox.tenant import Tenant

if TYPE_CHECKING:
    from starlette.requests import Request


async def images(request: Request) -> Response:
    """List every image, without its bytes, and the names that point to it."""
    tenant: Tenant = request.app.state.tenant
    tenant.credentials.check(request.headers, b"")
    models = tenant.models.all()
    return JSONResponse(
        [
            {
                "id": image.number,
                "engine": image.engine,
                "size": image.size,
                "models": [model["name"] for model in models if model["image"]["id"] == image.number],
            }
            for image in tenant.models.images.all()
        ]
    )


ROUTES = [Route("/_sandbox/images", images, methods=["GET"])]
