"""Backend: LINQ text. Generated from the feature set, so that serving cannot drift from training."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, assert_never

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features import quoting
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import LABEL_PATTERN

LABEL_ALIAS = "sld"
REGISTRABLE_ALIAS = "reg_domain"
SCORE_ALIAS = "malicious"
_USABLE_LABEL = f"{LABEL_ALIAS} ~ re({quoting.string(LABEL_PATTERN)})"


@dataclass(frozen=True, slots=True)
class HostSource:
    """Where a table keeps hosts.

    :param table: dotted table name, e.g. ``demo.ecommerce.data``.
    :param field: column that holds a URI or a host.
    :param client_field: column that names who asked, e.g. ``clientIpAddress``.
    :param kind: ``uri`` when ``field`` holds URIs, ``host`` when it holds bare host names.
    """

    table: str
    field: str
    client_field: str
    kind: Literal["uri", "host"] = "uri"

    def __post_init__(self) -> None:
        quoting.table(self.table)
        quoting.identifier(self.field)
        quoting.identifier(self.client_field)
        if self.kind not in {"uri", "host"}:
            raise FeatureError(f"kind must be 'uri' or 'host', not {self.kind!r}")

    def to_dict(self) -> dict[str, str]:
        """Return the source as JSON values, for XCom."""
        return asdict(self)

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
        ``client_ips`` (array of text), [features,] ``malicious``.
    """
    host = f"lower({source.host})"
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
            f"where {source.host} ~ re({quoting.string('^[!-~]+$')})",
            f"select rootsuffix({host}) as {REGISTRABLE_ALIAS}, rootdomain({host}) as {LABEL_ALIAS}",
            # both are null where there is no registrable domain, and `where` drops null
            f"where isnotnull({REGISTRABLE_ALIAS}), isnotnull({LABEL_ALIAS}), {_USABLE_LABEL}",
            f"group by {REGISTRABLE_ALIAS}, {LABEL_ALIAS}",
            "select count() as events_n, min(eventdate) as first_seen, max(eventdate) as last_seen,",
            f"  collectdistinct(str({source.client_field})) as client_ips",
            "select " + ",\n  ".join(columns),
        )
    )


def enough_events_query(source: HostSource, at_least: int) -> str:
    """Return the LINQ that gives one row when a window has at least so many events, else none."""
    return f"from {source.table}\ngroup\nselect count() as events_n\nwhere events_n >= {int(at_least)}"


NO_HOST = "no host"
ADDRESS = "address"
UNUSUAL = "unusual characters"
UNKNOWN_SUFFIX = "unknown suffix"
USABLE = "usable"
_IP4_PATTERN = "^[0-9]{1,3}([.][0-9]{1,3}){3}[.]?$"
_IP6_PATTERN = r"^\[?[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]?$"


def fate_query(source: HostSource) -> str:
    """Return the LINQ that counts a window's events by what becomes of them in the scoring query.

    :return: at most five rows: ``fate`` (:data:`USABLE`, or why an event is not scored), ``events_n``.
    """
    host = "lower(asked)"
    label = f'ifthenelse(isnotnull(rootsuffix({host})), nvl(rootdomain({host}), ""), "")'
    fates = (
        ('asked = ""', NO_HOST),
        (
            f"asked ~ re({quoting.string(_IP4_PATTERN)}) or asked ~ re({quoting.string(_IP6_PATTERN)})",
            ADDRESS,
        ),
        (f"not asked ~ re({quoting.string('^[!-~]+$')})", UNUSUAL),
        (f'{LABEL_ALIAS} = ""', UNKNOWN_SUFFIX),
        (f"not {_USABLE_LABEL}", UNUSUAL),
    )
    fate = quoting.string(USABLE)
    for condition, name in reversed(fates):
        fate = f"ifthenelse({condition}, {quoting.string(name)},\n  {fate})"
    return "\n".join(
        (
            f"from {source.table}",
            f'select nvl({source.host}, "") as asked',
            # a host below no public suffix has no registrable domain: null
            f"select {label} as {LABEL_ALIAS}",
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
            pattern, piece = quoting.string(node.pattern), quoting.string(e.PIECE)
            shortened = f"subsall({text(of)}, re({pattern}), template({piece}))"
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
    return f"ifthenelse(matches({text(node)}, re({quoting.string(pattern)})), 1.0, 0.0)"
