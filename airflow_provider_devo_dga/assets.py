"""Asset URIs of models: ``devo-mlmm://<devo domain>/<model>``."""

from __future__ import annotations

from urllib.parse import SplitResult


def normalise_model_uri(uri: SplitResult) -> SplitResult:
    """Return the URI as Airflow stores it. Reaches no network.

    :raises ValueError: when the domain or the model's name is missing.
    """
    if not uri.netloc or not uri.path.strip("/") or "/" in uri.path.strip("/"):
        raise ValueError(f"A model's asset URI is devo-mlmm://<devo domain>/<model>, not {uri.geturl()}")
    return uri._replace(path="/" + uri.path.strip("/"), query="", fragment="")
