from __future__ import annotations

import pytest

from airflow_provider_devo_dga.reports.evidence.label_form import FORM_WORDS, LabelForm, label_form


@pytest.mark.parametrize(
    ("label", "form"),
    [
        ("0123498712", LabelForm.DIGITS),
        ("8492k17", LabelForm.DIGITS),
        ("3fa85f6457174562", LabelForm.HASH),
        ("0A1B2C3D4E5F60718293A4B5C6D7E8F9", LabelForm.HASH),
        ("q3x9z7", LabelForm.MIXED),
        ("k1jb", LabelForm.MIXED),
        ("xqzvkrtw", LabelForm.RANDOM_LETTERS),
        ("hrpwtnmbq", LabelForm.RANDOM_LETTERS),
        ("deepwaterhouse", LabelForm.WORD_LIKE),
        ("decade", LabelForm.WORD_LIKE),
        ("route66", LabelForm.WORD_LIKE),
        ("xn--bcher-kva", LabelForm.INTERNATIONAL),
        ("bücher", LabelForm.INTERNATIONAL),
        ("", LabelForm.WORD_LIKE),
        ("-", LabelForm.WORD_LIKE),
    ],
)
def test_forms(label: str, form: LabelForm) -> None:
    assert label_form(label) is form


def test_every_form_is_explained() -> None:
    assert set(FORM_WORDS) == set(LabelForm)
