"""Shapes in which people have labelled domains, named after what has them in the wild."""

# a shape a line
# ruff: noqa: E501

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import parquet

GOOD, BAD = ([f"{stem}{n}.com" for n in range(40)] for stem in ("shop", "qxzvk"))
FAMILIES = ["conficker" if n % 2 else "necurs" for n in range(40)]
PAIRS = [*((host, "legit", "alexa") for host in GOOD), *zip(BAD, ["dga"] * 40, FAMILIES, strict=True)]
DATES = "2026-01-01 00:00:00", "2026-01-02 00:00:00"

Content = str | bytes


@dataclass(frozen=True)
class Shape:
    """Files, what a Dag says of them, and what must come of it.

    :param files: their contents by name.
    :param dataset: sources; ``@`` stands for the folder's address, and a plain list of the other class is
        added where a shape has one only.
    :param lines: of configuration that it takes beside the address.
    :param families: DGA families found.
    :param refused: words of the error, where it has more than one reading.
    """

    files: dict[str, Content]
    dataset: Any
    lines: int = 0
    families: frozenset[str] = frozenset({"conficker", "necurs"})
    refused: str = ""


def lines(rows: Iterable[str], end: str = "\n") -> str:
    return "".join(f"{row}{end}" for row in rows)


def table(separator: str, *columns: str, header: str = "", rows: Any = PAIRS, end: str = "\n") -> str:
    """Return rows with the columns ``host``, ``class``, ``family``, ``flag`` or what is written in quotes."""

    def cell(name: str, row: tuple[str, str, str], number: int) -> str:
        host, class_, family = row
        known = {"host": host, "class": class_, "family": family, "label": host[:-4], "rank": str(number + 1)}
        return known.get(name, str(int(class_ == "dga")) if name == "flag" else name.strip("'"))

    body = [separator.join(cell(name, row, n) for name in columns) for n, row in enumerate(rows)]
    return lines(([header] if header else []) + body, end)


LEGIT, DGA = PAIRS[:40], PAIRS[40:]
UNKNOWN = frozenset({"unknown"})
FOUR = table(";", "host", "label", "class", "family", header="host;domain;class;subclass")
QUOTED = lines(
    ",".join(f'"{cell}"' for cell in row.split(",")) for row in table(",", "host", "class", "family").split()
)


def zipped(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def as_parquet() -> bytes:
    hosts, classes, families = zip(*PAIRS, strict=True)
    target = io.BytesIO()
    flags = [class_ == "dga" for class_ in classes]
    parquet.write_table(
        pa.table(
            {
                "dns": pa.StructArray.from_arrays([pa.array(hosts)], ["name"]),
                "is_dga": flags,
                "family": pa.array(families).dictionary_encode(),
            }
        ),
        target,
    )
    return target.getvalue()


def zstd(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, codec="zstd", asbytes=True)
    return packed


def one(content: Content, name: str = "file.csv", **more: Any) -> Shape:
    told = {key: more.pop(key) for key in ("class", "family", "columns", "classes") if key in more}
    return Shape(
        {name: content}, {"uri": f"@/{name}"} | told if told else f"@/{name}", lines=int(bool(told)), **more
    )


def feed(content: Content, **more: Any) -> Shape:
    return one(content, **{"class": "dga"} | more)


def legit(content: Content, **more: Any) -> Shape:
    return one(content, **{"class": "legit"} | more)


MAJESTIC = "GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs,IDN_Domain,IDN_TLD,PrevGlobalRank,PrevTldRank,PrevRefSubNets,PrevRefIPs"
URLHAUS = "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter"
BY_FAMILY = {
    f"{name}_dga.csv": lines(
        f"{host},{DATES[0]}" for host, of in zip(BAD, FAMILIES, strict=True) if of == name
    )
    for name in ("conficker", "necurs")
}

# fmt: off
SHAPES: dict[str, Shape] = {
    # tables with both classes
    "the tutorial's host;domain;class;subclass": one(FOUR),
    "the same, as pandas writes it, with an index": one(table(",", "rank", "host", "label", "class", "family", header=",host,domain,class,subclass")),
    "chrmor's dga,family,domain without a header": one(table(",", "class", "family", "host")),
    "Kaggle's domain,isDGA": one(table(",", "host", "flag", header="domain,isDGA"), families=UNKNOWN),
    "the same from Excel: BOM, CRLF, sep=": one("\ufeffsep=;\r\n" + table(";", "host", "flag", header="domain;isDGA", end="\r\n"), families=UNKNOWN),
    "Excel's Unicode text: UTF-16, tabs": one(table("\t", "host", "class", "family", header="Domain\tLabel\tFamily", end="\r\n").encode("utf-16")),
    "R's write.csv, all in quotes": one('"host","class","subclass"\n' + QUOTED),
    "a class column that holds families": one(lines(["domain,class", *(f"{host},{family if class_ == 'dga' else 'benign'}" for host, class_, family in PAIRS)])),
    "Kaggle's url,type, benign or a family": one(lines(["url,type", *(f"{host}/a?b=c,{family if class_ == 'dga' else 'benign'}" for host, class_, family in PAIRS)])),
    "cells in single quotes": one(lines(f"'{host}','{class_}','{family}'" for host, class_, family in PAIRS)),
    "a class of EVE's nested JSON": one(lines(json.dumps({"dns": {"rrname": host, "answers": []}, "label": int(class_ == "dga"), "src_ip": "10.0.0.1"}) for host, class_, _ in PAIRS), name="eve.json", families=UNKNOWN),
    "families and nothing legit": one(lines(["domain,family", *(f"{host},{family}" for host, _, family in DGA)]), refused='"class": "dga"'),
    "names of two kinds, unnamed": one(lines(f"a{n}.org,{host},{class_}" for n, (host, class_, _) in enumerate(PAIRS)), refused='{"columns": {"host": "2"}}'.replace("{", "", 1).removesuffix("}")),
    "0 and 1 without a header": one(table(",", "flag", "host"), families=UNKNOWN, refused='"classes": {"dga": ["1"], "legit": ["0"]}'),
    "the same with its line": one(table(",", "flag", "host"), families=UNKNOWN, columns={"host": 2, "class": 1}, classes={"dga": ["1"], "legit": ["0"]}),
    "0 and 1, given as names of DGAs": feed(table(",", "flag", "host"), refused="a rank would not repeat"),
    "classes in words of one's own": one(table(",", "host", "flag", header="domain,isDGA").replace(",1", ",schlecht").replace(",0", ",gut"), refused='"classes": {"dga": ["gut"], "legit": ["schlecht"]}'),
    "the same with their line": one(table(",", "host", "flag", header="domain,isDGA").replace(",1", ",schlecht").replace(",0", ",gut"), families=UNKNOWN, classes={"dga": ["schlecht"]}),
    "two columns of names": one(lines(["client,domain,label", *(f"pc{n}.example.org,{host},{class_}" for n, (host, class_, _) in enumerate(PAIRS))]), families=UNKNOWN),
    "JSON lines of Elastic, nested": one(lines(json.dumps({"dns": {"question": {"name": host}}, "label": class_, "family": family}) for host, class_, family in PAIRS), name="file.ndjson"),
    "a JSON array of objects, on one line": one(json.dumps([{"domain": host, "label": class_, "family": family} for host, class_, family in PAIRS])),
    "the same with indents, in UTF-16": one(json.dumps([{"dns": {"name": host}, "label": class_, "family": family} for host, class_, family in PAIRS], indent=2).encode("utf-16")),
    "a JSON array of names": feed(json.dumps(BAD), families=UNKNOWN),
    "a JSON array of arrays": one(json.dumps(PAIRS), refused="jq -r '.[] | @csv'"),
    "a JSON array a line": one(lines(json.dumps(row) for row in PAIRS), refused="jq -r '@csv'"),
    "Parquet of Spark, with a structure": one(as_parquet(), name="part-0.parquet"),
    "ExtraHop's labels without suffixes": one(lines(json.dumps({"domain": host[:-4], "threat": class_}) for host, class_, _ in PAIRS), refused="labels without a suffix"),
    "labels without suffixes, in a table": one(table(",", "class", "label", header="label,domain"), refused="labels without a suffix"),
    "a third class": one(table(",", "host", "class", header="domain,class", rows=[*PAIRS[:60], *((host, "phishing", "") for host in BAD[20:])]), refused='"classes": {"legit": ["legit"]}'),
    "one JSON object": one(json.dumps({"rows": [{"domain": host} for host in BAD]}), refused="jq -c"),
    # compressed
    "gzip": one(gzip.compress(FOUR.encode())),
    "bzip2": one(bz2.compress(FOUR.encode())),
    "xz": one(lzma.compress(FOUR.encode())),
    "zstd": one(zstd(FOUR.encode())),
    "zip of macOS": one(zipped(**{"rows.csv": FOUR.encode(), "__MACOSX/._rows.csv": b"x", ".DS_Store": b"x"})),
    "zip of several files": one(zipped(**{"a/1.csv": FOUR.encode()[:1000].rpartition(b"\n")[0], "a/2.csv": b"host;domain;class;subclass\n" + FOUR.encode()[:].split(b"\n", FOUR.encode()[:1000].count(b"\n"))[-1], "__MACOSX/a/._1.csv": b"x"})),
    "zip with a file that is no data": one(zipped(**{"rows.csv": FOUR.encode(), "README.txt": b"Please read me.\nThank you.\n"}), refused="README.txt in it (unpack it"),
    "an Excel workbook": one(zipped(**{"[Content_Types].xml": b"<Types/>", "xl/sheet1.xml": b"<x/>"}), refused="save it as CSV"),
    # names of DGAs
    "a list, nothing said": one(lines(BAD), refused='"class": "dga"'),
    "UMUDGA's list of a family": feed(lines(BAD), family="necurs", families=frozenset({"necurs"})),
    "DGArchive's file a family": Shape(BY_FAMILY, {"uri": "@/{family}_dga.csv", "class": "dga"}, 1),
    "UMUDGA's folder a family": Shape({f"{name}/list/1000.txt": lines(BAD[n::2]) for n, name in enumerate(("necurs", "conficker"))}, {"uri": "@/{family}/list/*.txt", "class": "dga"}, 1),
    "a folder": Shape({"bad/1.txt": lines(BAD[:20]), "bad/2.txt": lines(BAD[20:]), "bad/.DS_Store": b"\0x"}, {"uri": "@/bad", "class": "dga"}, 1, UNKNOWN),
    "Netlab 360's feed, with tabs and dates": feed("# Netlab DGA feed\n#\n" + lines("\t".join((family, host, *DATES)) for host, _, family in DGA)),
    "Bambenek's feed, with URLs": feed("## feed\n" + lines(f"{host},Domain used by a DGA for 01 Jan 2026,2026-01-01,http://osint.example.org/{family}.txt" for host, _, family in DGA), families=UNKNOWN),
    "URLhaus, comments and a header in one": feed("# URLhaus\r\n" + URLHAUS + "\r\n" + lines((f'"{n}","{DATES[0]}","http://{host}/a,b","online","","malware_download","32-bit,elf","https://urlhaus.example.org/{n}/","me"' for n, host in enumerate(BAD)), "\r\n"), families=UNKNOWN),
    "ThreatFox, blanks before quotes": feed("# ThreatFox\n" + lines(f'"{DATES[0]}", "{n}", "{host}", "domain", "botnet_cc, x"' for n, host in enumerate(BAD)), families=UNKNOWN),
    "URLs, a line each": feed(lines(f"hxxps://user@{host}:8443/x?y=1" for host in BAD), families=UNKNOWN),
    "a report's harmless names": feed(lines(host.replace(".", "[.]") for host in BAD), families=UNKNOWN),
    "hosts file": feed("# hosts\n127.0.0.1 localhost\n::1 localhost ip6-localhost\n\n" + lines(f"0.0.0.0 {a} {b} # c2" for a, b in zip(BAD[::2], BAD[1::2], strict=True)), families=UNKNOWN),
    "filter list of hagezi": feed("[Adblock Plus]\n! Title: x\n" + lines(f"||{host}^" for host in BAD), families=UNKNOWN),
    "response policy zone": feed("$TTL 300\n@ SOA localhost. root.localhost. 1 2 3 4 5\n  NS localhost.\n; x\n" + lines(f"{host} CNAME .\n*.{host} CNAME ." for host in BAD), families=UNKNOWN),
    "zone of a registry": feed(lines(f"{host}.\t3600\tin\tns\tns1.example.net." for host in BAD), families=UNKNOWN),
    "dnsmasq": feed(lines(f"address=/{host}/0.0.0.0" for host in BAD), families=UNKNOWN),
    "Unbound": feed("server:\n" + lines(f'local-zone: "{host}" always_null' for host in BAD), families=UNKNOWN),
    "names and words behind": feed(lines(f"{host} seen {'twice ' * (n % 3)}by me" for n, host in enumerate(BAD)), families=UNKNOWN),
    "comments behind semicolons and names": feed("; malware list\n;\n" + lines(f"{host}  # {family}" for host, _, family in DGA), families=UNKNOWN),
    "names between blanks, with families": feed(lines(f"{host}   {family}" for host, _, family in DGA)),
    # legit names
    "Tranco, Umbrella: rank,domain": legit(lines((f"{n},{host}" for n, host in enumerate(GOOD, 1)), "\r\n")),
    "Majestic's twelve columns": legit(lines([MAJESTIC, *(f"{n},{n},{host},com,9,9,{host},com,{n},{n},9,9" for n, host in enumerate(GOOD, 1))])),
    "DomCop, in quotes": legit('"Rank","Domain","Open Page Rank"\n' + lines(f'"{n}","{host}","{n / 9:.2f}"' for n, host in enumerate(GOOD, 1))),
    "CrUX: origin,rank": legit("origin,rank\n" + lines(f"https://www.{host},1000" for host in GOOD)),
    "an old Mac's line ends": legit(lines(GOOD, "\r")),
    # no data at all
    "a login page": legit("<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", refused="a page of HTML"),
    "a file of passwords": legit("root:x:0:0:root:/root:/bin/sh\n" * 30, refused="No column holds names"),
    "ARFF": one("% UMUDGA\n@RELATION dga\n@DATA\n1,2\n", refused="ARFF"),
    "pickle": one(b"\x80\x04\x95abc", refused="pickle"),
}
