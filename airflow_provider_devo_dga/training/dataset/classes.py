"""What the values of a class column mean: legit, DGA, a family, or nothing that is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.training.dataset import words
from airflow_provider_devo_dga.training.dataset.columns import Columns, question
from airflow_provider_devo_dga.training.dataset.source import DatasetSource

LEGIT, DGA = 0, 1


class Meaning(NamedTuple):
    """The class of each value, None where it is not known.

    :param families: the values that are families themselves.
    """

    classes: Mapping[str, int | None]
    families: Collection[str] = ()

    @property
    def told(self) -> dict[str, list[str]]:
        """Return the values by class, for people."""
        found = {"dga": DGA, "legit": LEGIT}
        return {
            name: [value for value, one in self.classes.items() if one == class_]
            for name, class_ in found.items()
        }


def meaning_of(values: Collection[str], columns: Columns, source: DatasetSource) -> Meaning:
    """Return what the values of the class column mean; they are in lower case.

    :raises DatasetError: nobody can know; says what to write for each reading.
    """
    if source.classes:
        return Meaning(_as_told(values, source))
    known: dict[str, int | None] = {value: _word(value) for value in values}
    classes = set(known.values()) - {None}
    if not classes and set(values) <= words.TRUE_VALUES | words.FALSE_VALUES:
        return Meaning(_flags(values, columns, source))
    unknown = sorted(value for value, class_ in known.items() if class_ is None and value)
    if not unknown or DGA in classes:
        return Meaning(known)
    if LEGIT in classes:
        return Meaning({value: known[value] if value not in unknown else DGA for value in values}, unknown)
    raise _no_class(unknown, columns, source)


def neither(problem: DatasetError, meaning: Meaning, source: DatasetSource) -> DatasetError:
    """Return the error for a source with too many values that mean neither class; says what to write."""

    def all_but(class_: str, other: str) -> dict[str, object]:
        return {"classes": {class_: told}} if (told := meaning.told[class_]) else {"class": other}

    return question(
        source,
        f"{problem}. Rows that are neither do not belong in the file",
        ("all others are DGAs", all_but("legit", "dga")),
        ("all others are legit", all_but("dga", "legit")),
    )


def _as_told(values: Collection[str], source: DatasetSource) -> dict[str, int | None]:
    told = dict.fromkeys(source.classes.get("dga", ()), DGA)
    told |= dict.fromkeys(source.classes.get("legit", ()), LEGIT)
    rest = None if len(source.classes) > 1 else LEGIT if "dga" in source.classes else DGA
    return {value: told.get(value, rest if value else None) for value in values}


def _flags(values: Collection[str], columns: Columns, source: DatasetSource) -> dict[str, int | None]:
    header = columns.header[columns.places["class"]]
    if not header:
        raise _which(sorted(values), columns, source)
    legit = words.word(header) in {"legit", "is_legit", "benign", "is_benign"}
    return {value: LEGIT if (value in words.TRUE_VALUES) == legit else DGA for value in values}


def _word(value: str) -> int | None:
    if value in words.DGA_VALUES:
        return DGA
    return LEGIT if value in words.LEGIT_VALUES | words.POPULAR_LISTS else None


def _no_class(unknown: list[str], columns: Columns, source: DatasetSource) -> DatasetError:
    families = words.rank_of(columns.header[columns.places["class"]], words.FAMILY_WORDS) is not None
    if len(unknown) == 2 and not families:
        return _which(unknown, columns, source)
    return question(
        source,
        f"The column {columns.name('class')} holds {', '.join(map(repr, unknown[:3]))}"
        f"{' …' if len(unknown) > 3 else ''}, and nothing that means legit",
        ("all are families of DGAs", {"class": "dga", "columns": _but_family(columns)}),
        ("some are legit", {"classes": {"legit": ["…"]}}),
    )


def _but_family(columns: Columns) -> dict[str, str]:
    return {"host": columns.name("host"), "family": columns.name("class")}


def _which(values: list[str], columns: Columns, source: DatasetSource) -> DatasetError:
    one, other = values[0], values[-1]
    return question(
        source,
        f"The column {columns.name('class')} holds {one!r} and {other!r}, and nothing says which means DGA",
        (f"{one} is DGA", {"columns": columns.told, "classes": {"dga": [one], "legit": [other]}}),
        (f"{other} is DGA", {"columns": columns.told, "classes": {"dga": [other], "legit": [one]}}),
    )
