"""What the user has set, and where: flags, environment, the project's file, the user's file, defaults.

A key is written the same everywhere: ``fail-on`` in a file, ``--fail-on`` as a flag, ``TUIMON_FAIL_ON`` in the
environment. A rule's threshold is ``[rules.stalled] after = 60``, ``--set stalled.after=60``,
``TUIMON_RULE_STALLED_AFTER=60``. What comes first wins, key by key: flag, environment, project, user, default.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tuimon import ownership, rules
from tuimon.errors import UsageError
from tuimon.rules.chosen import chosen, defaults, rule_id

DEFAULT = "default"

MOST_LINKS = 40
"""That lead to a file of settings; the kernel follows no more."""


class Key(NamedTuple):
    """A setting that is no threshold: `kind` is what it is made of, `meaning` what `tuimon config` says of it."""

    name: str
    kind: type
    default: Any
    meaning: str
    choices: tuple[str, ...] = ()


KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("ignore", list, [], "rules that are not judged"),
        Key("select", list, [], "the only rules that are judged; all when empty"),
        Key("fail-on", str, None, "status 3 instead of 0 when there is such a finding", ("warning", "error")),
        Key("on-finding", str, None, "a command that gets each new finding as JSON on its standard input"),
        Key("bell", bool, False, "ring the terminal's bell on a new error or warning"),
        Key("title", bool, False, "show the run in the terminal's title"),
        Key("interval", float, 1.0, "seconds between samples of the machine"),
        Key("log-dir", str, None, "where runs are kept"),
    )
}
"""In the order in which they are shown."""

LISTS_OF_RULES = ("ignore", "select")


class Value(NamedTuple):
    value: Any
    origin: str  # a file, an environment variable, a flag, or `DEFAULT`


class Settings:
    """What is in force. Keys are those of `KEYS`, and ``rules.RULE.THRESHOLD``.

    `strangers` are sentences about files that do not count because they are another user's.
    """

    def __init__(self, values: Mapping[str, Value], strangers: Sequence[str] = ()) -> None:
        self.values = dict(values)
        self.strangers = list(strangers)

    def __getitem__(self, key: str) -> Any:
        return self.values[key].value if key in self.values else _default(key)

    def origin(self, key: str) -> str:
        return self.values[key].origin if key in self.values else DEFAULT

    def facts(self) -> dict[str, Any]:
        """What a run carries in its journal, so that everybody who reads it judges it alike."""
        facts = {key: self[key] for key in LISTS_OF_RULES if self[key]}
        thresholds: dict[str, dict[str, Any]] = {}
        for key, value in self.values.items():
            if key.startswith("rules."):
                _, rule, name = key.split(".")
                thresholds.setdefault(rule, {})[name] = value.value
        return {**facts, "rules": thresholds} if thresholds else facts

    def rules(self) -> list[rules.Rule]:
        return chosen(self.facts(), rules.RULES)


def load(
    beside: Path | None = None, flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings for a script, or a directory: where the search for the project's file begins.

    `flags` are keys as in `KEYS` and thresholds as ``rules.RULE.THRESHOLD``; None is "not given". Raises UsageError on
    what is unknown or of the wrong kind.
    """
    environment = os.environ if environ is None else environ
    beside = beside or _here()
    values: dict[str, Value] = {}
    for source in (_user(environment), _project(beside), _environment(environment), _flags(flags or {})):
        values.update(source)
    return Settings(values, strangers(beside, environment))


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it has been removed
        return Path("/")


# --- where settings come from


def _user(environ: Mapping[str, str]) -> dict[str, Value]:
    path = user_file(environ)
    text = _text(path, None)
    return {} if text is None else dict(_read(_table(path, text, ()), str(path)))


def user_file(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config")
    return Path(base) / "tuimon" / "config.toml"


def _project(beside: Path) -> dict[str, Value]:
    found = _project_table(beside)
    return {} if found is None else dict(_read(found[1], str(found[0])))


def project_file(beside: Path) -> Path | None:
    """`tuimon.toml`, or `pyproject.toml` with a table for tuimon: beside the script, or above it up to the project's
    root, the first directory with a `pyproject.toml` or `.git`. Files of strangers count as not there."""
    found = _project_table(beside)
    return None if found is None else found[0]


def _project_table(beside: Path) -> tuple[Path, dict[str, Any]] | None:
    """That file and its table, read once: what lies in a directory of others may be another file the next time."""
    for path in _project_files(beside):
        text = _text(path, beside)
        if text is not None:
            within = () if path.name == "tuimon.toml" else ("tool", "tuimon")
            table = _table(path, text, within)
            return (path, table) if table or not within else None
    return None


def _project_files(beside: Path) -> Iterator[Path]:
    start = beside.resolve()
    for directory in (start, *start.parents) if start.is_dir() else start.parents:
        yield from (path for name in ("tuimon.toml", "pyproject.toml") if (path := directory / name).is_file())
        if (directory / ".git").exists():
            return


def strangers(beside: Path, environ: Mapping[str, str]) -> list[str]:
    """Of each file of settings that is not read because of its owner, a sentence that says so."""
    sentences = []
    for path in (user_file(environ), *_project_files(beside)):
        owner = _stranger(path, beside)
        if owner is not None and _speaks_of_us(path):
            sentences.append(f"{path} belongs to user {ownership.user_name(owner)}, so its settings do not count")
    return sentences


def _stranger(path: Path, beside: Path | None) -> int | None:
    """Whose the file or the link to it is, where that is nobody whose settings count."""
    with contextlib.suppress(OSError):
        return next((each.st_uid for each in (path.lstat(), path.stat()) if not _believed(each, beside)), None)
    return None  # there is none


def _believed(status: os.stat_result, beside: Path | None) -> bool:
    """It is the user's own, root's, or of whoever wrote the script that is to be run: settings can name a command."""
    if status.st_uid in (os.geteuid(), 0):
        return True
    with contextlib.suppress(OSError):
        return beside is not None and beside.is_file() and status.st_uid == beside.stat().st_uid
    return False


def _speaks_of_us(path: Path) -> bool:
    if path.is_symlink():
        return path.name != "pyproject.toml"
    try:
        return b"tool.tuimon" in ownership.read_start(path, 1 << 16) or path.name != "pyproject.toml"
    except OSError:
        return False


def _text(path: Path, beside: Path | None) -> str | None:
    """What is in the file; None where there is none, or its owner, or that of a link to it, is nobody whose settings
    count. The owners asked for are those of what is read, whatever takes its place meanwhile. Raises UsageError."""
    try:
        descriptor = _opened(path, beside)
        if descriptor is None:
            return None
        with open(descriptor, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        if _stranger(path, beside) is not None:
            return None
        raise UsageError(f"cannot read {path}: {error}", "check its permissions and encoding") from None


def _opened(path: Path, beside: Path | None) -> int | None:
    for _ in range(MOST_LINKS):
        link = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            status = os.fstat(link)
            if not _believed(status, beside):
                return None
            if stat.S_ISLNK(status.st_mode):
                path = path.parent / os.readlink("", dir_fd=link)
                continue
        finally:
            os.close(link)
        if not stat.S_ISREG(status.st_mode):
            return None
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if os.path.samestat(os.fstat(descriptor), status):
            return descriptor
        os.close(descriptor)  # another one has taken its place: is that to be believed?
    return None


def _table(path: Path, text: str, within: Sequence[str]) -> dict[str, Any]:
    if not all(name in text for name in within):  # most projects: nothing of ours in it, valid or not
        return {}
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}", "mend that line") from None
    for name in within:
        table = table.get(name, {}) if isinstance(table, dict) else {}
    return table if isinstance(table, dict) else {}


def _read(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, Value]]:
    for name, given in table.items():
        if name == "rules" and isinstance(given, dict):
            yield from _read_rules(given, where)
        else:
            key = _known(name.replace("_", "-"), [*KEYS, "rules"], "setting", where)
            yield key, Value(_checked(key, given, where), where)


def _read_rules(tables: Mapping[str, Any], where: str) -> Iterator[tuple[str, Value]]:
    for rule, given in tables.items():
        name = known_rule(rule, where)
        if not isinstance(given, dict):
            raise UsageError(f"{where}: rules.{rule} is {given!r}", f"give a threshold: [rules.{name}]")
        for threshold, value in given.items():
            key = _threshold(name, threshold, where)
            yield key, Value(_checked(key, value, where), where)


ENVIRONMENT = "TUIMON_"
THRESHOLDS = "TUIMON_RULE_"


def _environment(environ: Mapping[str, str]) -> dict[str, Value]:
    variables = {ENVIRONMENT + name.upper().replace("-", "_"): name for name in KEYS}
    values = {}
    for variable, text in environ.items():
        if variable.startswith(THRESHOLDS):
            key = _threshold_of_variable(variable)
        elif variable in variables:
            key = variables[variable]
        else:
            _refuse_misspelt(variable, variables)
            continue
        values[key] = Value(_checked(key, _parsed(key, text), variable), variable)
    return values


def _refuse_misspelt(variable: str, variables: Iterable[str]) -> None:
    """Other programs and tuimon itself use variables of that prefix; only what looks like a setting is refused."""
    near = _nearest(variable, variables, 0.85) if variable.startswith(ENVIRONMENT) else ""
    if near:
        raise UsageError(f"unknown setting {variable} in the environment", f"did you mean {near}?")


def _threshold_of_variable(variable: str) -> str:
    rest = variable.removeprefix(THRESHOLDS).lower()
    names = {
        f"{rule_id(rule).replace('-', '_')}_{name}": (rule_id(rule), name)
        for rule in rules.RULES
        for name in defaults(rule)
    }
    if rest not in names:
        near = _nearest(rest, names)
        hint = f"did you mean {THRESHOLDS}{near.upper()}?" if near else "see `tuimon explain`"
        raise UsageError(f"unknown threshold {variable} in the environment", hint)
    return "rules.{}.{}".format(*names[rest])


def _flags(flags: Mapping[str, Any]) -> dict[str, Value]:
    values = {}
    for name, given in flags.items():
        if given is None:
            continue
        if name.startswith("rules."):
            _, rule, threshold = name.split(".")
            key, where = _threshold(known_rule(rule, "--set"), threshold, "--set"), "--set"
        else:
            key = where = _known(name, KEYS, "setting", "flags")
            where = f"--{name}"
        values[key] = Value(_checked(key, given, where), where)
    return values


def assignment(text: str) -> tuple[str, Any]:
    """``stalled.after=60`` of `--set` as a key and a value."""
    name, equals, value = text.partition("=")
    rule, dot, threshold = name.strip().partition(".")
    if not equals or not dot:
        raise UsageError(f"--set {text}: not a threshold", "write RULE.THRESHOLD=VALUE, e.g. stalled.after=60")
    key = _threshold(known_rule(rule, "--set"), threshold, "--set")
    return key, _parsed(key, value.strip())


# --- what is known, and of which kind


def known_rule(name: str, where: str) -> str:
    """The rule's id. Raises UsageError with the nearest one when there is none of that name."""
    return _known(name.strip().replace("_", "-"), map(rule_id, rules.RULES), "rule", where)


def _threshold(rule: str, name: str, where: str) -> str:
    known = defaults(_rule(rule))
    if not known:
        raise UsageError(f"{where}: {rule} has no thresholds", f"it is exact; to mute it, ignore = [{rule!r}]")
    return f"rules.{rule}." + _known(name.strip().replace("-", "_"), known, f"threshold of {rule}", where)


def _rule(name: str) -> rules.Rule:
    return next(rule for rule in rules.RULES if rule_id(rule) == name)


def _known(name: str, known: Iterable[str], what: str, where: str) -> str:
    names = list(known)
    if name in names:
        return name
    near = _nearest(name, names)
    raise UsageError(f"{where}: unknown {what} `{name}`", f"did you mean `{near}`?" if near else "")


def _nearest(name: str, names: Iterable[str], least: float = 0.0) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(name, list(names), n=1, cutoff=least)), "")


def _default(key: str) -> Any:
    if key in KEYS:
        return KEYS[key].default
    _, rule, name = key.split(".")
    return defaults(_rule(rule))[name]


def _kind(key: str) -> type:
    if key in KEYS:
        return KEYS[key].kind
    default = _default(key)
    return float if default is None else type(default)


_TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _parsed(key: str, text: str) -> Any:
    """A value of the environment or the command line, where all is text."""
    kind = _kind(key)
    if kind is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind is bool:
        return _TRUTH.get(text.lower(), text)
    try:
        return int(text) if kind is int else float(text) if kind is float else text
    except ValueError:
        return text


def _checked(key: str, value: Any, where: str) -> Any:
    kind = _kind(key)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if kind is list and isinstance(value, str):
        value = [value]
    if kind is tuple and isinstance(value, list):
        value = tuple(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise UsageError(f"{where}: {key} is {value!r}", f"give {_A[kind]}")
    if key in LISTS_OF_RULES and isinstance(value, list):
        return [known_rule(str(each), where) for each in value]
    choices = KEYS[key].choices if key in KEYS else ()
    if choices and value not in choices:
        raise UsageError(f"{where}: {key} is {value!r}", f"give {' or '.join(choices)}")
    return value


_A = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list of rules",
    tuple: "a list",
}
