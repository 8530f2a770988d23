"""``make ui``: Airflow with the example Dags, its connections wired to a running Devo sandbox."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from demo.airflow_home import airflow_environment
from demo.console import StepFailedError, run_logged, say, step
from demo.sandbox_process import running_sandbox
from demo.world import TABLE, World

_USER = "admin"
_READY_SECONDS = 120.0
_STOP_SECONDS = 20.0


def main() -> int:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo.ui", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/demo"), help="what `make demo` left; kept")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        serve(World.at(options.output), options.port)
    except KeyboardInterrupt:
        say("\nStopped.")
    except (StepFailedError, RuntimeError) as error:
        say(f"\n\n{error}")
        return 1
    return 0


def serve(world: World, port: int) -> None:
    """Start the sandbox and Airflow, say where they are, wait."""
    _check_port(port)
    world.make_folders()
    say("\nAirflow with the DGA Dags, wired to the Devo sandbox\n")
    if not world.dataset.exists():
        with step("Write labelled domains"):
            world.write_dataset()
    with step(f"Write an hour of events, {world.hour:%Y-%m-%d %H:%M} UTC"):
        world.write_events()
    with running_sandbox(world.sandbox, world.logs / "sandbox.log") as sandbox:
        with step("Load them into the sandbox"):
            sandbox.load(TABLE, world.events)
        environment = airflow_environment(world.airflow, sandbox, world.dataset, world.store)
        environment |= _login(world.airflow, port)
        with step("Set up Airflow's database"):
            run_logged(["airflow", "db", "migrate"], world.logs / "airflow.log", environment)
        _run_airflow(world, port, environment)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise RuntimeError(f"Port {port} is in use; choose another: python -m demo.ui --port 8081")


def _login(home: Path, port: int) -> dict[str, str]:
    """Return the settings of an Airflow with one user; the password lies in a file that only we can read."""
    passwords = home / "passwords.json"
    if not passwords.exists():
        passwords.touch(mode=0o600)
        passwords.write_text(json.dumps({_USER: secrets.token_urlsafe(9)}))
    return {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{_USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
    }


def _run_airflow(world: World, port: int, environment: Mapping[str, str]) -> None:
    log = world.logs / "airflow-standalone.log"
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["airflow", "standalone"], stdout=output, stderr=subprocess.STDOUT, env=dict(environment)
        )
        try:
            with step("Start Airflow"):
                _wait(process, url, log)
            password = json.loads((world.airflow / "passwords.json").read_text())[_USER]
            say(f"\n  {url}   login {_USER}   password {password}")
            say("\n  1. Trigger dga_weekly_retrain and switch it on: it trains, registers, promotes a model.")
            say("  2. When it is done, switch on dga_hourly_report: it begins with the last full hour.")
            say(f"  Reports appear below {world.store / 'reports'}; Airflow's log is {log}")
            say("  Ctrl-C ends everything.\n")
            process.wait()
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _is_healthy(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Airflow did not start; the end of {log}:\n{log.read_text()[-2000:]}")
        time.sleep(0.5)


def _is_healthy(url: str) -> bool:
    """Whether the API server answers and the scheduler has reported."""
    # on this machine, before which no proxy stands
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/api/v2/monitor/health", timeout=5) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return False
    return all(health[part]["status"] == "healthy" for part in ("scheduler", "dag_processor", "triggerer"))


if __name__ == "__main__":
    sys.exit(main())
