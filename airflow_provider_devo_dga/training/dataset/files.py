"""The files that an address stands for: itself, those of a folder, or those that a pattern fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from airflow_provider_devo_dga.errors import DatasetError, TrainingError
from airflow_provider_devo_dga.redaction import heard
from airflow_provider_devo_dga.spelling import misplaced
from airflow_provider_devo_dga.training.dataset.opening import Opened, open_dataset
from airflow_provider_devo_dga.training.dataset.source import Dataset, DatasetSource, sources_of

_WORD = "family"
FAMILY = f"{{{_WORD}}}"

_WILD = re.compile(r"[*?]|\{family\}")


def opened_sources(dataset: Dataset, path: Callable[[str], Any]) -> list[Opened[DatasetSource]]:
    """Return every file of a dataset and how to open it.

    :param path: makes a path of an address that is no ``http(s)://`` one.
    :raises DatasetError: for a source that means nothing, or has no file.
    """
    return [
        (file, partial(open_dataset, file.uri if file.is_remote else path(file.uri)))
        for source in sources_of(dataset)
        for file in _found(source, path)
    ]


def _found(source: DatasetSource, path: Callable[[str], Any]) -> list[DatasetSource]:
    try:
        return files_of(source, path)
    except (ImportError, ValueError) as error:  # no package for the store, no store of this name
        raise DatasetError(f"Cannot open {source.name}: {heard(error, 200)}") from None
    except OSError as error:
        raise TrainingError(f"Cannot look for {source.name}: {heard(error, 200)}") from error


def files_of(source: DatasetSource, path: Callable[[str], Any]) -> list[DatasetSource]:
    """Return the files of one source, in order of their addresses; what begins with a dot is left out.

    :raises DatasetError: there is none, or the address holds another placeholder than ``{family}``.
    """
    if wrong := misplaced(source.uri, [_WORD]):
        raise DatasetError(f"The address {source.name} {wrong}")
    if source.is_remote:
        if FAMILY in source.uri:
            raise DatasetError(f"{source.name}: a web server lists no files; name each, with its family")
        return [source]
    wild = _WILD.search(source.uri)
    if wild is None:
        place = path(source.uri)
        if not place.is_dir():
            return [source]
        found = {str(file): source.family for file in _below(place)}
    else:
        root = source.uri[: source.uri.rfind("/", 0, wild.start()) + 1]
        fits = re.compile(_pattern(source.uri[len(root) :]))
        base = path(root or ".")
        matches = {str(file): fits.fullmatch(_relative(file, base)) for file in _below(base)}
        found = {
            uri: match.groupdict().get("family", source.family) for uri, match in matches.items() if match
        }
    if not found:
        raise DatasetError(f"{source.name}: there is no file")
    return [
        replace(source, uri=uri, given=source.uri, family=family) for uri, family in sorted(found.items())
    ]


def _below(folder: Any) -> Iterator[Any]:
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _below(path)
        else:
            yield path


def _relative(file: Any, base: Any) -> str:
    return str(file)[len(str(base)) :].lstrip("/") if str(base) != "." else str(file)


def _pattern(text: str) -> str:
    """Return a regular expression of a pattern: ``**`` crosses folders, ``*`` and ``{family}`` do not."""
    escaped = re.escape(text).replace(re.escape(FAMILY), "(?P<family>[^/]+?)", 1)
    escaped = escaped.replace(re.escape(FAMILY), "[^/]+?")
    return escaped.replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
