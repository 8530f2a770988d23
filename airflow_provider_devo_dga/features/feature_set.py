"""An ordered set of named features: the model's columns and the LINQ arguments, in that order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import written
from airflow_provider_devo_dga.features.expression import Number
from airflow_provider_devo_dga.features.suffix_policy import policy_fingerprint

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

Class = Literal["legit", "dga"]
_DIRECTIONS: dict[Class, int] = {"legit": -1, "dga": 1}


@dataclass(frozen=True, slots=True)
class Feature:
    """One named number computed from a host.

    :param name: model column; lower-case letters, digits and ``_``, at most 40.
    :param number: what is computed.
    :param speaks_for: the class for which more of it can only speak, whatever the other features are: trees
        are grown so. None where nobody knows, or where it depends.
    """

    name: str
    number: Number
    speaks_for: Class | None = None

    def __post_init__(self) -> None:
        if self.speaks_for not in {None, *get_args(Class)}:
            raise FeatureError(f"Feature {self.name!r} speaks for legit or dga, not {self.speaks_for!r}")
        if not _NAME.fullmatch(self.name):
            raise FeatureError(
                f"Feature name {self.name!r} is not usable as a model column: "
                "use up to 40 lower-case letters, digits and '_', starting with a letter"
            )


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Features in order, under a name that is kept with every model trained on them.

    :param name: short name, e.g. ``dga``.
    :param features: at least one, names unique.
    """

    name: str
    features: tuple[Feature, ...]

    def __post_init__(self) -> None:
        if not self.features:
            raise FeatureError(f"Feature set {self.name!r} is empty")
        if twice := sorted({name for name in self.names if self.names.count(name) > 1}):
            raise FeatureError(f"Feature set {self.name!r} names these features twice: {', '.join(twice)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Feature names in order."""
        return tuple(feature.name for feature in self.features)

    @property
    def directions(self) -> dict[str, int]:
        """Which way a model's score may go with more of a feature, by name: 1 up to DGA, -1 down."""
        return directions((each.name, each.speaks_for) for each in self.features)

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change with a feature, its meaning, the order, and which label is judged.

        Not with what a feature speaks for: that decides how trees are grown, not what they are asked.
        """
        texts = (f"{feature.name}={feature.number!r}" for feature in self.features)
        text = ";".join((policy_fingerprint(), *texts))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def subset(self, name: str, features: Iterable[str]) -> FeatureSet:
        """Return a set of some of the features, under a name of its own.

        :param features: their names, in the order that the model's columns are to have.
        :raises FeatureError: for a name that is none of this set's.
        """
        known = {feature.name: feature for feature in self.features}
        wanted = tuple(features)
        if unknown := [feature for feature in wanted if feature not in known]:
            raise FeatureError(
                f"Feature set {self.name!r} has no {', '.join(unknown)}; it has {', '.join(known)}"
            )
        return FeatureSet(name, tuple(known[feature] for feature in wanted))

    def to_dict(self) -> dict[str, Any]:
        """Return the whole specification as JSON values; what was learned is part of it."""
        features = [
            {"name": each.name, "number": written.written(each.number)}
            | ({"speaks_for": each.speaks_for} if each.speaks_for else {})
            for each in self.features
        ]
        return {"name": self.name, "fingerprint": self.fingerprint, "features": features}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> FeatureSet:
        """Return the set that :meth:`to_dict` wrote.

        :raises FeatureError: for anything else, and when the fingerprint is another: features were changed,
            or other labels of a host were judged in training than would be now.
        """
        try:
            name, fingerprint, features = value["name"], value["fingerprint"], value["features"]
            found = cls(str(name), tuple(map(_read, features)))
        except (KeyError, TypeError, AttributeError):
            raise FeatureError("A stored feature set has a name, a fingerprint and features") from None
        if found.fingerprint != fingerprint:
            raise FeatureError(
                f"The stored feature set {found.name[:40]!r} was changed, or is older than the rule which"
                f" label of a host is judged: the fingerprint is {found.fingerprint}, it claims"
                f" {str(fingerprint)[:40]!r}. Train the model again"
            )
        return found


def directions(features: Iterable[tuple[str, Class | None]]) -> dict[str, int]:
    """Return which way a score may go with more of a feature, for those that speak for a class."""
    return {name: _DIRECTIONS[speaks_for] for name, speaks_for in features if speaks_for}


def _read(stored: Mapping[str, Any]) -> Feature:
    speaks_for = stored.get("speaks_for")
    return Feature(str(stored["name"]), written.read(stored["number"]), cast("Class | None", speaks_for))
