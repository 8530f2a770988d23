"""Backend: LINQ text. Generated from the feature set, so that serving cannot drift from training."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, assert_never

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features import quoting
from airflow_provider_devo_dga.features.alternative_roots import alternative_roots
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HOST_PATTERN, LABEL_PATTERN, LONGEST_HOST
from airflow_provider_devo_dga.features.suffix_policy import suffix_pattern, unjudged_pattern

LABEL_ALIAS = "sld"
REGISTRABLE_ALIAS = "reg_domain"
SCORE_ALIAS = "malicious"
FAILED_CODES = ("NXDOMAIN", "3")
"""Response codes of a look-up that say: there is no such name. As text and as DNS's number."""
_NAME, _SUFFIX, _BELOW = "dga_name", "dga_suffix", "dga_below"


def _re(pattern: str) -> str:
    return f"re({quoting.string(pattern)})"


_USABLE_LABEL = f"{LABEL_ALIAS} ~ {_re(LABEL_PATTERN)}"


@dataclass(frozen=True, slots=True)
class HostSource:
    """Where a table keeps hosts.

    :param table: dotted table name, e.g. ``demo.ecommerce.data``.
    :param field: column that holds a URI or a host.
    :param client_field: column that names who asked, e.g. ``clientIpAddress``.
    :param kind: ``uri`` when ``field`` holds URIs, ``host`` when it holds bare host names.
    :param code_field: column with each event's response code, text or a whole number; None: there is none.
    :param failed_codes: its values, in any case, that mean that a name got no answer.
    """

    table: str
    field: str
    client_field: str
    kind: Literal["uri", "host"] = "uri"
    code_field: str | None = None
    failed_codes: Sequence[str | int] = FAILED_CODES

    def __post_init__(self) -> None:
        quoting.table(self.table)
        quoting.identifier(self.field)
        quoting.identifier(self.client_field)
        if self.kind not in {"uri", "host"}:
            raise FeatureError(f"kind must be 'uri' or 'host', not {self.kind!r}")
        if self.code_field is not None:
            quoting.identifier(self.code_field)
        if isinstance(self.failed_codes, str) or not self.failed_codes:
            raise FeatureError(
                f"failed_codes must list at least one response code, not {self.failed_codes!r}"
            )
        # JSON has lists, and numbers for codes
        codes = tuple(quoting.response_code(str(code)) for code in self.failed_codes)
        object.__setattr__(self, "failed_codes", codes)

    def to_dict(self) -> dict[str, Any]:
        """Return the source as JSON values, for XCom."""
        return asdict(self)

    def key(self, devo_conn_id: str, devo_domain: str) -> str:
        """Return eight hex digits that differ from source to source: what is kept of one is named by them.

        Response codes are no part: with them or without, names and clients are the same.
        """
        parts = (devo_conn_id, devo_domain, self.table, self.field, self.client_field, self.kind)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]

    @property
    def host(self) -> str:
        """LINQ expression of the host as it was asked for, in any case."""
        return f"urihost({self.field})" if self.kind == "uri" else self.field


def scoring_query(
    feature_set: FeatureSet, source: HostSource, *, devo_domain: str, model: str, with_features: bool = False
) -> str:
    """Return the LINQ that scores every distinct registrable domain of a window once.

    The window's events are grouped first and scored after, so the model runs once a domain.

    :param feature_set: what the model was trained on.
    :param source: where the table keeps hosts.
    :param devo_domain: domain that owns the model, e.g. ``self``.
    :param model: name of the registered model, whose columns are the feature set's, in order.
    :param with_features: also return each feature as column ``f_<name>``.
    :return: one row a domain: ``reg_domain``, ``sld``, ``events_n``, ``first_seen``, ``last_seen``,
        ``client_ips`` (array of text), [``failed_n``,] [features,] ``malicious``.
    """
    owner = quoting.string(quoting.domain_name(devo_domain))
    name = quoting.string(quoting.model_name(model))
    arguments = [linq(feature.number) for feature in feature_set.features]
    columns = []
    if with_features:
        columns = [f"{text} as f_{name}" for text, name in zip(arguments, feature_set.names, strict=True)]
        arguments = [f"f_{name}" for name in feature_set.names]
    columns.append(",\n    ".join([f"mlevalmodel({owner}, {name}", *arguments]) + f") as {SCORE_ALIAS}")
    return "\n".join(
        (
            f"from {source.table}",
            f"where isnotnull({source.field}), not isempty({source.field})",
            # letters outside ASCII must go before `lower` can turn some of them (the Kelvin sign) into ASCII
            f"where {source.host} ~ {_re(HOST_PATTERN)}",
            f"select {without_root(f'lower({source.host})')} as {_NAME}",
            f"where length({_NAME}) <= {LONGEST_HOST}, isnotnull(topleveldomain({_NAME}))",
            f"where not {_NAME} ~ {_re(unjudged_pattern())}",
            *judged_domain(),
            # null where there is no label to judge, and `where` drops null
            f"where {_USABLE_LABEL}",
            f"group by {REGISTRABLE_ALIAS}, {LABEL_ALIAS}",
            *_of_group(source, *_failed(source)),
            "select " + ",\n  ".join(columns),
        )
    )


def judged_domain() -> tuple[str, ...]:
    """Return the steps from a name in lower case to the domain that is judged and its label.

    They ask no ``rootsuffix``: what it knows of private suffixes differs with the list that a tenant has.
    """
    return (
        f"select peek({_NAME}, {_re(suffix_pattern())}) as {_SUFFIX}",
        f"select substring({_NAME}, 0, length({_NAME}) - length({_SUFFIX})) as {_BELOW}",
        f"select peek({_BELOW}, {_re('[^.]+$')}) as {LABEL_ALIAS}",
        f"select substring({_NAME}, length({_BELOW}) - length({LABEL_ALIAS})) as {REGISTRABLE_ALIAS}",
    )


def hosts_query(source: HostSource, hosts: Iterable[str], below: Iterable[str]) -> str:
    """Return the LINQ that names the hosts of a window that are among some.

    :param hosts: names in lower case, which stand for themselves.
    :param below: such that stand for all below them, too.
    :return: one row a host: ``reg_domain``, the host itself, ``events_n``, ``first_seen``, ``last_seen``,
        ``client_ips``.
    """
    conditions = [f"{REGISTRABLE_ALIAS} = {quoting.string(host)}" for host in (*hosts, *below)]
    conditions += [f"endswith({REGISTRABLE_ALIAS}, {quoting.string(f'.{name}')})" for name in below]
    return _by_name(source, ".*", " or ".join(conditions))


def alternative_query(source: HostSource) -> str:
    """Return the LINQ that tells a window's names on alternative roots, rows as of :func:`hosts_query`.

    :return: one row a name: the root's label and the one before it.
    """
    return _by_name(source, "[^.]+[.][^.]+[.]?$", _on_alternative_root(REGISTRABLE_ALIAS))


def _on_alternative_root(name: str) -> str:
    return f"{name} ~ {_re(f'[^.][.]({chr(124).join(alternative_roots())})[.]?$')}"


def _by_name(source: HostSource, part: str, condition: str) -> str:
    return "\n".join(
        (
            f"from {source.table}",
            f"where isnotnull({source.field}), not isempty({source.field})",
            f"where {source.host} ~ {_re(HOST_PATTERN)}",
            f"select {without_root(f'peek(lower({source.host}), {_re(part)})')} as {REGISTRABLE_ALIAS}",
            f"where {condition}",
            f"group by {REGISTRABLE_ALIAS}",
            *_of_group(source),
        )
    )


def _of_group(source: HostSource, *more: str) -> tuple[str, ...]:
    return (
        "select count() as events_n, min(eventdate) as first_seen, max(eventdate) as last_seen,",
        ",\n  ".join((f"  collectdistinct(str({source.client_field})) as client_ips", *more)),
    )


def _failed(source: HostSource) -> tuple[str, ...]:
    if source.code_field is None:
        return ()
    codes = "|".join(str(code).lower() for code in source.failed_codes)
    # `peek` is null for any other code, and `count` passes over null
    return (f"count(peek(lower(str({source.code_field})), {_re(f'^({codes})$')})) as failed_n",)


def without_root(host: str) -> str:
    """Return the LINQ expression of a host without the dot that stands for DNS's root."""
    return f"peek({host}, {_re('^.*[^.]')})"


def enough_events_query(source: HostSource, at_least: int) -> str:
    """Return the LINQ that gives one row when a window has at least so many events, else none."""
    return f"from {source.table}\ngroup\nselect count() as events_n\nwhere events_n >= {int(at_least)}"


NO_HOST = "no host"
ADDRESS = "address"
UNUSUAL = "unusual characters"
UNKNOWN_SUFFIX = "unknown suffix"
ALTERNATIVE_ROOT = "alternative root"
USABLE = "usable"
_IP4_PATTERN = "^[0-9]{1,3}([.][0-9]{1,3}){3}[.]?$"
_IP6_PATTERN = r"^\[?[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]?$"


def fate_query(source: HostSource) -> str:
    """Return the LINQ that counts a window's events by what becomes of them in the scoring query.

    :return: at most six rows: ``fate`` (:data:`USABLE`, or why an event is not scored), ``events_n``.
    """
    unknown = (
        f'nvl({LABEL_ALIAS}, "") = "" or not asked ~ {_re(HOST_PATTERN)} or isnull(topleveldomain({_NAME}))'
        f" or {_NAME} ~ {_re(unjudged_pattern())}"
    )
    fates = (
        ('asked = ""', NO_HOST),
        (f"asked ~ {_re(_IP4_PATTERN)} or asked ~ {_re(_IP6_PATTERN)}", ADDRESS),
        (f"not asked ~ {_re('^[!-~]+$')}", UNUSUAL),
        (_on_alternative_root(_NAME), ALTERNATIVE_ROOT),
        (unknown, UNKNOWN_SUFFIX),
        (f"length({_NAME}) > {LONGEST_HOST} or not {_USABLE_LABEL}", UNUSUAL),
    )
    fate = quoting.string(USABLE)
    for condition, name in reversed(fates):
        fate = f"ifthenelse({condition}, {quoting.string(name)},\n  {fate})"
    return "\n".join(
        (
            f"from {source.table}",
            f'select nvl({source.host}, "") as asked',
            f"select {without_root('lower(asked)')} as {_NAME}",
            *judged_domain(),
            f"select {fate} as fate",
            "group by fate",
            "select count() as events_n",
        )
    )


def linq(node: e.Number) -> str:
    """Return the LINQ expression of a node, of type float8."""
    match node:
        case e.Length(of):
            return f"float(length({text(of)}))"
        case e.Entropy(of):
            return f"shannonentropy({text(of)})"
        case e.EntropyRatio(of):
            value = text(of)
            # log2(1) is 0, so a single character must not reach the division
            return (
                f"ifthenelse(length({value}) > 1, "
                f"shannonentropy({value}) / log2(float(length({value}))), 1.0)"
            )
        case e.CountChars(of, chars):
            return f"float(countbyfilter({text(of)}, {quoting.string(chars)}))"
        case e.CountShapes(of):
            # a piece becomes one character, never none: whether Devo has an empty text is not documented
            shortened = f"subsall({text(of)}, {_re(node.pattern)}, template({quoting.string(e.PIECE)}))"
            return f"(float(length({text(of)}) - length({shortened})) / {float(node.width - 1)})"
        case e.LongestRun(of, chars, most):
            runs = (_matches(of, f"{e.one_of(chars)}{{{length}}}") for length in range(1, most + 1))
            return f"({' + '.join(runs)})"
        case e.StartsIn(of, chars):
            return _matches(of, f"^{e.one_of(chars)}")
        case e.EndsIn(of, chars):
            return _matches(of, f"{e.one_of(chars)}$")
        case e.StartsWith(of, prefix):
            return f"ifthenelse(startswith({text(of)}, {quoting.string(prefix)}), 1.0, 0.0)"
        case e.IsOneOf(of, values):
            condition = " or ".join(f"{text(of)} = {quoting.string(value)}" for value in values)
            return f"ifthenelse({condition}, 1.0, 0.0)"
        case e.HasLength(of, length):
            return f"ifthenelse(length({text(of)}) = {length}, 1.0, 0.0)"
        case e.Division(numerator, denominator):
            return f"({linq(numerator)} / {linq(denominator)})"
        case e.WeightedSum(terms):
            return f"({' + '.join(f'{linq(term)} * {quoting.number(weight)}' for weight, term in terms)})"
        case _:
            assert_never(node)


def text(node: e.Text) -> str:
    """Return the LINQ expression of a text node over the grouped columns."""
    match node:
        case e.Label():
            return LABEL_ALIAS
        case e.Tld():
            return f"topleveldomain({REGISTRABLE_ALIAS})"
        case _:
            assert_never(node)


def _matches(node: e.Text, pattern: str) -> str:
    return f"ifthenelse(matches({text(node)}, {_re(pattern)}), 1.0, 0.0)"
