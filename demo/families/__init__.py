"""Domain generation algorithms of known malware, to make demo data that is true to form and ours."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from demo.families import arithmetic, dictionary, hashes, linear_congruential, text
from demo.families.family import Family

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAMILIES", "Family"]

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            Family("corebot", linear_congruential.corebot),
            Family("cryptolocker", arithmetic.cryptolocker),
            Family("dircrypt", linear_congruential.dircrypt),
            Family("fobber", linear_congruential.fobber),
            Family("gozi_like", dictionary.gozi_like, dictionary=True),
            Family("matsnu_like", dictionary.matsnu_like, dictionary=True),
            Family("monerodownloader", hashes.monerodownloader),
            Family("murofet", hashes.murofet),
            Family("necurs", arithmetic.necurs),
            Family("newgoz", hashes.newgoz),
            Family("padcrypt", hashes.padcrypt),
            Family("proslikefan", text.proslikefan),
            Family("pykspa", arithmetic.pykspa),
            Family("ramdo", arithmetic.ramdo),
            Family("simda", arithmetic.simda),
            Family("suppobox", dictionary.suppobox, dictionary=True),
            Family("tinba", text.tinba),
            Family("vawtrak", linear_congruential.vawtrak),
        )
    }
)
