from __future__ import annotations

import pytest

from demo.labels import label_of, registrable_domain


@pytest.mark.parametrize(
    ("host", "domain", "label"),
    [
        ("www.bad.co.uk", "bad.co.uk", "bad"),
        ("a.customer.ddns.net", "customer.ddns.net", "customer"),
        ("name.invalid", "name.invalid", "name"),
        ("ddns.net", None, "ddns"),
    ],
)
def test_private_suffixes_count(host, domain, label):
    assert registrable_domain(host) == domain
    assert label_of(host) == label
