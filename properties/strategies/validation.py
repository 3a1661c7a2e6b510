"""The checks of the strategies' arguments."""

from collections.abc import Collection

from hypothesis.errors import InvalidArgument


def integer(function: str, name: str, value: object, least: int) -> None:
    """Raise InvalidArgument unless ``value`` is an int of at least ``least``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidArgument(f"{function}: {name} must be an integer of at least {least}, got {value!r}")


def choice(function: str, name: str, value: object, choices: Collection[str]) -> None:
    """Raise InvalidArgument unless ``value`` is one of ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise InvalidArgument(f"{function}: {name} must be one of {', '.join(choices)}, got {value!r}")
