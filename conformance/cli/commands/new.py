"""``draftproof new``: a module to begin with."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from draftproof.conformance.cli.printing import out
from draftproof.conformance.cli.skeleton import write_skeleton
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.running.request import select_contracts


def new(
    operation: Annotated[str, typer.Argument(help="The operation's name.")],
    file: Annotated[Path, typer.Argument(help="The module to write.")] = Path("my_kernels.py"),
) -> None:
    """Write a backend that has an operation's call and outputs, is judged, and fails: the rest is yours."""
    contract = select_contracts([operation])[0]
    if file.suffix != ".py" or not file.stem.isidentifier():
        raise DiagnosticError(
            "file-name", f"a name that can be imported was expected, such as my_kernels.py, got {file}"
        )
    module = ".".join(file.with_suffix("").parts) if not file.is_absolute() else file.stem
    text = write_skeleton(contract, module, with_torch=find_spec("torch") is not None)
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise DiagnosticError(
            "file-exists", f"{file} is there already, and is left as it is", [], "name another file"
        ) from error
    except OSError as error:
        raise DiagnosticError("file-unwritable", f"cannot write {file}: {error.strerror}") from error
    out.print(f"written: {file}", highlight=False, markup=False, soft_wrap=True)
    command = f"draftproof check {module} --op {operation} --budget small"
    out.print(f"judge it: {command}", highlight=False, markup=False, soft_wrap=True)
