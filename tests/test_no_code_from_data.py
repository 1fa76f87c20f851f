"""Nothing that is read, from a disk or a line, is ever run: no pickle or its like, no `eval`, no import by its name."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import Tuimon

ROOT = Path(__file__).parent.parent / "tuimon"

MODULES = {
    # what they load is made by calling what the data names
    *("pickle", "_pickle", "cPickle", "pickletools", "marshal", "shelve", "dbm", "copyreg", "xmlrpc"),
    *("dill", "cloudpickle", "joblib", "jsonpickle", "yaml", "ruamel", "multiprocessing"),
    # they run or import what they are told
    *("runpy", "code", "codeop", "imp", "zipimport", "importlib", "pkgutil", "pydoc", "_frozen_importlib"),
    "_frozen_importlib_external",
}

NAMES = {
    *("eval", "exec", "compile", "__import__", "import_module", "reload", "find_class", "Unpickler", "allow_pickle"),
    *("exec_module", "load_module", "module_from_spec", "spec_from_file_location", "spec_from_loader", "find_spec"),
    *("run_path", "run_module", "load_source", "locate", "resolve_name", "entry_points"),
    *("read_pickle", "load_model", "load_weights", "unsafe_load", "full_load", "load_all", "cdll", "CDLL", "PyDLL"),
}

LOADERS = {"json", "tomllib", "tomli"}
"""Whose `load` gives plain data; anybody else's (`numpy.load`, `torch.load`) may run what it reads."""

ALLOWED: dict[str, set[str]] = {
    # imports of our own constants: the verbs, and the agent's modules for those of Keras and TensorFlow
    "cli.py": {"importlib", "import_module"},
    "agent/imports.py": {"importlib", "import_module", "__import__", "exec_module"},
    "agent/joining.py": {"__import__"},
    # tuimon's own package and the user's `sitecustomize`, found by their constant names
    "agent/inject/sitecustomize.py": {
        *("_frozen_importlib", "_frozen_importlib_external", "find_spec", "module_from_spec", "exec_module"),
    },
    # our own text, for the process that is joined
    "joining/inject.py": {"compile", "exec"},
    "joining/loader.py": {
        *("_frozen_importlib", "_frozen_importlib_external", "find_spec", "module_from_spec", "exec_module"),
    },
    "doctor.py": {"__import__"},  # of a constant list, in the interpreter that is asked about
    # the C library, which is loaded already
    "joining/memory.py": {"CDLL"},
    "supervisor/child.py": {"CDLL"},
    "supervisor/output.py": {"CDLL"},
    # snippets for the user to read
    "rules/dataset_in_memory.py": {"load"},
    "rules/nothing_trainable.py": {"compile"},
    # whether a module is there, without loading it
    "verbs/demo.py": {"importlib", "find_spec"},
    "verbs/serve.py": {"importlib", "find_spec"},
    "verbs/command.py": {
        "compile",
        "importlib",
        "find_spec",
    },  # and the syntax of the user's script, without running it
}


def risks(tree: ast.AST) -> Iterator[str]:
    """What the code names that could run data; also within texts that are code themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (root for alias in node.names if (root := alias.name.split(".")[0]) in MODULES)
        elif isinstance(node, ast.ImportFrom):
            yield from {(node.module or "").split(".")[0], *(alias.name for alias in node.names)} & (MODULES | NAMES)
        elif isinstance(node, ast.Name) and node.id in NAMES:
            yield node.id
        elif isinstance(node, ast.Attribute):
            of = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in NAMES and (of, node.attr) != ("re", "compile"):
                yield node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "load":
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id in LOADERS):
                yield "load"
        elif isinstance(node, ast.keyword) and node.arg in NAMES:
            yield node.arg
        if (text := _text(node)) and "\n" in text:
            try:
                inner = ast.parse(text)
            except (SyntaxError, ValueError):
                continue
            yield from risks(inner)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(each) or "0" for each in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_no_module_runs_what_it_reads() -> None:
    found = {
        str(path.relative_to(ROOT)): set(risks(ast.parse(path.read_text())))
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] != "demo"
    }
    assert {path: names for path, names in found.items() if names} == ALLOWED


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from marshal import loads",
        "import importlib.util",
        "def f(text): return eval(text)",
        "run = exec",
        "numpy.load(path)",
        "open(numpy.load(path))",
        "np.load(path, allow_pickle=False)",
        "torch.load(path)",
        "yaml.safe_load; import yaml",
        "compile(text, name, 'exec')",
        "builtins.compile(text, name, 'exec')",
        "__import__(name)",
        "TEXT = '''\nimport pickle\n'''",
        "TEXT = f'''\nx = {name}\nexec(x)\n'''",
        "from multiprocessing.connection import Client",
        "ctypes.CDLL(name)",
    ],
)
def test_a_new_one_would_be_found(code: str) -> None:
    assert list(risks(ast.parse(code)))


@pytest.mark.parametrize("code", ["re.compile(text)", "json.load(file)", "'eval'", "'''See\npickle and exec.'''"])
def test_what_is_harmless_is_not(code: str) -> None:
    assert not list(risks(ast.parse(code)))


SHADOWS = (
    "json",
    "os",
    "warnings",
    "subprocess",
    "tuimon",
    "tensorflow",
    "keras",
    "orjson",
    "psutil",
    "hashlib",
    "hmac",
)


@pytest.mark.parametrize("what", ["doctor", "watch", "runs", "run"])
def test_modules_where_the_user_is_are_not_imported(tuimon: Tuimon, what: str) -> None:
    """In a directory that was sent, or that others may write in, such as /tmp."""
    odd = tuimon.path / "odd"
    odd.mkdir()
    for name in SHADOWS:
        (odd / f"{name}.py").write_text(f"open({str(tuimon.path / 'imported')!r}, 'a').write('{name} ')\n")
    script = tuimon.script("import tuimon\ntuimon.watch()\n")
    verbs = {"doctor": ["doctor"], "runs": ["runs"], "run": ["run", "--headless", str(script)]}
    as_installed = (
        f"import sys; sys.path[0] = {str(ROOT.parent)!r}; from tuimon.cli import main; main({verbs.get(what)})"
    )
    environment = {**tuimon.environment, "PYTHONPATH": str(ROOT.parent)}

    done = subprocess.run(
        [sys.executable, script] if what == "watch" else [sys.executable, "-c", as_installed],
        cwd=odd, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert not (tuimon.path / "imported").exists()
    assert "does not watch" not in done.stderr
