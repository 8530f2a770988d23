"""Families against the first names that public re-implementations of them give."""

from __future__ import annotations

from datetime import date
from itertools import islice

import pytest

from demo.families import FAMILIES, arithmetic, linear_congruential, text
from demo.families.dictionary import suppobox_names
from demo.text_files import read_lines

DAY = date(2026, 11, 24)
SEED = 0xDEADBEEF


@pytest.mark.parametrize(
    ("family", "hosts"),
    [
        ("newgoz", ["6r3lro1k6wn1n1m3r4qh407k1.com", "hk3svi2caj4jwlfzko1pte4da.net"]),
        ("murofet", ["xwtgjfhbicmqhixdwnzzhay.ru", "pseiukyjfnvtxpvcuwcyueicu.com"]),
        ("corebot", ["cjivih1tibc83.ddns.net", "gvmbohovihe0i6u4cr1.ddns.net"]),
        ("padcrypt", ["caacfbandeddlabb.info", "eacdfddedmlbcfce.com"]),
        ("proslikefan", ["nunvutxqxv.eu", "fwuuqtlv.biz"]),
        ("necurs", ["vmrolrrskdxvrjle.sc", "tsedntujodub.to"]),
        ("pykspa", ["yuacco.info", "djaaawfox.org"]),
        ("monerodownloader", ["31b4bd31fg1x2.org"]),
    ],
)
def test_dated_family(family, hosts):
    assert list(islice(FAMILIES[family].generate(DAY), len(hosts))) == hosts


@pytest.mark.parametrize(
    ("generated", "names"),
    [
        (arithmetic.simda_names(arithmetic.SIMDA_BASE, arithmetic.SIMDA_KEY), ["gatyfus", "lyvyxor"]),
        (arithmetic.ramdo_names(0xD5FFF), ["kusumyekqaaskcqw", "skkikukwuauawigs"]),
        (linear_congruential.dircrypt_names(SEED), ["anmblvrrivxwl", "mielkpuxsty"]),
        (linear_congruential.vawtrak_names(SEED), ["detglevgza", "arcxcps"]),
        (
            linear_congruential.fobber_hosts(*linear_congruential.FOBBER_V1),
            ["vhkintjtksyxgjrzz.net", "btpnxlsfdqbhzazyx.net"],
        ),
        (text.tinba_names(), ["gllcsbqrbfch", "hkgjjokkwodt", "jjnehudfmclq", "hieffvbcjitc"]),
    ],
    ids=["simda", "ramdo", "dircrypt", "vawtrak", "fobber", "tinba"],
)
def test_seeded_family(generated, names):
    assert list(islice(generated, len(names))) == names


def test_cryptolocker_is_the_published_example():
    assert arithmetic.cryptolocker_name(2014, 1, 7) == "intgmxdeadnxuyla"
    assert next(arithmetic.cryptolocker(date(2014, 1, 7))) == "intgmxdeadnxuyla.com"


def test_suppobox_goes_through_every_pair_of_words_once():
    names = list(islice(suppobox_names(0), 2**15 + 1))
    verbs, nouns = read_lines("verbs.txt"), read_lines("nouns.txt")
    assert (len(verbs), len(nouns)) == (128, 256)
    assert set(names) == {verb + noun for verb in verbs for noun in nouns}
    assert names[-1] == names[0]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=list(FAMILIES))
def test_a_date_has_the_same_hosts_again_and_another_date_others(family):
    first, again, other = (list(islice(family.generate(day), 200)) for day in (DAY, DAY, date(2026, 7, 1)))
    assert first == again
    assert len(set(first)) >= 190
    assert first != other


def test_families_are_named_as_they_are_keyed():
    assert [family.name for family in FAMILIES.values()] == list(FAMILIES)
    assert len(FAMILIES) >= 14
    assert sum(family.dictionary for family in FAMILIES.values()) == 3
