"""What the generated LINQ takes for granted about Devo, as questions that a tenant can be asked.

Devo's documentation does not settle these; each is one expression over literals with the answer that
training computes. A different answer means that features in Devo are not those the model was trained on.
"""

from __future__ import annotations

import math
import string
from dataclasses import dataclass
from itertools import product

from airflow_provider_devo_dga.features import quoting


@dataclass(frozen=True, slots=True)
class Assumption:
    """One question.

    :param name: what is asked about.
    :param expression: LINQ over literals.
    :param answer: what is expected.
    """

    name: str
    expression: str
    answer: str | float

    def query(self, table: str) -> str:
        """Return the LINQ that asks it; one row, over any window of any readable table."""
        return f"from {quoting.table(table)}\ngroup\nselect count() as n\nselect {self.expression} as answer"

    def holds(self, answer: object) -> bool:
        """Tell whether Devo's answer is the expected one, numbers to 1e-9."""
        if isinstance(self.answer, str):
            return answer == self.answer
        return isinstance(answer, int | float) and math.isclose(answer, self.answer, abs_tol=1e-9)


ASSUMPTIONS = (
    Assumption("host of a URI", 'urihost("https://www.example.co.uk:8443/a?b")', "www.example.co.uk"),
    Assumption("topleveldomain is the last label", 'topleveldomain("example.co.uk")', "uk"),
    Assumption("an unknown top-level domain is null", 'nvl(topleveldomain("name.bazar"), "none")', "none"),
    Assumption("peek takes the match furthest left", 'peek("a.b.uk", re("[.][a-z.]+$"))', ".b.uk"),
    Assumption("substring counts from 0", 'substring("abcdef", 1, 2)', "bc"),
    Assumption("substring goes to the end", 'substring("abcdef", 2)', "cdef"),
    Assumption("length counts characters", 'float(length("example"))', 7.0),
    Assumption("shannonentropy is in bits", 'shannonentropy("google")', 1.9182958340544896),
    Assumption("countbyfilter counts characters", 'float(countbyfilter("google", "aeiou"))', 3.0),
    Assumption("log2 is the binary logarithm", "log2(float(8))", 3.0),
    Assumption("division of floats is not truncated", "float(1) / float(4)", 0.25),
    Assumption("matches searches", 'ifthenelse(matches("a1b", re("[0-9]")), 1.0, 0.0)', 1.0),
    Assumption("startswith", 'ifthenelse(startswith("xn--a", "xn--"), 1.0, 0.0)', 1.0),
    Assumption("subsall replaces every match", 'subsall("abcab", re("ab"), template(""))', "c"),
)


SUFFIX_LIST = (
    Assumption("rootsuffix knows private suffixes", 'rootsuffix("a.b.github.io")', "b.github.io"),
    Assumption("rootsuffix knows ICANN's suffixes of 2026", 'rootsuffix("a.b.co.io")', "b.co.io"),
)
"""What a tenant's public suffix list may know. No query of ours depends on it."""


def _of_length(kilobytes: int) -> str:
    """Return an expression of about this length, made of what the features' LINQ is made of; it gives 0."""
    pairs = ["".join(pair) for pair in product(string.ascii_lowercase, repeat=2)]
    counts: list[str] = []
    while sum(map(len, counts)) < 1000 * kilobytes:
        shapes = "|".join(f"{pair}[aeiou]" for pair in (pairs * 2)[len(counts) :][:100])
        counts.append(f'length(subsall("-", re("{shapes}"), template("-")))')
    return f"float({' + '.join(counts)}) * 0.0"


LONG_QUERIES = {
    "dga": Assumption("a query as long as that of the set dga is taken", _of_length(75), 0.0),
    "dga_small": Assumption("a query as long as that of the set dga_small is taken", _of_length(25), 0.0),
}
"""By the feature set whose models cannot be served where the answer is another."""
