"""An hour of ``demo.ecommerce.data``: twelve columns of a web shop's access log, and its recorded answer."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import requests

from benchmarks import events
from benchmarks.process import TOKEN, SandboxProcess
from devo_sandbox.tables.tables import Tables

TABLE = "demo.ecommerce.data"
QUERY = f"from {TABLE}"
COLUMNS = 12
_AT_ONCE = 500_000
_AGENTS = ["Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "curl/8.5"]
_VISITORS = 50_000


def fill(tables: Tables, rows: int) -> None:
    """Put ``rows`` events into the table, spread evenly over the hour."""
    for start in range(0, rows, _AT_ONCE):
        numbers = np.arange(start, min(start + _AT_ONCE, rows), dtype=np.int64)
        tables.insert(TABLE, [_events(numbers, rows)])


def process(rows: int) -> SandboxProcess:
    """Return a sandbox, not yet started, whose table has ``rows`` events."""
    return SandboxProcess(partial(fill, rows=rows))


def answer(sandbox: SandboxProcess) -> bytes:
    """Return the bytes of the sandbox's answer to ``QUERY``."""
    body = {**events.WINDOW, "query": QUERY, "mode": {"type": "json/simple/compact"}, "ipAsString": True}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.post(sandbox.url, json=body, headers=headers, verify=sandbox.ca_file, timeout=600).content


def _events(numbers: np.ndarray[tuple[int], np.dtype[np.int64]], rows: int) -> pa.Table:
    chance = np.random.default_rng(int(numbers[0]) + 1)
    count = len(numbers)
    dates = events.START_MS + numbers * events.HOUR_MS // rows
    who = chance.integers(0, _VISITORS, count)
    site = chance.integers(0, _VISITORS, count)
    shown = pc.strftime(pa.array(dates, pa.timestamp("ms")), format="%d/%b/%Y:%H:%M:%S +0000")
    referrals = pc.binary_join_element_wise("http://www.", _hex(site * 7919), "-shop.example.com/", "")
    arrays = [
        pa.array(dates),
        # Arrow writes the milliseconds, an access log does not
        pc.replace_substring_regex(shown, r"\.\d+", ""),
        pa.array(who + (203 << 24), pa.uint32()),
        pa.array(_AGENTS).take(pa.array(who % len(_AGENTS))),
        pc.binary_join_element_wise("SID=", _hex(who), ""),
        pc.binary_join_element_wise(
            "/category.screen?category_id=", pa.array(numbers % 900).cast("string"), ""
        ),
        pc.if_else(pa.array(site % 10 != 0), referrals, None),
        pa.array(["GET", "POST", "HEAD"]).take(pa.array(site % 3)),
        pa.array(["HTTP 1.1"] * count),
        pa.array([200, 302, 404, 503], pa.int32()).take(pa.array(site % 4)),
        pa.array(chance.integers(0, 5000, count), pa.int32()),
        pa.array(chance.integers(0, 500, count), pa.int32()),
    ]
    return pa.table(arrays, names=[f"c{place}" for place in range(COLUMNS)])


def _hex(numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    return pa.array([f"{number:08x}" for number in numbers.tolist()])
