"""Networks whose truth is known: clean ones of several kinds, and infected ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from airflow_provider_devo_dga.features.alternative_roots import alternative_roots
from benchmarks.network.names import Names, Pools
from benchmarks.network.traffic import Hour, Network

CLIENTS = 200
HOURS = 20
A_DAY = 24
SICK = 6
"""Infected clients among :data:`CLIENTS`."""

TODAY = 300
"""Names that a family makes in a day, which all its clients share."""

Hours = Iterator[Hour]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A kind of network.

    :param hours: of the network; one after the other, or when ``apart``, each the first that is ever seen.
    :param answers: whether the table has a response code.
    :param least: share of infected clients that has to be found, None for a clean network.
    :param precise: share of the clients that stand out which has to be infected.
    :param told: what an analyst would call it.
    """

    told: str
    hours: Callable[[Pools, random.Random], Hours]
    apart: bool = False
    answers: bool = False
    least: float | None = None
    precise: float | None = None


def _office(pools: Pools, chance: random.Random, clients: int = CLIENTS) -> Network:
    return Network([pools.legit], clients, chance)


def _clean(pools: Pools, chance: random.Random) -> Hours:
    network = _office(pools, chance)
    for _ in range(HOURS):
        yield network.hour()


def _languages(pools: Pools, chance: random.Random) -> Hours:
    network = Network([pools.legit, pools.foreign], CLIENTS, chance)
    for _ in range(HOURS):
        yield network.hour()


def _cdn_heavy(pools: Pools, chance: random.Random) -> Hours:
    network = _office(pools, chance)
    for _ in range(HOURS):
        hour = network.hour()
        for client in network.addresses:
            network.ask(hour, client, chance.sample(list(pools.cdn), min(25, len(pools.cdn))), 0.0)
        yield hour


def _odd(pools: Pools, chance: random.Random) -> Hours:
    """Six times as many flagged names as in training, each client other ones."""
    network = _office(pools, chance)
    strange = [*pools.odd, *(name for name in pools.suspect if name.flagged)]
    for _ in range(HOURS):
        hour = network.hour()
        for client in network.addresses:
            network.ask(
                hour,
                client,
                chance.sample(strange, min(len(strange), sum(chance.random() < 0.06 for _ in range(60)))),
            )
        yield hour


def _roles(pools: Pools, chance: random.Random) -> Hours:
    """A scanner, a mail server, a resolver that asks for everybody, clients with one odd site each."""
    network = _office(pools, chance)
    everything = [*pools.legit, *pools.foreign]
    strange = list(pools.odd)
    sites = [chance.sample(strange, 5) for _ in range(5)]
    for _ in range(HOURS):
        hour = network.hour()
        network.ask(hour, "10.9.0.1", chance.sample(everything, min(3000, len(everything))))
        network.ask(hour, "10.9.0.2", chance.sample(list(pools.suspect), min(800, len(pools.suspect))))
        network.ask(hour, "10.9.0.2", chance.sample(everything, 400))
        network.ask(hour, "10.9.0.3", {look_up.name for look_up in hour.look_ups})
        for client in network.clients[:10]:
            network.ask(hour, client.address, sites[int(client.address[-1]) % 5], 0.0)
        yield hour


def _one_site(pools: Pools, chance: random.Random) -> Hours:
    """A fifth of the clients visits one site whose twelve hosts have odd names."""
    network = _office(pools, chance)
    site = chance.sample(list(pools.odd), 12)
    for _ in range(HOURS):
        hour = network.hour()
        for client in chance.sample(network.addresses, CLIENTS // 5):
            network.ask(hour, client, site, 0.0)
        yield hour


def _infected(
    families: Callable[[Pools], Mapping[str, Names]], fewest: int, most: int, sick: int = SICK
) -> Callable[[Pools, random.Random], Hours]:
    """Each hour is another network, with a few infected clients of families drawn by chance."""

    def hours(pools: Pools, chance: random.Random) -> Hours:
        for _ in range(HOURS):
            network = _office(pools, chance)
            hour = network.hour()
            _infect(network, hour, families(pools), sick, fewest, most)
            yield hour

    return hours


def _slow(pools: Pools, chance: random.Random) -> Hours:
    network = _office(pools, chance)
    sick = chance.sample(network.addresses, SICK)
    names = {client: _today(pools.known, chance) for client in sick}
    for _ in range(A_DAY):
        hour = network.hour()
        for client in sick:
            network.infect(hour, client, names[client], chance.randint(4, 8))
        yield hour


def _rising(pools: Pools, chance: random.Random) -> Hours:
    """Two more infected clients in a hundred each hour, up to two fifths of all."""
    network = _office(pools, chance)
    order = chance.sample(network.addresses, CLIENTS)
    names = _today(pools.known, chance)
    for number in range(HOURS):
        hour = network.hour()
        for client in order[: (number + 1) * CLIENTS * 2 // 100]:
            network.infect(hour, client, names, chance.randint(20, 60))
        yield hour


def _roots(pools: Pools, chance: random.Random) -> Hours:
    """Infected clients ask for three to twenty names on alternative roots, curious ones for one or two."""
    roots = alternative_roots()
    labels = [name.label for family in sorted(pools.known) for name in pools.known[family]]
    for _ in range(HOURS):
        network = _office(pools, chance)
        hour = network.hour()
        sick = chance.sample(network.addresses, 2 * SICK)
        for number, client in enumerate(sick):
            count = chance.randint(3, 20) if number < SICK else chance.randint(1, 2)
            names = (f"{label}.{chance.choice(roots)}" for label in chance.sample(labels, count))
            hour.roots += [(client, name) for name in names]
        hour.infected = frozenset(sick[:SICK])
        yield hour


def _mixed(pools: Pools, chance: random.Random) -> Hours:
    """Five thousand clients of all kinds, forty of them infected."""
    network = Network([pools.legit, pools.legit, [*pools.legit, *pools.foreign], pools.foreign], 5000, chance)
    everything = [*pools.legit, *pools.foreign]
    for _ in range(2):
        hour = network.hour()
        for client in network.addresses[::5]:
            network.ask(hour, client, chance.sample(list(pools.cdn), min(20, len(pools.cdn))), 0.0)
        network.ask(hour, "10.9.0.1", everything)
        _infect(network, hour, {**pools.known, **pools.never_seen}, 40, 20, 60)
        yield hour


def _infect(
    network: Network, hour: Hour, families: Mapping[str, Names], sick: int, fewest: int, most: int
) -> None:
    today = {family: _some(names, network.chance) for family, names in families.items()}
    for client in network.chance.sample(network.addresses, sick):
        names = today[network.chance.choice(sorted(today))]
        network.infect(hour, client, names, network.chance.randint(fewest, most))


def _today(families: Mapping[str, Names], chance: random.Random) -> Names:
    return _some(families[chance.choice(sorted(families))], chance)


def _some(names: Names, chance: random.Random) -> Names:
    return chance.sample(list(names), min(TODAY, len(names)))


_KNOWN = _infected(lambda pools: pools.known, 20, 60)
_NEVER_SEEN = _infected(lambda pools: pools.never_seen, 20, 60)
_WORDS = _infected(lambda pools: pools.words, 20, 60)
_OUTBREAK = _infected(lambda pools: pools.known, 20, 60, sick=CLIENTS * 2 // 5)
_ONE_FAMILY = _infected(lambda pools: dict([sorted(pools.known.items())[0]]), 20, 60, sick=CLIENTS * 2 // 5)

SCENARIOS = {
    "office": Scenario(told="clean: office", hours=_clean),
    "office, answers": Scenario(told="clean: office, with a response code", hours=_clean, answers=True),
    "cdn": Scenario(told="clean: 25 names of content networks a client", hours=_cdn_heavy),
    "languages": Scenario(told="clean: half of the clients in other languages", hours=_languages),
    "roles": Scenario(
        told="clean: scanner, mail server, resolver, ten clients with odd sites", hours=_roles, answers=True
    ),
    "site": Scenario(told="clean: a fifth visits a site of twelve odd names", hours=_one_site),
    "odd": Scenario(told="clean: several times as many odd names as in training", hours=_odd),
    "known": Scenario(
        told="20 to 60 look-ups, known families", hours=_KNOWN, apart=True, least=0.97, precise=0.99
    ),
    "unseen": Scenario(
        told="20 to 60 look-ups, families never seen", hours=_NEVER_SEEN, apart=True, least=0.9
    ),
    "unseen, answers": Scenario(
        told="the same, with a response code", hours=_NEVER_SEEN, apart=True, answers=True, least=0.9
    ),
    "words": Scenario(
        told="20 to 60 look-ups, word lists, with a response code",
        hours=_WORDS,
        apart=True,
        answers=True,
        least=0.8,
    ),
    "slow": Scenario(told="4 to 8 look-ups an hour for a day, known families", hours=_slow, least=0.8),
    "slow, answers": Scenario(told="the same, with a response code", hours=_slow, answers=True, least=0.8),
    "outbreak": Scenario(
        told="two fifths of the clients in one hour, several families",
        hours=_OUTBREAK,
        apart=True,
        least=0.95,
    ),
    "one family": Scenario(told="the same, one family", hours=_ONE_FAMILY, apart=True, least=0.95),
    "rising": Scenario(told="one family, rises to two fifths in a day", hours=_rising, least=0.95),
    "roots": Scenario(
        told="3 to 20 names on alternative roots", hours=_roots, apart=True, least=1.0, precise=0.99
    ),
    "mixed": Scenario(
        told="5,000 clients of all kinds, 40 of them infected",
        hours=_mixed,
        apart=True,
        least=0.9,
        precise=0.99,
    ),
}
