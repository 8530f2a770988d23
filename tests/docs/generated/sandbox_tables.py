"""Tables of what the sandbox knows: operations, faults, and what each fault of a query comes to."""

from __future__ import annotations

from tests.docs.generated.markdown import code, table


def operations(room: str) -> str:
    """Return a table of the sandbox's operations: ``FUNCTIONS``, ``AGGREGATES`` or ``COMPILED``."""
    from devo_sandbox.linq.functions import catalog as functions

    known = getattr(functions, room)
    rows = (
        (code(operation.name), code(operation.signature), operation.evidence, operation.note)
        for operation in known.values()
    )
    return table(("operation", "signature", "evidence", "edge cases"), rows)


def faults() -> str:
    """Return a table of the sandbox's faults."""
    from devo_sandbox.faults.fault_kinds import KINDS

    rows = (
        (f"`{kind.name}`", f"`{kind.method or ''} {kind.match}`".replace("` ", "`"), kind.wire, kind.client)
        for kind in KINDS.values()
    )
    return table(("fault", "strikes", "on the wire", "what Devo's client does"), rows)


def outcomes() -> str:
    """Return a table of what each fault of a query comes to: what the tests of the fault matrix expect."""
    from devo_sandbox.faults.fault_kinds import KINDS
    from tests.faults.cases import FAULTS

    rows = (
        (
            f"`{fault.name}`",
            KINDS[fault.name].wire
            + (', with `completeness="count"`' if fault.completeness == "count" else ""),
            f"`{fault.error.__name__}`" if fault.error else "none: the answer is whole",
            _again(fault.may_pass("whole"), fault.after > 0),
        )
        for fault in FAULTS
    )
    return table(("fault", "on the wire", "while it lasts", "asked again"), rows)


def _again(may_pass: bool, begun: bool) -> str:
    if not may_pass:
        return "no"
    return "yes, by `iter_rows` only before the first row" if begun else "yes"
