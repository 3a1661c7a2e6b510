"""Why some faults survive: what is known of them, kept beside the model."""

import tomllib
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("survivors.toml")


def find_reason(operation: str, fault: str) -> str:
    """Return why a fault survives; empty if nobody has said."""
    for entry in _entries():
        if entry["operation"] in (operation, "*") and entry["fault"] in fault:
            return entry["reason"]
    return ""


@cache
def _entries() -> list[dict[str, str]]:
    entries: list[dict[str, str]] = tomllib.loads(FILE.read_text(encoding="utf-8")).get("survivor", [])
    return entries
