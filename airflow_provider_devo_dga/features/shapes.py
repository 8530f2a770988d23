"""Shapes of many character sequences: as few and as short as the sequences allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from airflow_provider_devo_dga.features.expression import Shape


def shapes_of(grams: Iterable[str]) -> tuple[Shape, ...]:
    """Return shapes that have exactly these grams.

    Grams that differ in their last place alone become one shape, then those that differ in the place before
    it, and so on: ``ta te oa oe`` is ``[ot][ae]``.

    :param grams: all of one width.
    :return: sorted, so that the same grams give the same shapes in any order.
    """
    shapes = {tuple(gram) for gram in grams}
    for place in reversed(range(len(next(iter(shapes), ())))):
        merged: defaultdict[tuple[Shape, Shape], set[str]] = defaultdict(set)
        for shape in shapes:
            merged[shape[:place], shape[place + 1 :]].update(shape[place])
        shapes = {(*before, "".join(sorted(chars)), *behind) for (before, behind), chars in merged.items()}
    return tuple(sorted(shapes))
