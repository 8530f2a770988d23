"""The command line: ``devo-sandbox serve`` and ``devo-sandbox load``."""

from __future__ import annotations

import argparse
import json
import logging
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from devo_sandbox.api import admin_api
from devo_sandbox.server import LOOPBACK, Sandbox
from devo_sandbox.tables import events, table_schema
from devo_sandbox.tables.tables import Tables
from devo_sandbox.tenant import Habits


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=options.log_level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        return int(options.command(options))
    except (OSError, ValueError, duckdb.Error) as error:
        sys.stderr.write(f"devo-sandbox: {error}\n")
        return 1


def serve(options: argparse.Namespace) -> int:
    """Serve until a signal asks to stop; print one line of JSON when ready."""
    signed = bool(options.api_key and options.api_secret)
    if options.host not in LOOPBACK and not (options.token or signed):
        raise ValueError(
            f"{options.host} is not this machine alone: give --token, or --api-key and --api-secret"
        )
    if bool(options.api_key) != bool(options.api_secret):
        raise ValueError("--api-key and --api-secret go together")
    sandbox = Sandbox(
        host=options.host,
        port=options.port,
        token=options.token,
        api_key=options.api_key,
        api_secret=options.api_secret,
        data_dir=options.data_dir,
        syslog_port=_syslog_port(options),
        tls=options.tls,
        habits=Habits(
            model_output=options.mlevalmodel_output,
            model_delay_s=options.model_delay_s,
            suffixes=options.suffixes,
        ),
    )
    try:
        sandbox.tenant.tables.declare(table_schema.read_file(options.tables) if options.tables else {})
    except (OSError, ValueError):
        sandbox.close()
        raise
    _announce(sandbox, options)
    sandbox.run()
    return 0


def _syslog_port(options: argparse.Namespace) -> int | None:
    """Return the port for syslog, which asks for no credentials: unasked only on this machine."""
    if options.syslog_port is None:
        return 0 if options.host in LOOPBACK else None
    return int(options.syslog_port) if options.syslog_port >= 0 else None


def _announce(sandbox: Sandbox, options: argparse.Namespace) -> None:
    ready: dict[str, Any] = {"url": sandbox.url, "ca_file": sandbox.ca_file, "mlmm_url": sandbox.mlmm_url}
    if not options.token:
        ready["token"] = sandbox.token
    ready["syslog"] = sandbox.syslog
    ready["http_events_url"] = sandbox.http_events_url
    line = json.dumps(ready)
    if options.ready_file:
        partial = options.ready_file.with_name(options.ready_file.name + ".partial")
        partial.touch(mode=0o600)
        partial.write_text(line + "\n", encoding="utf-8")
        partial.replace(options.ready_file)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def load(options: argparse.Namespace) -> int:
    """Load events into a running sandbox, or into the data directory of a stopped one."""
    content = options.file.read_bytes()
    inserted = _load_stopped(options, content) if options.data_dir else _load_running(options, content)
    sys.stdout.write(json.dumps({"inserted": inserted}) + "\n")
    return 0


def _load_stopped(options: argparse.Namespace, content: bytes) -> int:
    options.data_dir.mkdir(parents=True, exist_ok=True)
    tables = Tables(options.data_dir)
    try:
        schema = tables.schema(options.table)
        if schema is None:
            raise ValueError(f"no table {options.table}")
        return tables.insert(options.table, events.read(content.split(b"\n"), schema))
    finally:
        tables.close()


def _load_running(options: argparse.Namespace, content: bytes) -> int:
    if not (options.url and options.token):
        raise ValueError("give --data-dir, or --url and --token")
    base = options.url.split("/search/")[0].rstrip("/")
    request = urllib.request.Request(  # noqa: S310 - the address is the user's own
        f"{base}{admin_api.PREFIX}/tables/{options.table}/events",
        data=content,
        headers={"Authorization": f"Bearer {options.token}", "Content-Type": "application/x-ndjson"},
        method="POST",
    )
    try:
        with _opener(base, options.ca_file).open(request) as response:
            return int(json.load(response)["inserted"])
    except urllib.error.HTTPError as error:
        raise ValueError(f"HTTP {error.code}: {error.read().decode(errors='replace')[:300]}") from error


def _opener(base: str, ca_file: str | None) -> urllib.request.OpenerDirector:
    """Return what reaches a sandbox: by the environment's proxy, unless it is on this machine."""
    context = ssl.create_default_context(cafile=ca_file) if base.startswith("https:") else None
    proxies: dict[str, str] | None = {} if urllib.parse.urlsplit(base).hostname in LOOPBACK else None
    return urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler(proxies)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="devo-sandbox", description="A local stand-in for Devo.")
    parser.add_argument("--log-level", default="WARNING", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    commands = parser.add_subparsers(required=True)
    serving = commands.add_parser("serve", help="serve the Query API and the ML Model Manager")
    serving.set_defaults(command=serve)
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=0, help="0 takes a free port")
    serving.add_argument(
        "--syslog-port",
        type=int,
        help="for events by syslog, without credentials; 0 takes a free port, -1 none; "
        "default: 0 on this machine alone, else -1",
    )
    serving.add_argument("--tables", type=Path, help="a file of YAML with tables to create")
    serving.add_argument("--data-dir", type=Path, help="where tables and models last; default: in memory")
    serving.add_argument(
        "--token", default=os.environ.get("DEVO_SANDBOX_TOKEN"), help="default: a random one"
    )
    serving.add_argument("--api-key")
    serving.add_argument("--api-secret", default=os.environ.get("DEVO_SANDBOX_API_SECRET"))
    serving.add_argument("--tls", action=argparse.BooleanOptionalAction, default=True)
    serving.add_argument("--ready-file", type=Path, help="gets the line that is printed when ready")
    serving.add_argument("--mlevalmodel-output", choices=["label", "p1"], default="label")
    serving.add_argument("--model-delay-s", type=float, default=0.0, help="until a replace takes effect")
    serving.add_argument(
        "--suffixes",
        choices=["private", "icann", "older"],
        default="private",
        help="what rootsuffix knows: the public suffix list, its section ICANN, or a list two years old",
    )
    loading = commands.add_parser("load", help="load events from a file of NDJSON")
    loading.set_defaults(command=load)
    loading.add_argument("table")
    loading.add_argument("file", type=Path)
    loading.add_argument("--url")
    loading.add_argument("--token", default=os.environ.get("DEVO_SANDBOX_TOKEN"))
    loading.add_argument("--ca-file")
    loading.add_argument("--data-dir", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
