"""Names whose class everybody knows: a model that has them the wrong way round learned exchanged classes.

Figures cannot tell: they are measured on rows whose classes were exchanged, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.mojo_scoring import score_mojo

WELL_KNOWN = (
    *("google.com", "youtube.com", "facebook.com", "wikipedia.org", "amazon.com", "instagram.com"),
    *("apple.com", "microsoft.com", "linkedin.com", "netflix.com", "reddit.com", "twitter.com", "github.com"),
    *("python.org", "mozilla.org", "apache.org", "debian.org", "ubuntu.com", "stackoverflow.com"),
    *("wordpress.com", "paypal.com", "dropbox.com", "spotify.com", "nytimes.com", "cnn.com", "bbc.co.uk"),
    *("theguardian.com", "lemonde.fr", "spiegel.de", "elpais.com", "repubblica.it", "asahi.com", "nasa.gov"),
    *("weather.gov", "who.int", "europa.eu", "harvard.edu", "cambridge.org", "openstreetmap.org"),
    "archive.org",
)
MOST_FLAGGED = 0.25
"""Share of well-known names that a model may flag."""

_RANDOM = 40
_SHOWN = 3
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_TLDS = ("com", "net", "org", "ru", "info", "biz")


def random_names() -> Iterator[str]:
    """Yield names of 18 to 25 letters and digits that nobody would choose, always the same."""
    for number in range(_RANDOM):
        digest = hashlib.sha256(f"plainly random {number}".encode()).digest()
        label = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[: 18 + digest[-1] % 8])
        yield f"x{label[1:]}.{_TLDS[number % len(_TLDS)]}"


def reasons_of_plain_names(mojo: Path, features: FeatureSet) -> list[str]:
    """Return why a model's answers about such names speak against it; empty when they do not.

    :raises MojoExportError: the file cannot be scored.
    :raises H2OClusterError: there is no Java or no h2o package.
    """
    scores = score_mojo(mojo, features, [*WELL_KNOWN, *random_names()])
    flagged = [score.host for score in scores if score.label == "1"]
    known = [host for host in flagged if host in WELL_KNOWN]
    random = len(flagged) - len(known)
    if len(known) <= MOST_FLAGGED * len(WELL_KNOWN) and random / _RANDOM > len(known) / len(WELL_KNOWN):
        return []
    such = f", such as {', '.join(known[:_SHOWN])}," if known else ""
    told = f"it flags {len(known)} of {len(WELL_KNOWN)} well-known names{such} and {random} of {_RANDOM}"
    return [f"{told} plainly random ones: were the classes of the dataset exchanged?"]
