"""``make mutants`` changes the code in small ways, one at a time, and tells which changes no test notices.

Cosmic Ray, in a venv of its own, makes the mutants; a seed draws as many of each room. They stand in a copy
of the tree. The fast tests judge them: those that mirror the file, then those of the folders above, at last
those of them that draw examples, with the examples of ``make test-deep``. What lives then is a missing test,
the affair of a slow test, or a change that changes nothing: read it and judge.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, zip_longest
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

PACKAGES = {"airflow_provider_devo_dga": Path("tests"), "devo_sandbox": Path("tests/devo_sandbox")}
PATIENCE_S = 600
PASSED, NONE_CHOSEN = 0, 5
"""What pytest ends with."""


@dataclass(frozen=True)
class Place:
    """Where one operator of Cosmic Ray can change a file."""

    file: Path
    line: int
    operator: str
    occurrence: int


@cache
def places(file: Path) -> list[Place]:
    """Return every place of a file, for every operator."""
    return list(_places(file))


def _places(file: Path) -> Iterator[Place]:
    tree = get_ast(file.read_text(encoding="utf-8"))
    for name in operator_names():
        kind = get_operator(name)
        if name.endswith("no-op") or kind.arguments():
            continue
        found = (start for node in ast_nodes(tree) for start, _ in kind().mutation_positions(node))
        for occurrence, (line, _) in enumerate(found):
            yield Place(file, line, name, occurrence)


@cache
def meaning(source: str) -> str:
    """Return what a module does, without what only a reader or a type checker sees.

    Nothing reads most annotations, and every caller names what has to be named.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign():
                node.annotation = ast.Constant(None)
            case ast.arg():
                node.annotation = None
            case ast.arguments():
                node.args = [*node.posonlyargs, *node.args, *node.kwonlyargs]
                node.posonlyargs = node.kwonlyargs = []
                node.defaults, node.kw_defaults = [*node.defaults, *filter(None, node.kw_defaults)], []
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                node.returns = None
            case ast.If() if "TYPE_CHECKING" in ast.dump(node.test):
                node.test = ast.Constant(None)
    return ast.dump(tree)


def mutant(place: Place) -> str | None:
    """Return the changed source, None where it is no Python or means the same."""
    source = place.file.read_text(encoding="utf-8")
    changed: str | None = mutate_code(source, get_operator(place.operator)(), place.occurrence)
    try:
        return changed if changed and meaning(changed) != meaning(source) else None
    except SyntaxError:
        return None


def drawn(chance: random.Random) -> Iterator[Place]:
    """Yield places, one of each room in turn, and of each line once."""
    rooms: dict[Path, list[Path]] = {}
    for file in chain.from_iterable(sorted(Path(package).rglob("*.py")) for package in PACKAGES):
        rooms.setdefault(file.parent, []).append(file)
    for turn in zip_longest(*(_of_room(files, chance) for files in rooms.values())):
        yield from (place for place in turn if place)


def _of_room(files: list[Path], chance: random.Random) -> Iterator[Place]:
    lines = [(file, line) for file in files for line in range(1, len(file.read_bytes().splitlines()) + 1)]
    for file, line in chance.sample(lines, len(lines)):
        if candidates := [place for place in places(file) if place.line == line and mutant(place)]:
            yield chance.choice(candidates)


def judges(file: Path) -> Iterator[list[str]]:
    """Yield the tests of a file, the nearest first: named after it, of its folder, of the folders above."""
    root = PACKAGES[file.parts[0]]
    seen: set[str] = set()
    for depth in range(len(file.parts) - 1, 0, -1):
        folder = root.joinpath(*file.parts[1:depth])
        inside = "test_*.py" if folder == Path("tests") else "**/test_*.py"
        for pattern in (f"test_{file.stem}*.py", inside):
            found = {str(path) for path in folder.glob(pattern)} - seen
            seen |= found
            if found:
                yield sorted(found)


def killer(tests: list[str], *options: str) -> str | None:
    """Return the first test that fails, None when all pass."""
    command = ["pytest", "-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", *options, *tests]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return f"more than {PATIENCE_S} s"
    if run.returncode in {PASSED, NONE_CHOSEN}:
        return None
    red = [line for line in run.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return red[0] if red else (run.stdout + run.stderr)[-500:]


def judged(place: Place) -> str:
    """Return by whom the mutant is killed, in words; it stands in the file meanwhile."""
    source, changed = place.file.read_text(encoding="utf-8"), mutant(place)
    assert changed
    place.file.write_text(changed, encoding="utf-8")
    try:
        tests = list(judges(place.file))
        for some in tests:
            if by := killer(some):
                return f"killed: {by}"
        by_chance = [test for test in chain.from_iterable(tests) if _draws(test)]
        if by_chance and (by := killer(by_chance, "--hypothesis-profile=deep")):
            return f"killed by more examples: {by}"
    finally:
        place.file.write_text(source, encoding="utf-8")
    return "LIVES"


def _draws(test: str) -> bool:
    text = Path(test).read_text(encoding="utf-8")
    return "hypothesis" in text or "examples(" in text


def shown(place: Place) -> str:
    """Return the change itself, without the lines around it."""
    before = place.file.read_text(encoding="utf-8").splitlines()
    lines = difflib.unified_diff(before, (mutant(place) or "").splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def main() -> None:
    """Copy the tree, draw, and tell of each mutant as soon as it is judged."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 - no secret
    options.add_argument("--mutants", type=int, default=60)
    asked = options.parse_args()
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as copy:
        for name in filter(None, tracked.split("\0")):
            target = Path(copy, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, target)
        os.chdir(copy)
        os.environ["PYTHONPATH"] = copy
        sys.stdout.write(f"--seed {asked.seed}\n")
        verdicts = []
        for place in islice(drawn(random.Random(asked.seed)), asked.mutants):  # noqa: S311
            verdicts.append(judged(place))
            sys.stdout.write(f"\n{place.file}:{place.line}\n{shown(place)}\n{verdicts[-1]}\n")
            sys.stdout.flush()
        sys.stdout.write(f"\n{verdicts.count('LIVES')} of {len(verdicts)} live\n")
        os.chdir("/")


if __name__ == "__main__":
    main()
