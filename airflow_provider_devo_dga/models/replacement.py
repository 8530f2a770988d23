"""One model taking another one's place under a name, as it is written down beside the models."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_devo_dga.documents import DocumentKind
from airflow_provider_devo_dga.models.provenance import Provenance


@dataclass(frozen=True, slots=True)
class FormerModel:
    """A model that served until another one took its place.

    :param description: as it was registered; says its version when we registered it.
    :param file: URI of its bytes, which Devo no longer has.
    """

    sha256: str
    engine: str
    description: str
    file: str

    @property
    def provenance(self) -> Provenance | None:
        """What its description says of it."""
        return Provenance.of_description(self.description)

    def __str__(self) -> str:
        version = self.provenance.version if self.provenance else "unknown"
        return f"version {version}, sha256 {self.sha256[:12]}"


@dataclass(frozen=True, slots=True)
class Replacement:
    """One model taking another one's place.

    :param sha256: of the file that comes.
    :param version: of the model that comes.
    :param former: what served before; None when nothing did.
    """

    name: str
    sha256: str
    version: str
    former: FormerModel | None


REPLACEMENT = DocumentKind(
    "note of a replaced model",
    Replacement,
    1,
    # the same fields, not counted yet
    {0: lambda found: found},
)
