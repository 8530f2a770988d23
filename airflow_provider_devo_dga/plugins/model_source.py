"""What the model history tells the pages, or a sentence that says why it tells nothing."""

from __future__ import annotations

import dataclasses
import logging
import os
from dataclasses import dataclass

from airflow.configuration import conf

from airflow_provider_devo_dga.errors import HistoryConfigError, HistoryError, StorageError
from airflow_provider_devo_dga.history.known_models import KnownModel, known_models
from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.plugins.brief_wait import BriefWait
from airflow_provider_devo_dga.storage import default_store

log = logging.getLogger(__name__)

_SHOWN = 6
_KEEP_SECONDS = 60.0
_WAIT_SECONDS = 4.0
_LATE = "The model history has not answered yet; load this page again in a moment."
_UNREADABLE = "The model history cannot be read now; the log of the API server says why."
_UNUSABLE = "The model history cannot be used as it is set up; the log of the API server says why."
_EMPTY = "No training of this model has been recorded in the model history yet."
_NONE = "No model history is kept here: install the extra “mlflow”, and set a folder or an MLflow connection."


@dataclass(frozen=True, slots=True)
class Models:
    """What is known of a model's versions.

    :param notice: why nothing is known; None when something is.
    """

    known: tuple[KnownModel, ...] = ()
    notice: str | None = None


class ModelSource:
    """Reads the history that the Dags keep, at most once a minute, and never for long.

    An MLflow server is named by Airflow's option ``[devo_dga] mlflow_conn_id``; else the file ``mlflow.db``
    lies in the folder of ``[devo_dga] history_dir``, ``DEVO_DGA_HISTORY`` or ``DEVO_DGA_STORE``.
    """

    def __init__(self) -> None:
        self._answers: BriefWait[Models] = BriefWait(keep=_KEEP_SECONDS, wait=_WAIT_SECONDS)

    def models(self, name: str) -> Models:
        """Return what is known of a model; never raises for a history that is not there."""
        return self._answers.get(name, lambda: _read(name)) or Models(notice=_LATE)


def _read(name: str) -> Models:
    connection = conf.get("devo_dga", "mlflow_conn_id", fallback=None) or None
    folder = conf.get("devo_dga", "history_dir", fallback=os.environ.get("DEVO_DGA_HISTORY"))
    try:
        folder = default_store() if folder is None else folder
        history = MLflowHook(connection, history_dir=folder or None).history(name)
        if history is None:
            return Models(notice=_NONE)
        file = history.server.file
        if file is not None and not file.is_file():
            return Models(notice=_EMPTY)  # to look is no reason to make its tables
        history.server = dataclasses.replace(history.server, timeout=5, retries=0)
        known = known_models(history, _SHOWN)
    except (HistoryError, StorageError) as error:
        log.warning("The page of DGA reports shows no models: %s", error)
        later = isinstance(error, HistoryError) and not isinstance(error, HistoryConfigError)
        return Models(notice=_UNREADABLE if later else _UNUSABLE)
    except Exception:
        # whatever is wrong with the history, the reports are still shown
        log.exception("The page of DGA reports shows no models")
        return Models(notice=_UNREADABLE)
    return Models(known) if known else Models(notice=_EMPTY)
