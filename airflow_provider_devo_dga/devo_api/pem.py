"""Texts of PEM files, as forms leave what was pasted into them, and private files of them that go away."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from airflow_provider_devo_dga.redaction import keep_secret
from airflow_provider_devo_dga.scratch import scratch_folder

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_LINE = 64


def pem_text(pasted: str) -> str | None:
    """Return a PEM text with its line breaks, of which a form makes blanks, backslashes or nothing.

    :return: None for what is no whole PEM text, such as a path.
    """
    blocks = _BLOCK.findall(pasted.replace("\\r", "").replace("\\n", "\n"))
    return "".join(_block(kind, body) for kind, body in blocks) or None


@contextmanager
def pem_files(*given: str) -> Iterator[list[str]]:
    """Yield paths of PEM files; a text gets a file that only this user can read, until the block ends."""
    with ExitStack() as stack:
        yield [_written(text, stack) if (text := pem_text(each)) else each for each in given]


def _written(text: str, stack: ExitStack) -> str:
    path = stack.enter_context(scratch_folder()) / "text.pem"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return str(path)


def _block(kind: str, body: str) -> str:
    letters = "".join(body.split())
    if "PRIVATE" in kind:
        keep_secret(letters)
    lines = [letters[at : at + _LINE] for at in range(0, len(letters), _LINE)]
    if ":" in body:  # the header of an encrypted key, which needs the line breaks that it has
        lines = [line.strip() for line in body.strip().splitlines()]
    return "\n".join((f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""))
