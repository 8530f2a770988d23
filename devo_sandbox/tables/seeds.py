"""The tables that exist from the start, empty."""

from __future__ import annotations

from collections.abc import Mapping

from devo_sandbox.linq.types import INT4, INT8, IP4, STR, TIMESTAMP, Type

TABLES: Mapping[str, Mapping[str, Type]] = {
    "unknown.unknown": {"eventdate": TIMESTAMP, **dict.fromkeys(("hostname", "tag", "message"), STR)},
    "demo.ecommerce.data": {
        "eventdate": TIMESTAMP,
        "timestamp": STR,
        "clientIpAddress": IP4,
        "userAgent": STR,
        "cookie": STR,
        "uri": STR,
        "referralUri": STR,
        "method": STR,
        "protocol": STR,
        "statusCode": INT4,
        "bytesTransferred": INT4,
        "timeTaken": INT4,
    },
    "siem.logtrust.web.activity": {
        "eventdate": TIMESTAMP,
        **dict.fromkeys(
            ("level", "domain", "userid", "username", "sessionid", "correlationId", "srcHost"), STR
        ),
        "srcPort": INT4,
        "serverHost": STR,
        "serverPort": INT4,
        **dict.fromkeys(
            ("type", "method", "url", "headers", "params", "referer", "userAgent", "locale"), STR
        ),
        "contentLength": INT8,
        "responseLength": INT8,
        "responseTime": INT8,
        **dict.fromkeys(
            ("result", "resourceInfo", "errorInfo", "country", "region", "city", "isp", "org"), STR
        ),
    },
}
