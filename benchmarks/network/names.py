"""The names that a simulated network asks for, each judged once by a model that was trained without some.

Legit names and those of families that training knows are names that training has not seen.
"""

from __future__ import annotations

import gzip
import json
import random
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features.dga import feature_set_named
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HostParts, split_host
from airflow_provider_devo_dga.models.mojo_scoring import score_parts
from benchmarks.labelled import SUSPECT, Labelled, part_of, read, write_prepared

WORDS = ("matsnu", "suppobox", "gozi")
"""Families whose names are words; training does not know them."""

NEVER_SEEN = ("fobber", "dircrypt", "qakbot", "proslikefan", "ranbyus", "tempedreve", "padcrypt", "murofet")
"""Families that training does not know, whose names are no words."""

NOT_JUDGED = frozenset({"charbot", "unnamed_javascript_dga", "bazarbackdoor"})
"""Single-letter changes of popular names, too few names, names below no public suffix."""

LANGUAGES = frozenset({"pl", "ru", "hu", "cz", "jp", "tr", "de", "fr", "it", "cn"})
LEAST = 40
_CDN_HOSTS = 3000
_SEED = 1


@dataclass(frozen=True, slots=True)
class Name:
    """A registrable domain as a report sees it."""

    reg_domain: str
    label: str
    flagged: bool


Names = Sequence[Name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """Names by who asks for them.

    :param rate: share of legit names that the model flags, as its training would tell it.
    :param foreign: legit names in other languages than most.
    :param cdn: what hosts of content networks become.
    :param odd: legit names that the model flags.
    :param known: by family, names of families that training knows.
    :param never_seen: the same of families that it does not know.
    :param words: the same of those whose names are words.
    """

    rate: float
    legit: Names
    foreign: Names
    cdn: Names
    odd: Names
    suspect: Names
    known: Mapping[str, Names]
    never_seen: Mapping[str, Names]
    words: Mapping[str, Names]

    def half(self, number: int) -> Pools:
        """Return one half of the names and of the families, 0 or 1: tune on one, tell of the other."""

        def families(found: Mapping[str, Names]) -> Mapping[str, Names]:
            return {family: found[family] for family in sorted(found)[number::2]}

        names = {
            name: getattr(self, name)[number::2] for name in ("legit", "foreign", "cdn", "odd", "suspect")
        }
        # of three, the one whose names are flagged most is for tuning
        words = {family: self.words[family] for family in (WORDS[1:] if number else WORDS[:1])}
        known, never_seen = families(self.known), families(self.never_seen)
        return Pools(rate=self.rate, known=known, never_seen=never_seen, words=words, **names)


def load(data: Path, cache: Path) -> Pools:
    """Return the names of a folder of labelled domains, see ``benchmarks/labelled.py``.

    :param cache: folder that keeps the model and the scores; both are made when they are missing.
    """
    rows = read(data).rows
    model = _Model(cache)
    if not model.there:
        model.train(rows)
    legit: list[str] = []
    families: dict[str, list[str]] = {}
    for row in rows:
        if not row.malicious and row.part == "test":
            legit.append(row.parts.registrable)
        elif row.malicious and row.family not in NOT_JUDGED:
            unknown = row.family in {*WORDS, *NEVER_SEEN}
            if unknown or row.part != "train":
                families.setdefault(row.family, []).append(row.parts.registrable)
    with gzip.open(data / SUSPECT, "rt", encoding="utf-8") as file:
        suspect = file.read().split()[1:]
    scored = model.scored(
        [*legit, *suspect, *_cdn_hosts(), *(h for hosts in families.values() for h in hosts)]
    )

    def pool(hosts: Iterable[str]) -> Names:
        return list(dict.fromkeys(scored[host] for host in hosts if host in scored))

    plain = pool(legit)
    foreign = {name for name in plain if name.reg_domain.rpartition(".")[2] in LANGUAGES}
    named = {family: names for family, hosts in families.items() if len(names := pool(hosts)) >= LEAST}
    return Pools(
        rate=sum(name.flagged for name in plain) / len(plain),
        legit=[name for name in plain if name not in foreign],
        foreign=[name for name in plain if name in foreign],
        cdn=pool(_cdn_hosts()),
        odd=[name for name in plain if name.flagged],
        suspect=pool(suspect),
        known={family: names for family, names in named.items() if family not in {*WORDS, *NEVER_SEEN}},
        never_seen={family: names for family, names in named.items() if family in NEVER_SEEN},
        words={family: names for family, names in named.items() if family in WORDS},
    )


def _cdn_hosts() -> list[str]:
    """Return hosts of the form that content networks and clouds give to their customers."""
    maker = random.Random(_SEED)  # noqa: S311
    alphabet = string.ascii_lowercase + string.digits
    forms = ("d{}.cloudfront.net", "{}.azurefd.net", "{}.azureedge.net", "{}.herokuapp.com", "r{}.b-cdn.net")
    return [
        forms[number % len(forms)].format("".join(maker.choices(alphabet, k=13)))
        for number in range(_CDN_HOSTS)
    ]


class _Model:
    """A model in a folder, and the scores that it gave."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mojo = folder / "dga_classifier.zip"
        self.facts = folder / "model.json"
        self.scores = folder / "scores.json"

    @property
    def there(self) -> bool:
        """Tell whether there is a model, and of today's features."""
        if not (self.mojo.is_file() and self.facts.is_file()):
            return False
        try:
            FeatureSet.from_dict(json.loads(self.facts.read_text())["features"])
        except FeatureError:
            return False
        return True

    def train(self, rows: Sequence[Labelled]) -> None:
        from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
        from airflow_provider_devo_dga.training.settings import EvaluationPlan, TrainingSettings
        from airflow_provider_devo_dga.training.train import train

        self.folder.mkdir(parents=True, exist_ok=True)
        prepared = self.folder / "prepared.csv"
        write_prepared(rows, prepared, {*WORDS, *NEVER_SEEN})
        settings = TrainingSettings(
            feature_set=feature_set_named("dga"),
            part_of=part_of,
            seed=_SEED,
            plan=EvaluationPlan(tutorial=False),
        )
        with LocalCluster(max_mem="2g") as cluster, cluster.connection():
            model = train(prepared, settings, output_dir=self.folder)
        facts = {"threshold": model.mojo.default_threshold, "features": model.feature_set.to_dict()}
        self.facts.write_text(json.dumps(facts))
        self.scores.unlink(missing_ok=True)

    def scored(self, hosts: Iterable[str]) -> dict[str, Name]:
        """Return what becomes of each host that has a label to judge; each name is scored once, ever."""
        facts = json.loads(self.facts.read_text())
        known = json.loads(self.scores.read_text()) if self.scores.is_file() else {}
        parted = {host: parts for host in hosts if (parts := split_host(host)) is not None}
        missing = list({p.registrable: p for p in parted.values() if p.registrable not in known}.values())
        if missing:
            features = FeatureSet.from_dict(facts["features"])
            found = score_parts(self.mojo, features, missing)
            known |= {parts.registrable: score.p1 for parts, score in zip(missing, found, strict=True)}
            self.scores.write_text(json.dumps(known))
        return {
            host: _name(parts, known[parts.registrable] >= facts["threshold"])
            for host, parts in parted.items()
        }


def _name(parts: HostParts, flagged: bool) -> Name:
    return Name(parts.registrable, parts.label, flagged)
