"""What can go wrong on purpose: each fault, how it looks on the wire and what a client makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

QUERY = "/search/query"
JOB = "/search/job"
MODELS = "/mlmodelmanager"
SAVE = f"{MODELS}/models$"
UPLOAD = f"{MODELS}/models/images/upload$"

# What a fault does to a request: cut its connection, be answered in its place, or spoil the true answer,
# as a whole or line by line, or spoil how the answer's length is told.
Way = Literal["connection", "instead", "delayed", "lines", "document", "length"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One fault.

    :param wire: what is sent.
    :param client: what Devo's official client makes of it.
    :param match: the beginning of the paths it strikes unless told otherwise; with ``$``, the whole path.
    :param method: the one method it strikes unless told otherwise, None for all.
    :param query: what the query string must hold, for a path that serves several purposes.
    :param delay_s: how long it waits unless told otherwise, None for as long as the client stays.
    """

    name: str
    way: Way
    wire: str
    client: str
    match: str = QUERY
    method: str | None = None
    query: str = ""
    delay_s: float | None = None


_ALL = (
    Kind("refuse", "connection", "closed before the headers", "retries `retries` times, then raises"),
    Kind("reset", "connection", "reset (RST) before the headers", "retries `retries` times, then raises"),
    Kind("auth", "instead", "403, the token is invalid", "raises"),
    Kind("auth_401", "instead", "401, the signature is invalid", "raises"),
    Kind("login_302", "instead", "302 to a login page, elsewhere", "follows it, elsewhere"),
    Kind("http_503", "instead", "503 with JSON", "raises, without a retry"),
    Kind("http_429", "instead", "429 with `Retry-After: delay_s`", "raises, without a retry", delay_s=1),
    Kind("html_502", "instead", "502 with HTML", "raises, without a retry"),
    Kind("html_200", "instead", "200 with HTML", "may yield the page as a row"),
    Kind("bad_param", "instead", "400, the cause in `object`", "raises, the cause is dropped"),
    Kind("odd_error", "instead", "500, a list in place of an object", "raises, the status is lost"),
    Kind("odd_error_null", "instead", "500, null within `object`", "raises, the status is lost"),
    Kind("odd_error_text", "instead", "500, `error` a text with “code” in it", "raises, the status is lost"),
    Kind("launch_200", "instead", "200 with the refusal of a query", "may yield it as a row"),
    Kind("error_200", "instead", "200 with `error`, an object, alone", "may yield it as a row"),
    Kind("empty_200", "instead", "200 without a body", "no rows, no error"),
    Kind("e_first", "instead", "200, the first line is a launch error", "may yield it as a row"),
    Kind("e_first_busy", "instead", "200, the first line is another error", "may yield it as a row"),
    Kind("stall_headers", "delayed", "nothing for `delay_s`, then the answer", "times out, without a retry"),
    Kind("e_mid", "lines", "an error line after rows", "raises after the rows"),
    Kind("e_mid_escaped", "lines", "an error line with an escaped quote", "may yield it as a row"),
    Kind("short_row", "lines", "a row that lacks its last value", "drops the column"),
    Kind("long_row", "lines", "a row with one value too many", "drops the value"),
    Kind("bad_utf8", "lines", "a row with a byte that is no UTF-8", "raises `UnicodeDecodeError`"),
    Kind("error_column", "lines", "the first column is named `error_code`", "loses all rows"),
    Kind("dup_col", "lines", "two columns of one name", "loses one of them"),
    Kind("cut_row", "lines", "no length, closed between rows", "takes it for the whole"),
    Kind("cut_mid_row", "lines", "no length, closed within a row", "raises, or yields the half line"),
    Kind("cut_chunked", "lines", "chunked, closed without the last chunk", "raises `ChunkedEncodingError`"),
    Kind("reframed", "lines", "ended well after fewer rows", "takes it for the whole"),
    Kind("reset_mid", "lines", "reset (RST) `delay_s` after rows", "raises", delay_s=0.05),
    Kind("stall", "lines", "nothing for `delay_s` after rows, then the rest", "raises, a read timed out"),
    Kind("keepalive_forever", "lines", "a blank every `delay_s` after rows", "never returns", delay_s=0.2),
    Kind("slow_drip", "lines", "half a line every `delay_s`", "takes its time", delay_s=0.1),
    Kind("json_status", "document", "a `status` other than 0 in a 200", "returns it as an answer"),
    Kind("json_error", "document", "`error` after the rows of a document", "returns it as an answer"),
    Kind("length_long", "length", "`Content-Length` 100 more than is sent", "raises `ChunkedEncodingError`"),
    Kind("length_short", "length", "`Content-Length` half of what is sent", "takes half for the whole"),
    Kind("job_5xx", "instead", "503 to a call on jobs", "retries, then returns `{}`", JOB),
    Kind("job_errors", "document", "a job that stopped with errors", "returns it as success", JOB),
    Kind("login_200", "instead", "200 with a login page for the save", "takes it for saved", SAVE, "POST"),
    Kind("save_fails", "instead", "500 for the save; the image stays", "raises", SAVE, "POST"),
    Kind("models_html_200", "instead", "200 with HTML", "model not found, or no list", MODELS),
    Kind("models_empty_object", "instead", "200 with `{}`", "model not found", MODELS),
    Kind("slow_upload", "delayed", "an answer after `delay_s`", "times out", UPLOAD, "POST", delay_s=2),
    Kind(
        "image_altered",
        "document",
        "the image read back differs in its last byte",
        "writes it as it came",
        f"{MODELS}/models/",
        "GET",
        query="fast=false",
    ),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
