"""Options of ``draftproof check`` that a project keeps in its pyproject.toml, under [tool.draftproof]."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from draftproof.conformance.diagnostic import DiagnosticError


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


TEXT, TEXTS, TRUTH, NUMBER = "a text", "a list of texts", "true or false", "a number"
RIGHT: dict[str, Callable[[Any], bool]] = {
    TEXT: _is_text,
    TEXTS: _is_texts,
    TRUTH: _is_truth,
    NUMBER: _is_number,
}

SETTINGS = {
    "backends": ("modules", TEXTS),
    "op": ("operation", TEXTS),
    "law": ("law", TEXTS),
    "device": ("device", TEXT),
    "budget": ("budget", TEXT),
    "seed": ("seed", NUMBER),
    "report": ("report", TEXT),
    "waivers": ("waivers", TEXT),
    "jobs": ("jobs", NUMBER),
    "bench": ("bench", TRUTH),
    "seconds": ("seconds", NUMBER),
    "timeout": ("timeout", NUMBER),
    "allow-unavailable": ("allow_unavailable", TRUTH),
    "quiet": ("quiet", TRUTH),
}
"""What may be set, the parameter of the command that it is, and what it has to be."""

PATHS = ("report", "waivers")
"""Settings that are paths: from the folder of the file, wherever the command is run."""


def read_settings() -> dict[str, Any]:
    """Return the settings of the project around the working directory, by parameter of ``check``.

    Raises DiagnosticError if the file cannot be read, or sets something else or to something else.
    """
    here = Path.cwd()
    path = next((each / "pyproject.toml" for each in (here, *here.parents) if _has_project(each)), None)
    return {} if path is None else _read(path)


def _has_project(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file()


def _read(path: Path) -> dict[str, Any]:
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError, RecursionError) as error:
        raise DiagnosticError("settings-malformed", f"{path} cannot be read", [str(error)]) from error
    table = tool.get("draftproof", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict) or (unknown := table.keys() - SETTINGS.keys()):
        what = ", ".join(sorted(unknown)) if isinstance(table, dict) else repr(table)
        raise DiagnosticError(
            "settings-unknown",
            f"{path}: [tool.draftproof] has no {what}",
            [],
            f"it has {', '.join(SETTINGS)}",
        )
    settings = {}
    for name, value in table.items():
        parameter, kind = SETTINGS[name]
        if not RIGHT[kind](value):
            raise DiagnosticError(
                "settings-malformed", f"{path}: [tool.draftproof] {name}: {kind} was expected, got {value!r}"
            )
        settings[parameter] = str(path.parent / value) if name in PATHS else value
    return settings
