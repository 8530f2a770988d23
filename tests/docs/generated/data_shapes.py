"""The table of files that people have, and what each takes: what the tests of the dataset expect."""

from __future__ import annotations

from tests.docs.generated.markdown import table


def shapes() -> str:
    """Return a table of the shapes of files that are tested."""
    from tests.training.dataset.shapes import SHAPES

    rows = (
        (name, "refused" if shape.refused else str(shape.lines), _said(shape.refused, shape.dataset))
        for name, shape in SHAPES.items()
    )
    return table(("file", "lines to write", "which, or what the error says"), rows)


def _said(refused: str, dataset: object) -> str:
    if refused:
        return f"… `{refused}` …"
    if not isinstance(dataset, dict):
        return ""
    return " ".join(
        f"`{key}: {str(value).replace('@/', '')}`"
        for key, value in dataset.items()
        if key != "uri" or "{" in value
    )
