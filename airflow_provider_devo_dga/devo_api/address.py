"""Turn a connection's host into an address, before any client can guess at it.

devo-sdk turns ``http`` into ``https`` in silence and posts to ``/`` when the host ends in a slash.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from airflow_provider_devo_dga.errors import DevoConnectionConfigError

QUERY_PATH = "/search/query"
MODEL_MANAGER_PATH = "/mlmodelmanager"


def service_url(host: str | None, port: int | None, *, default_path: str) -> str:
    """Return the https URL of a Devo service, without a trailing slash.

    :param host: ``apiv2-us.devo.com`` or a whole URL; its own path wins over ``default_path``.
    :param port: used when the host names none.
    :raises DevoConnectionConfigError: when there is no host, or it is not an https address.
    """
    if not host or not host.strip():
        raise DevoConnectionConfigError(
            "The connection has no host; put Devo's API address there, e.g. apiv2-us.devo.com"
        )
    text = host.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        named_port = parts.port
    except ValueError:
        raise DevoConnectionConfigError(
            "The connection's host is not an address; put e.g. apiv2-us.devo.com there"
        ) from None
    if parts.scheme != "https":
        raise DevoConnectionConfigError(
            f"The connection's host must be an https address, not {parts.scheme}: Devo speaks TLS only"
        )
    if parts.username or parts.password or not parts.hostname:
        raise DevoConnectionConfigError(
            "The connection's host must be a plain address; credentials go into the password field"
        )
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    chosen = named_port or port
    path = parts.path.rstrip("/") or default_path
    return f"https://{name}{f':{chosen}' if chosen else ''}{path}"
