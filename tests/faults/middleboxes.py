"""Real middleboxes in front of the sandbox, in the configurations that people run: nginx and HAProxy.

Each ends TLS, speaks to the sandbox by TLS again, and frames answers as it likes; that is how an answer that
was cut behind it can come out well-ended.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

NGINX, HAPROXY = (
    shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin"),
    shutil.which("haproxy", path="/usr/sbin:/usr/bin"),
)

_NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/cert.pem;
    location / {{ proxy_pass https://127.0.0.1:{behind}; proxy_ssl_verify off; {more} }}
  }}
}}
"""
_HAPROXY = """
global
  maxconn 256
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
frontend here
  bind 127.0.0.1:{port} ssl crt {folder}/cert.pem
  default_backend there
backend there
  {more}
  server devo 127.0.0.1:{behind} ssl verify none
"""
MIDDLEBOXES = {
    # the stock configuration speaks HTTP/1.0 to what is behind it, whose answers then end with the connection
    "nginx": (NGINX, _NGINX, ""),
    "nginx, HTTP/1.1": (NGINX, _NGINX, 'proxy_http_version 1.1; proxy_set_header Connection "";'),
    "nginx, unbuffered": (NGINX, _NGINX, "proxy_buffering off;"),
    "nginx, gzip": (NGINX, _NGINX, "gzip on; gzip_types *; gzip_proxied any; gzip_min_length 1;"),
    "haproxy": (HAPROXY, _HAPROXY, ""),
    "haproxy, gzip": (
        HAPROXY,
        _HAPROXY,
        "compression algo gzip\n  compression type application/json text/plain",
    ),
    "haproxy, waiting for the body": (HAPROXY, _HAPROXY, "http-response wait-for-body time 10s"),
}
"""By name: the program, its configuration, and what that has besides."""


@contextmanager
def middlebox(name: str, folder: Path, behind: int) -> Iterator[tuple[int, str]]:
    """Run one in front of a port of this machine; yield its own port and the file of its authority.

    :param folder: an empty one; the whole configuration lies there.
    """
    program, template, more = MIDDLEBOXES[name]
    assert program is not None
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "cert.pem")
    port = _free_port()
    configuration = folder / "configuration"
    configuration.write_text(template.format(folder=folder, port=port, behind=behind, more=more))
    flag = "-f" if program == HAPROXY else "-c"
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen([program, flag, str(configuration)], stdout=output, stderr=output)
    try:
        _wait_for(port, process, folder)
        yield port, str(folder / "ca.pem")
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert process.poll() is None, (folder / "output").read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError((folder / "output").read_text())
