"""One line of syslog as Devo's clients write it: ``<14>Jan  1 00:00:00 host my.app.web.log: message``."""

from __future__ import annotations

import re

from devo_sandbox.intake.message import Event

DATE = r"[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{6,8}\S{0,12}"
LINE = re.compile(rf"<[0-9]{{1,3}}>(?:{DATE}) (\S{{1,255}}) ([^\s:]{{1,255}}): ?(.*)", re.DOTALL)


def read(line: bytes, sender: str) -> Event | None:
    """Return the event of a line, without a tag when it is malformed; None for a blank one.

    :param sender: the host of malformed lines.
    """
    text = line.decode("utf-8", "replace").rstrip("\r\x00")
    if found := LINE.fullmatch(text):
        return Event(found[1], found[2], found[3])
    return Event(sender, "", text) if text.strip() else None
