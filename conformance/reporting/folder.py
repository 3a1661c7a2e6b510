"""The folder of a run: what the last run wrote is put aside before this one writes anything."""

from pathlib import Path

from draftproof.conformance.diagnostic import DiagnosticError

PREVIOUS = "previous"
"""The folder inside it to which the last run's files go."""

SHOWN = ("index.html", "badge.svg", "badge.json", "matrix.md", "bench.md", "bench.svg")
"""What is made from the reports of a run."""


HEADER = b'{"kind": "header"'
"""How a report begins; other files of the same ending are somebody's."""


def prepare_folder(folder: Path) -> Path:
    """Make the folder of a run, without the last run's files: a run that crashes leaves no green badge.

    Raises DiagnosticError if it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [path for path in map(folder.joinpath, SHOWN) if path.exists()]
        written += filter(_is_report, (*folder.glob("*.jsonl"), *folder.glob("*.jsonl.part")))
        for path in written:
            (folder / PREVIOUS).mkdir(exist_ok=True)
            path.replace(folder / PREVIOUS / path.name)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DiagnosticError(
            "report-folder",
            f"--report {folder}: a folder to write to was expected, got {error.strerror}: {error.filename}",
        ) from error
    return folder


def _is_report(path: Path) -> bool:
    if not path.is_file():  # a pipe would be waited for
        return False
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER
