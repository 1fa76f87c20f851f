"""The architecture: who may import whom. A new import that breaks it breaks this test."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "tuimon"

MAY_IMPORT: dict[str, set[str]] = {
    "__init__": {"agent"},
    "keras": {"agent"},
    "errors": set(),
    "clock": set(),
    "events": set(),
    "garbage": set(),
    "inherited": set(),
    "series": set(),
    "clean": set(),
    "wire": {"events"},
    "journal": {"wire", "events", "ownership"},
    "source": {"events"},
    "ownership": set(),
    "state": {"events", "series"},
    "rules": {"state", "series", "events"},
    "readers": {"events", "errors"},
    "agent": {"clock", "wire", "events", "ownership"},
    "joining": {
        *("clean", "digest", "errors", "events", "journal", "ownership", "runs", "settings", "supervisor"),
        "vouching",
    },
    "supervisor": {
        *("checkpoints", "clock", "errors", "events", "garbage", "inherited", "joining", "journal", "leftovers"),
        *("ownership", "readers", "runs", "vouching", "wire"),
    },
    "runs": {"errors", "ownership"},
    "prune": {"errors", "runs"},
    "leftovers": {"events", "ownership", "runs", "wire"},
    "control": {"errors", "events", "ownership", "runs", "wire"},
    "checkpoints": {"errors", "events", "journal", "ownership", "runs", "series", "state", "wire"},
    "vouching": {"checkpoints", "runs"},
    "follow": {"checkpoints", "errors", "events", "journal", "runs", "state"},
    "remote": {"clean", "control", "errors", "events", "ownership", "runs", "wire"},
    "player": {"events", "state"},
    "recordings": {
        *("checkpoints", "errors", "events", "follow", "journal", "player", "readers", "runs", "source", "state"),
    },
    "report": {"clean", "rules", "series", "state"},
    "export": {"clean", "errors", "events", "report"},
    "telling": {"events", "rules", "state"},
    "passthrough": {"clean", "ownership", "runs"},
    "notify": {"rules", "state"},
    "headless": {"errors", "garbage", "passthrough", "report", "rules", "source", "state", "telling"},
    "settings": {"errors", "ownership", "rules"},
    "tui": {
        *("clean", "control", "errors", "events", "follow", "garbage", "ownership", "rules", "runs", "series"),
        *("source", "state", "vouching"),
    },
}
"""Part → parts of tuimon that it may import, beside itself and the package's version. Others are checked below."""

THIRD_PARTY: dict[str, set[str]] = {
    "__init__": set(),
    "keras": set(),
    "clock": set(),
    "errors": set(),
    "events": set(),
    "garbage": set(),
    "inherited": set(),
    "ownership": set(),
    "series": set(),
    "wire": set(),
    "clean": set(),
    "source": set(),
    "state": set(),
    "rules": set(),
    "agent": set(),
    "journal": {"orjson", "zstandard"},
    "supervisor": {"psutil", "pynvml"},
    "tui": {"textual", "rich", "textual_serve", "aiohttp"},
}

FRAMEWORKS = {"tensorflow", "keras", "tf_keras", "numpy", "jax", "torch", "google"}
"""The agent may touch them in functions, once the program itself has imported them; never when it is loaded."""


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if "demo" not in path.relative_to(ROOT).parts[:1])


def part_of(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imports(path: Path, top_level: bool = False) -> Iterator[str]:
    """Dotted names that the file imports; with `top_level`, those that loading it imports."""
    tree = ast.parse(path.read_text())
    for node in _statements(tree) if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = ["tuimon", *path.relative_to(ROOT).parts[:-1]]
                base = ".".join(package[: len(package) - node.level + 1] + ([base] if base else []))
            if base == "tuimon":
                yield from (f"tuimon.{alias.name}" for alias in node.names)
            else:
                yield base


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node outside functions and `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _statements(node)


def own(names: Iterator[str]) -> set[str]:
    """The parts of tuimon among these dotted names."""
    return {name.split(".")[1] for name in names if name.startswith("tuimon.")} - {"__version__"}


def foreign(names: Iterator[str]) -> set[str]:
    roots = {name.split(".")[0] for name in names}
    return roots - set(sys.stdlib_module_names) - {"tuimon", "__future__", ""}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_part_imports_what_it_may(path: Path) -> None:
    part = part_of(path)
    used = own(imports(path)) - {part}
    if part in MAY_IMPORT:
        assert used <= MAY_IMPORT[part]
    assert part in ("cli", "verbs", "__main__") or not used & {"cli", "verbs"}
    if part not in ("cli", "verbs", "tui"):
        assert "tui" not in used
    if part == "tui":
        assert not used & {"supervisor", "agent"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_part_needs_no_more_of_others_than_it_may(path: Path) -> None:
    part = part_of(path)
    used = foreign(imports(path))
    if part == "agent":
        used -= FRAMEWORKS
        assert not foreign(imports(path, top_level=True))
    if part in THIRD_PARTY:
        assert used <= THIRD_PARTY[part]
    if part not in ("tui", "verbs"):
        assert "textual" not in used


@pytest.mark.parametrize(
    "path",
    [
        *ROOT.glob("agent/**/*.py"),
        *(ROOT / f"{name}.py" for name in ("__init__", "clock", "events", "keras", "ownership", "wire")),
    ],
)
def test_what_training_loads_is_python_3_9(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 9))


def test_the_package_loads_nothing() -> None:
    assert list(imports(ROOT / "__init__.py", top_level=True)) == []
