"""The ML Model Manager: list, get, upload an image, save a model."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from airflow_provider_devo_dga.sandbox import wire_errors
from airflow_provider_devo_dga.sandbox.tenant import Tenant
from airflow_provider_devo_dga.sandbox.wire_errors import WireError

if TYPE_CHECKING:
    from starlette.requests import Request

PREFIX = "/mlmodelmanager"
NAME = re.compile(r"[^/\x00-\x1f\x7f]{1,255}")
ENGINES = {"ONNX", "H2O", "BIGML", "CATBOOST", "DT", "IDA", "MLSTATS", "MUA", "UNICODE", "WORKFLOWS"}
MAX_IMAGE = 512 * 1024 * 1024


def _tenant(request: Request) -> Tenant:
    tenant: Tenant = request.app.state.tenant
    tenant.credentials.check(request.headers, b"")
    return tenant


async def models(request: Request) -> Response:
    """List the models, without the bytes of their images."""
    return JSONResponse(_tenant(request).models.all())


async def model(request: Request) -> Response:
    """Answer with one model; no content is what the official client reads as absent."""
    registry = _tenant(request).models
    found = registry.get(request.path_params["name"])
    if found is None:
        return Response(status_code=204)
    if request.query_params.get("fast", "True").lower() == "true":
        return JSONResponse(found)
    image = base64.b64encode(registry.image(found["image"]["id"])).decode()
    return JSONResponse({**found, "image": {**found["image"], "image": image}})


async def upload(request: Request) -> Response:
    """Take an image and say what it is."""
    registry = _tenant(request).models
    async with request.form() as form:
        file = form.get("fileName")
        _check_engine(form.get("engine"))
        if not isinstance(file, UploadFile):
            raise WireError(400, {"code": 400, "msg": "fileName is required"})
        image = await file.read()
        name = file.filename or ""
    if len(image) > MAX_IMAGE:
        raise WireError(400, {"code": 400, "msg": "The image is too large"})
    return JSONResponse(await run_in_threadpool(registry.upload, image, name))


async def save(request: Request) -> Response:
    """Create a model, or point a known name to another image."""
    registry = _tenant(request).models
    try:
        wanted = await request.json()
        _check_saved(wanted)
        _check_engine(wanted.get("engine"))
        saved = await run_in_threadpool(registry.save, wanted)
    except (ValueError, KeyError, TypeError) as error:
        raise WireError(
            400, {"code": 400, "msg": "Invalid model"}, f"{type(error).__name__}: {error}"
        ) from error
    return JSONResponse(saved)


def _check_saved(wanted: Any) -> None:
    if not (isinstance(wanted["name"], str) and NAME.fullmatch(wanted["name"])):
        raise ValueError("the name")
    if type(wanted["image"]["id"]) is not int:
        raise TypeError("the image")


def _check_engine(engine: Any) -> None:
    if engine not in ENGINES:
        enum = "com.devo.mlx.malevolo.common.enums.EngineType"
        raise WireError(500, {"code": 500, "msg": f"No enum constant {enum}.{engine}"})
    if engine != "H2O":
        raise WireError(500, {"code": 500, "msg": f"The sandbox does not support the engine {engine}"})


async def not_found(request: Request) -> Response:
    """Answer every other path."""
    _tenant(request)
    raise wire_errors.not_found(request.url.path)


ROUTES = [
    Route(f"{PREFIX}/models", models, methods=["GET"]),
    Route(f"{PREFIX}/models", save, methods=["POST"]),
    Route(f"{PREFIX}/models/images/upload", upload, methods=["POST"]),
    Route(f"{PREFIX}/models/{{name}}", model, methods=["GET"]),
    Route(f"{PREFIX}/{{rest:path}}", not_found, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
]
