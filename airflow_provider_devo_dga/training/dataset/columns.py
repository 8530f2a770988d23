"""Which column holds what: found by what the columns hold, confirmed by their names, or told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.features.host_columns import split_hosts
from airflow_provider_devo_dga.training.dataset import words
from airflow_provider_devo_dga.training.dataset.names import clean, like_names
from airflow_provider_devo_dga.training.dataset.rows import Reader
from airflow_provider_devo_dga.training.dataset.source import DatasetSource

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_VALUES = 50
_SAME = 0.9
_FAMILY = re.compile(r"(?=.{1,40}$)[A-Za-z][\w.+()/-]*(?: [\w.+()/-]+){0,2}")
_ALL_VALUES = words.LEGIT_VALUES | words.DGA_VALUES | words.POPULAR_LISTS
_FLAGS = words.TRUE_VALUES | words.FALSE_VALUES


@dataclass(frozen=True)
class Columns:
    """Where things stand in a row.

    :param places: of ``host`` always, of ``class``, ``family`` and ``domain`` where there are such columns.
    :param header: names of the columns, empty where they have none.
    """

    places: Mapping[str, int]
    header: Sequence[str]

    def name(self, role: str) -> str:
        """Return the name of a column, else its number from 1, as configuration takes it."""
        return named(self.header, self.places[role])

    @property
    def told(self) -> dict[str, str]:
        """Return what is what, for people."""
        if len(self.header) == 1:
            return {}
        return {role: self.name(role) for role in self.places if role != "domain"}


def named(header: Sequence[str], place: int) -> str:
    """Return the name of a column, else its number from 1."""
    return header[place] if header[place] and header.count(header[place]) == 1 else str(place + 1)


def question(source: DatasetSource, problem: str, *readings: tuple[str, Mapping[str, Any]]) -> DatasetError:
    """Return an error that says what to write for each way to read a source."""
    lines = "; ".join(f"{text}: {source.line(**more)}" for text, more in readings)
    return DatasetError(f"{problem}. Say which it is: {lines}")


class ColumnSearch:
    """Looks for the columns of one source in its first rows."""

    def __init__(self, reader: Reader, source: DatasetSource) -> None:
        import pyarrow as pa

        self.source = source
        self.header = list(reader.header)
        self.texts = [pa.array(column, pa.string()) for column in reader.sample]
        self.values = [{text.strip(" '\"").lower() for text in column} - {""} for column in reader.sample]
        self.hosts = [clean(column) for column in self.texts]

    def found(self) -> Columns:
        """Return the columns.

        :raises DatasetError: there is no host column, or more than one reading; says what to write.
        """
        places = {"host": self._host()}
        class_, family = self._told("class"), self._told("family")
        if family is None and not self.source.family:
            family = self._family(places["host"], class_)
        if class_ is None:
            class_ = self._class(places["host"], family)
        if class_ is not None:
            places["class"] = class_
        if family is None and not self.source.family and self.source.class_ != "legit":
            family = self._unnamed_family(places["host"], {*places.values()})
        if family is not None and family != class_:
            places["family"] = family
        if (label := self._label(places["host"])) is not None:
            places["domain"] = label
        return Columns(places, self.header)

    def _told(self, role: str) -> int | None:
        told = self.source.columns.get(role)
        if not told:
            return None
        names = [name.strip().lower() for name in self.header]
        if told.strip().lower() in names:
            return names.index(told.strip().lower())
        if told.isdigit() and 0 < int(told) <= len(names):
            return int(told) - 1
        raise DatasetError(
            f"There is no column {told[:40]!r} for {role}; {self._shown()}. Give its name, or its number"
        )

    def _shown(self) -> str:
        """Return the columns in words; the names only of what is a dataset: it may be any file."""
        known = (words.HOST_WORDS, words.CLASS_WORDS, words.FAMILY_WORDS)
        if any(words.rank_of(name, those) is not None for name in self.header for those in known):
            return f"found: {', '.join(self.header)[:200]}"
        many = "a column" if len(self.header) == 1 else f"{len(self.header)} columns"
        return f"found: {many} without a name that means a host"

    # The host

    def _host(self) -> int:
        if (told := self._told("host")) is not None:
            return told
        found = [place for place, hosts in enumerate(self.hosts) if like_names(hosts) >= 0.5]
        if not found:
            raise DatasetError(self._no_host())
        plain = [place for place in found if not _share_of(self.texts[place], "://")]
        found = [place for place in plain or found if len(self.values[place]) > 1] or plain or found
        labels = [split_hosts(self.hosts[place]).label for place in found]
        found = [found[n] for n in range(len(found)) if labels[n].null_count < len(labels[n])] or found
        best = min(found, key=lambda place: (self._rank(place, words.HOST_WORDS), place))
        same = [place for place in found if self._same(place, best)]
        names = [place for place in found if words.rank_of(self.header[place], words.HOST_WORDS) is not None]
        if len(same) == len(found) or names == [best]:
            return best
        readings = [
            (f"names of the column {name}", {"columns": {**self.source.columns, "host": name}})
            for name in (named(self.header, place) for place in found[:3])
        ]
        raise question(self.source, f"{len(found)} columns hold names, and not the same ones", *readings)

    def _no_host(self) -> str:
        for place, name in enumerate(self.header):
            named = words.rank_of(name, words.HOST_WORDS) is not None and len(self.values[place]) > 1
            if named and not _share_of(self.texts[place], "."):
                return (
                    f"The column {name!r} holds labels without a suffix; whole names are needed, such as"
                    " example.com, for a model judges by the suffix, too"
                )
        return (
            f"No column holds names of hosts; {self._shown()}. Is this a list of domains, or a table of them?"
        )

    def _rank(self, place: int, those: tuple[str, ...]) -> int:
        rank = words.rank_of(self.header[place], those)
        return len(those) if rank is None else rank

    def _same(self, place: int, other: int) -> bool:
        import pyarrow.compute as pc

        pairs = (split_hosts(self.hosts[column]).label for column in (place, other))
        return float(pc.mean(pc.fill_null(pc.equal(*pairs), True)).as_py() or 0) >= _SAME

    def _label(self, host: int) -> int | None:
        for place, name in enumerate(self.header):
            if place != host and words.word(name) == "domain" and not _share_of(self.texts[place], "."):
                return place
        return None

    # The class

    def _class(self, host: int, family: int | None) -> int | None:
        others = [place for place in range(len(self.header)) if place != host]
        spoken = [place for place in others if self.values[place] and self.values[place] <= _ALL_VALUES]
        flags = [place for place in others if self._is_flag(place)]
        if self.source.class_ is not None:
            unsure = [place for place in flags if not self.header[place] or self._names_class(place)]
            self._check_declared(host, [*spoken, *unsure])
            return None
        if wanted := {value for values in self.source.classes.values() for value in values}:
            spoken = [place for place in others if self.values[place] & wanted] or spoken
        named_ones = sorted(
            (place for place in others if self._names_class(place)),
            key=lambda place: (place not in spoken, self._rank(place, words.CLASS_WORDS)),
        )
        if named_ones:
            return named_ones[0]
        found = [place for place in spoken if not self.values[place] <= words.POPULAR_LISTS] or spoken
        if len(found) == 1:
            return found[0]
        if found:
            raise question(
                self.source,
                "More than one column may tell the classes",
                *((f"column {name}", self._with_class(host, name)) for name in self._names(found[:3])),
            )
        if family is not None:
            return family
        if flags:
            raise self._which_flag(host, flags[0])
        legit = words.LEGIT_VALUES | words.POPULAR_LISTS
        mixed = [place for place in others if self.values[place] & legit and self._like_families(place)]
        if len(mixed) == 1:
            return mixed[0]
        raise question(
            self.source,
            "Nothing in it tells legit names from those of DGAs",
            ("all are names of DGAs", {"class": "dga"}),
            ("all are legit", {"class": "legit"}),
        )

    def _names_class(self, place: int) -> bool:
        return (
            words.rank_of(self.header[place], words.CLASS_WORDS) is not None
            and 0 < len(self.values[place]) <= _MOST_VALUES
        )

    def _is_flag(self, place: int) -> bool:
        """Say whether a column's values are those of a label; ranks do not repeat."""
        values, rows = self.values[place], len(self.texts[place])
        ranked = words.rank_of(self.header[place], words.RANK_WORDS) is not None
        return bool(values) and values <= _FLAGS and rows > len(values) and not ranked

    def _check_declared(self, host: int, found: Sequence[int]) -> None:
        """Refuse a file that tells two classes though the source has one, unless its columns are told."""
        other = words.LEGIT_VALUES | words.POPULAR_LISTS if self.source.class_ == "dga" else words.DGA_VALUES
        if self.source.columns:
            return
        for place in found:
            if self.values[place] <= _FLAGS or self.values[place] & other:
                name, one = named(self.header, place), named(self.header, host)
                flags = sorted(self.values[place])
                raise question(
                    DatasetSource(self.source.told_as, family=self.source.family),
                    f"The source is said to hold {self.source.class_} names alone, and its column {name}"
                    f" reads like a label ({', '.join(map(repr, flags[:3]))}): a rank would not repeat",
                    ("labelled names", self._with_class(host, name, flags)),
                    (
                        f"all are {self.source.class_}",
                        {"class": self.source.class_, "columns": {"host": one}},
                    ),
                )

    def _which_flag(self, host: int, place: int) -> DatasetError:
        name = named(self.header, place)
        true, false = (
            sorted(self.values[place] & those) for those in (words.TRUE_VALUES, words.FALSE_VALUES)
        )
        columns = self._with_class(host, name)
        return question(
            self.source,
            f"The column {name} reads like a label and no name says which value means DGA",
            *(
                (f"{one[0]} is DGA", columns | {"classes": {"dga": one, "legit": other}})
                for one, other in (((true or ["1"]), (false or ["0"])), ((false or ["0"]), (true or ["1"])))
            ),
        )

    def _with_class(self, host: int, name: str, flags: Sequence[str] = ()) -> dict[str, Any]:
        columns = {**self.source.columns, "host": named(self.header, host), "class": name}
        true = [flag for flag in flags if flag in words.TRUE_VALUES]
        classes = {"dga": true, "legit": [flag for flag in flags if flag not in true]} if true else None
        return {"columns": columns, "classes": classes}

    def _names(self, places: Sequence[int]) -> list[str]:
        return [named(self.header, place) for place in places]

    # The family

    def _family(self, host: int, class_: int | None) -> int | None:
        found = [
            place
            for place in range(len(self.header))
            if place not in {host, class_}
            and words.rank_of(self.header[place], words.FAMILY_WORDS) is not None
        ]
        return min(found, key=lambda place: self._rank(place, words.FAMILY_WORDS), default=None)

    def _unnamed_family(self, host: int, taken: set[int]) -> int | None:
        """Return the one column without a name whose values read like families."""
        if any(self.header):
            return None
        no_families = {*split_hosts(self.hosts[host]).tld.to_pylist(), *words.HOST_WORDS}
        found = [
            place
            for place in range(len(self.header))
            if place not in taken and self._like_families(place) and not self.values[place] <= no_families
        ]
        return found[0] if len(found) == 1 else None

    def _like_families(self, place: int) -> bool:
        values, rows = self.values[place], len(self.texts[place])
        if not values or len(values) > max(_MOST_VALUES, rows // 5) or (rows > 5 and len(values) > rows // 2):
            return False
        return all(_FAMILY.fullmatch(value) for value in values) and like_names(self.hosts[place]) < 0.1


def _share_of(texts: pa.Array, part: str) -> float:
    """Return the share that holds a part, 0 when it is less than a tenth."""
    import pyarrow.compute as pc

    share = float(pc.mean(pc.match_substring(texts, part)).as_py() or 0)
    return share if share >= 1 - _SAME else 0.0
