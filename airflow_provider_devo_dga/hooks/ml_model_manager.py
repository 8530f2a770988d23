"""MLModelManagerHook: models in Devo's ML Model Manager, written by the official client and read back."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import quote

from airflow.sdk import BaseHook

from airflow_provider_devo_dga.devo_api.attempts import Attempts
from airflow_provider_devo_dga.devo_api.faults import typed_errors
from airflow_provider_devo_dga.devo_api.model_manager import RegisteredModel, bound, parse_model
from airflow_provider_devo_dga.devo_api.tls import authority_file
from airflow_provider_devo_dga.devo_api.transport import whole_call
from airflow_provider_devo_dga.devo_api.wire import Request
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoDgaError,
    DevoError,
    DevoResultError,
    ModelAlreadyExistsError,
    ModelNotFoundError,
    ModelRejectedError,
    MojoExportError,
)
from airflow_provider_devo_dga.features.quoting import model_name
from airflow_provider_devo_dga.hooks.connections import ModelManagerAccount
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.redaction import heard
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.storage import publish
from airflow_provider_devo_dga.tasks.telemetry import QueryStats

if TYPE_CHECKING:
    from devo_ml.modelmanager import Client

T = TypeVar("T")
IfExists = Literal["fail", "replace"]


class MLModelManagerHook(BaseHook):
    """Registers, lists and reads back models.

    Connection: ``host`` is the Model Manager's address (e.g. ``api-us.devo.com``), ``password`` the token;
    extras ``auth_type`` (``standalone`` or ``bearer``), ``verify`` and ``retries``.

    :param mlmm_conn_id: the Airflow connection.
    :param timeout: seconds for one call; an upload is one call.
    """

    conn_name_attr = "mlmm_conn_id"
    default_conn_name = "devo_mlmm_default"
    conn_type = "devo_mlmm"
    hook_name = "Devo ML Model Manager"

    def __init__(self, mlmm_conn_id: str = default_conn_name, *, timeout: float = 60.0) -> None:
        super().__init__()
        self.mlmm_conn_id = mlmm_conn_id
        self.timeout = timeout

    @functools.cached_property
    def _account(self) -> ModelManagerAccount:
        return ModelManagerAccount(self.get_connection(self.mlmm_conn_id), self.timeout)

    def get_conn(self) -> Client:
        """Return a new official client. It keeps state between calls: do not share it between threads.

        It follows redirections with its headers and bodies, as requests does; this hook's own calls do not.
        """
        from devo_ml.modelmanager import create_client_from_token

        account = self._account
        with typed_errors():
            client = create_client_from_token(
                account.url, account.token, account.auth_type, timeout=self.timeout
            )
        client.api.request_options["verify"] = authority_file(account.verify, client)
        return client

    def _careful_conn(self) -> Client:
        """Return an official client that raises our errors for what it would report without its status."""
        account, client = self._account, self.get_conn()
        bound(client, account.verify, account.limits)
        return client

    def get_models(self) -> list[dict[str, Any]]:
        """Return all models, as the Model Manager describes them."""
        models = self._repeated(lambda: self._careful_conn().get_models())
        if not isinstance(models, list) or not all(_is_model(model) for model in models):
            raise DevoResultError(
                "The Model Manager's answer is not a list of models; check the connection's host"
            )
        return models

    def find_model(self, name: str, *, with_image: bool = False) -> RegisteredModel | None:
        """Return a model, or None when there is none of this name.

        :param with_image: also fetch the model file.
        """
        account = self._account
        url = f"{account.url}/models/{quote(model_name(name), safe='')}?fast={not with_image}"
        request = Request("GET", url, account.headers(), b"")

        def found() -> RegisteredModel | None:
            reply = whole_call(request, account.verify, account.limits)
            model = parse_model(reply.status_code, reply.headers, reply.content)
            if model is not None and model.name != name:
                raise DevoResultError(
                    f"Asked for model {name!r}, the Model Manager answers with {heard(model.name, 80)!r}"
                )
            return model

        return self._repeated(found)

    def get_model(self, name: str, *, with_image: bool = False) -> RegisteredModel:
        """Return a model.

        :raises ModelNotFoundError: there is none of this name.
        """
        model = self.find_model(name, with_image=with_image)
        if model is None:
            raise ModelNotFoundError(
                f"The Model Manager has no model {name!r}; register it first (RegisterModelOperator)"
            )
        return model

    def download_model(self, name: str, target: Path) -> RegisteredModel:
        """Write the file of a registered model to ``target`` and return the model.

        :raises ModelRejectedError: the file is not the one that the model's description or size tells of.
        """
        model = self.get_model(name, with_image=True)
        image = _image_of(model)
        told = Provenance.of_description(model.description)
        if model.image_size not in {None, len(image)} or (told and told.sha256 != _sha256(image)):
            raise ModelRejectedError(
                f"The Model Manager's file of {name!r} is not the one that was registered"
                f" ({len(image)} bytes, sha256 {_digest(image)}); register the model again"
            )
        with publish(target) as file:
            file.write(image)
        return model

    def add_model(
        self,
        name: str,
        engine: str,
        model_file: Path,
        *,
        description: str | None = None,
        if_exists: IfExists = "fail",
    ) -> RegisteredModel:
        """Register a model file and verify what the Model Manager then holds, byte for byte.

        The same file under the same name is left alone, so a retry after success does nothing. When the
        Model Manager holds our model with other bytes, the former file is put back; a model that someone
        else registered meanwhile is left alone.

        :param engine: the Model Manager's engine, e.g. ``H2O``.
        :param if_exists: another file under this name: ``fail`` or ``replace`` it.
        :raises ModelAlreadyExistsError: another file is there and ``if_exists`` is ``fail``.
        :raises ModelRejectedError: refused, or read back with other content.
        """
        content = Path(model_file).read_bytes()
        former = self.find_model(name, with_image=True)
        if former is not None and former.image == content and description in {None, former.description}:
            self.log.info("Model %r is registered already with this file; nothing to do", name)
            return former
        if former is not None and former.image != content and if_exists == "fail":
            told = heard(former.description or "no description", 200)
            raise ModelAlreadyExistsError(
                f"The Model Manager has another model {name!r} ({told});"
                " choose another name or if_exists='replace'"
            )
        self._upload(name, engine, Path(model_file), description)
        # the official client never reads the reply that commits the model: only reading back tells
        held = self.find_model(name, with_image=True)
        if held is None:
            raise ModelRejectedError(
                f"The Model Manager took model {name!r} without an error, and does not have it;"
                " did a proxy or a login page answer in its place?"
            )
        if _image_of(held) == content:
            self.log.info("Model %r is registered and read back: %d bytes", name, len(content))
            return held
        kept = former.description if former is not None else ""
        is_ours = held.description == (kept if description is None else description)
        if former is not None and is_ours and held != former:
            self._put_back(name, former)
        raise ModelRejectedError(
            f"The Model Manager holds another file under {name!r} than was sent"
            f" (sha256 {_digest(_image_of(held))} instead of {_digest(content)});"
            " is someone else registering this name?"
        )

    def _upload(self, name: str, engine: str, model_file: Path, description: str | None) -> None:
        try:
            # with `force` a second attempt puts the same file in the same place
            self._repeated(
                lambda: self._careful_conn().add_model(
                    name, engine, str(model_file), description=description, force=True
                )
            )
        except ModelRejectedError as error:
            # Devo says "Invalid image" and no more
            error.message += _what_is_wrong(engine, model_file)
            raise

    def _repeated(self, call: Callable[[], T]) -> T:
        """Return what ``call`` returns; after a fault that may pass it is called again."""

        def once() -> T:
            with typed_errors():
                return call()

        return Attempts(self._account.limits, QueryStats()).repeated(once)

    def _put_back(self, name: str, former: RegisteredModel) -> None:
        """Register the former file again; failing that, say so beside the error under way."""
        try:
            with scratch_folder() as folder:
                file = folder / f"{name}.zip"
                file.write_bytes(_image_of(former))
                self._upload(name, former.engine, file, former.description)
        except DevoError as error:
            self.log.error("The former model %r could not be put back: %s", name, error)  # noqa: TRY400 - its cause is raised
        else:
            self.log.warning("The former model %r was put back", name)

    def test_connection(self) -> tuple[bool, str]:
        """List the models; say which part fails when one does."""
        try:
            models = self.get_models()
        except DevoAuthError as error:
            return False, f"The Model Manager is there, but refuses the token: {error}"
        except DevoConnectionConfigError as error:
            return False, f"The connection is not usable: {error}"
        except DevoDgaError as error:
            return False, f"The Model Manager cannot be reached: {error}"
        return True, f"The Model Manager answers, with {len(models)} models"


def _what_is_wrong(engine: str, model_file: Path) -> str:
    from airflow_provider_devo_dga.models.mojo import inspect_mojo

    try:
        if engine == "H2O":
            inspect_mojo(model_file)
    except MojoExportError as error:
        return f". {error}"
    return ""


def _is_model(told: object) -> bool:
    return isinstance(told, dict) and isinstance(told.get("name"), str)


def _digest(content: bytes) -> str:
    return _sha256(content)[:12]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _image_of(model: RegisteredModel) -> bytes:
    if model.image is None:
        raise DevoResultError(f"The Model Manager sent no file with model {model.name!r}")
    return model.image
