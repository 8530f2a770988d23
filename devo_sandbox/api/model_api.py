"""The ML Model Manager: list, get, upload an image, save a model. Its clients know nothing else."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from devo_sandbox import wire_errors
from devo_sandbox.models.images import Image
from devo_sandbox.models.models import Models
from devo_sandbox.models.score import LOADERS
from devo_sandbox.tenant import Tenant
from devo_sandbox.wire_errors import WireError

if TYPE_CHECKING:
    from starlette.requests import Request

PREFIX = "/mlmodelmanager"
NAME = re.compile(r"[^/\x00-\x1f\x7f]{1,255}")
ENGINES = {"ONNX", "H2O", "BIGML", "CATBOOST", "DT", "IDA", "MLSTATS", "MUA", "UNICODE", "WORKFLOWS"}
MAX_IMAGE = 512 * 1024 * 1024
MAX_BODY = 1024 * 1024
FORM = 64 * 1024
# A multiple of three, so that the pieces of base64 make one text.
PIECE = 3 * 256 * 1024
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _registry(request: Request) -> Models:
    tenant: Tenant = request.app.state.tenant
    tenant.credentials.check(request.headers, b"")
    if request.path_params.get("domain", tenant.models.domain) != tenant.models.domain:
        raise wire_errors.not_found(f"Domain {request.path_params['domain']}")
    return tenant.models


async def models(request: Request) -> Response:
    """List the models, without the bytes of their images."""
    return JSONResponse(_registry(request).all())


async def model(request: Request) -> Response:
    """Answer with one model; no content is what the official client reads as absent."""
    registry = _registry(request)
    found = registry.get(request.path_params["name"])
    if found is None:
        return Response(status_code=204)
    if request.query_params.get("fast", "True").lower() == "true":
        return JSONResponse(found)
    image = registry.images[found["image"]["id"]]
    return StreamingResponse(_with_image(found, image), media_type="application/json")


def _with_image(found: Mapping[str, Any], image: Image) -> Iterator[bytes]:
    """Yield the model with the bytes of its image, piece by piece."""
    others = {key: value for key, value in found.items() if key != "image"}
    head = json.dumps({**others, "image": found["image"]})
    yield head.removesuffix("}}").encode() + b', "image": "'
    with image.path.open("rb") as file:
        while piece := file.read(PIECE):
            yield base64.b64encode(piece)
    yield b'"}}'


async def upload(request: Request) -> Response:
    """Take an image and say what it is."""
    registry = _registry(request)
    form = await _form(request)
    try:
        engine, file = form.get("engine"), form.get("fileName")
        _check_engine(engine)
        if not isinstance(file, UploadFile):
            raise _refused("fileName is required")
        if (file.size or 0) > MAX_IMAGE:
            raise _refused("The image is too large", 413)
        said = await run_in_threadpool(registry.upload, file.file, str(engine), file.filename or "")
    finally:
        await form.close()
    return JSONResponse(said)


async def _form(request: Request) -> FormData:
    """Return the form; beyond a megabyte its file lies on disk."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise _refused("fileName is required")
    body = _bounded(request, MAX_IMAGE + FORM)
    parser = MultiPartParser(request.headers, body, max_files=1, max_fields=16, max_part_size=FORM)
    try:
        return await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise _refused("The form is not valid") from error


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """Yield the body, and refuse it as soon as it is too large."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise _refused("The image is too large", 413)
        yield piece


async def save(request: Request) -> Response:
    """Create a model, or point a known name to another image."""
    registry = _registry(request)
    body = b"".join([piece async for piece in _bounded(request, MAX_BODY)])
    try:
        wanted = json.loads(body)
        _check_saved(wanted)
        _check_engine(wanted.get("engine"))
        saved = await run_in_threadpool(registry.save, wanted)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _refused("Invalid model", detail=f"{type(error).__name__}: {error}") from error
    return JSONResponse(saved)


def _check_saved(wanted: Any) -> None:
    if not (isinstance(wanted["name"], str) and NAME.fullmatch(wanted["name"])):
        raise ValueError("the name")
    if type(wanted["image"]["id"]) is not int:
        raise TypeError("the image")
    if not isinstance(wanted.get("description"), str | None):
        raise TypeError("the description")


def _check_engine(engine: Any) -> None:
    if engine not in ENGINES:
        enum = "com.devo.mlx.malevolo.common.enums.EngineType"
        raise _refused(f"No enum constant {enum}.{engine}", 500)
    if engine not in LOADERS:
        raise _refused(f"The sandbox does not support the engine {engine}", 500)


async def images(request: Request) -> Response:
    """List every image, without its bytes, and the names that point to it; Devo does not."""
    registry = _registry(request)
    return JSONResponse(
        [
            {
                "id": image.number,
                "engine": image.engine,
                "size": image.size,
                "models": [model["name"] for model in registry.all() if model["image"]["id"] == image.number],
            }
            for image in registry.images.all()
        ]
    )


async def refuse_method(request: Request) -> Response:
    """Refuse what no client of Devo's does, such as to delete a model."""
    _registry(request)
    raise _refused(f"The sandbox does not support {request.method} of models", 405)


async def not_found(request: Request) -> Response:
    """Answer every other path."""
    _registry(request)
    raise wire_errors.not_found(request.url.path)


def _refused(message: str, status: int = 400, detail: str = "") -> WireError:
    return WireError(status, {"code": status, "msg": message}, detail)


def _routes(prefix: str) -> list[Route]:
    return [
        Route(f"{prefix}/models", models, methods=["GET"]),
        Route(f"{prefix}/models", save, methods=["POST"]),
        Route(f"{prefix}/models", refuse_method, methods=METHODS),
        Route(f"{prefix}/models/images/upload", upload, methods=["POST"]),
        Route(f"{prefix}/models/{{name}}", model, methods=["GET"]),
        Route(f"{prefix}/models/{{name}}", refuse_method, methods=METHODS),
    ]


ROUTES = [
    *_routes(PREFIX),
    # The paths of servers before 2.4.0, which the official client still speaks.
    *_routes(f"{PREFIX}/domains/{{domain}}"),
    Route(f"{PREFIX}/{{rest:path}}", not_found, methods=METHODS),
    Route("/_sandbox/images", images, methods=["GET"]),
]
