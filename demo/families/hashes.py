"""Families that spell a digest: newgoz (GameOver Zeus), murofet, padcrypt, monerodownloader.

From Johannes Bader's public write-ups. The digests are the malware's; no security rests on them here.
"""

from __future__ import annotations

import hashlib
import struct
from datetime import date
from itertools import count
from typing import TYPE_CHECKING

from demo.families.family import A

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE_36 = "0123456789abcdefghijklmnopqrstuvwxyz"
NEWGOZ_SALT = bytes.fromhex("01051935")
MUROFET_TLDS = ("ru", "biz", "info", "org", "net", "com")
PADCRYPT_LETTERS = "abcdnfolmk"
PADCRYPT_TLDS = ("com", "co.uk", "de", "org", "net", "eu", "info", "online", "co", "cc", "website")
MONERO_MAGIC = "jkhhksugrhtijys78g46"
MONERO_FIRST = "31b4bd31fg1x2"
MONERO_TLDS = ("org", "tickets", "blackfriday", "hosting", "feedback")
EPOCH = date(1970, 1, 1)


def _base_36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits += BASE_36[digit]
    return digits[::-1]


def _newgoz_tld(number: int) -> str:
    if number % 4 == 0:
        return "com"
    if number % 3 == 0:
        return "org"
    return "biz" if number % 2 == 0 else "net"


def newgoz(day: date) -> Iterator[str]:
    """Yield the hosts of the newer GameOver Zeus, about 25 letters and digits."""
    year, month, of_month = (struct.pack("<H", part) for part in (day.year, day.month, day.day))
    salted = year + NEWGOZ_SALT + month + NEWGOZ_SALT + of_month + NEWGOZ_SALT
    for number in count():
        digest = hashlib.md5(struct.pack("<I", number) + salted, usedforsecurity=False).digest()
        label = "".join(_base_36(word) for word in struct.unpack("<4I", digest))
        yield f"{label}.{_newgoz_tld(number)}"


def murofet(day: date) -> Iterator[str]:
    """Yield the hosts of Murofet's first version; they change on days 7, 14, 21 and 28 of a month."""
    prefix = bytes([(day.year % 256 + 48) % 256, day.month, day.day - day.day % 7])
    for number in count():
        digest = hashlib.md5(prefix + struct.pack("<I", number), usedforsecurity=False).digest()
        pairs = ((A + (byte & 31), A + (byte >> 3)) for byte in digest)
        codes = (code for low, high in pairs if low != high for code in (low, high))
        label = "".join(chr(code) for code in codes if code <= ord("z"))
        tld = next(tld for j, tld in enumerate(MUROFET_TLDS) if number % (6 - j) == 0)
        yield f"{label}.{tld}"


def padcrypt(day: date) -> Iterator[str]:
    """Yield PadCrypt's hosts: 16 letters out of fourteen."""
    to_letters = str.maketrans("0123456789", PADCRYPT_LETTERS)
    for number in count():
        text = f"{day.day}-{day.month}-{day.year}|{number}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        place = int(digest[-1], 16)
        tld = PADCRYPT_TLDS[place] if place < len(PADCRYPT_TLDS) else "com"
        yield f"{digest[3:19].translate(to_letters)}.{tld}"


def monerodownloader(day: date) -> Iterator[str]:
    """Yield 13 hexadecimal digits each; number 0 is a constant.

    The malware tries each name below all five top-level domains; here they take turns, so that names and
    not their copies fill a list.
    """
    days = (day - EPOCH).days
    for number in count():
        text = f"{MONERO_MAGIC}-{days}-{number}"
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        yield f"{digest[:13] if number else MONERO_FIRST}.{MONERO_TLDS[number % 5]}"
