"""What several commands are asked with."""

from enum import StrEnum
from typing import Annotated

import typer


class Device(StrEnum):
    """Where a backend is checked."""

    CPU = "cpu"
    CUDA = "cuda"
    INTERPRETER = "interpreter"


class Budget(StrEnum):
    """How much is checked."""

    SMALL = "small"
    STANDARD = "standard"
    DEEP = "deep"


Modules = Annotated[
    list[str] | None, typer.Argument(help="Importable backends; all of draftproof's own if none.")
]
Operations = Annotated[list[str] | None, typer.Option("--op", help="Only this operation; may be repeated.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
OnDevice = Annotated[Device | None, typer.Option(help="Where to check; a GPU where there is one by default.")]
