"""The progress bars of a check and of a replay."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from draftproof.conformance.reporting.records import Result
from draftproof.conformance.running.session import is_wrong


@contextmanager
def show_progress(module: str, total: int, console: Console) -> Iterator[Callable[[Result], None]]:
    """Show how many results there are, and how many are wrong; yield the function that takes each result."""
    wrong = 0
    with _bar(console) as bar:
        task = bar.add_task(module, total=total)

        def seen(result: Result) -> None:
            nonlocal wrong
            wrong += is_wrong(result)
            note = f" [red]{wrong} wrong[/]" if wrong else ""
            bar.update(task, advance=1, description=f"{module}{note}")

        yield seen


@contextmanager
def show_steps(total: int, console: Console) -> Iterator[Callable[[str, int], None]]:
    """Show how far a long computation is; yield the function that takes what it is at, and steps done."""
    with _bar(console) as bar:
        task = bar.add_task("", total=total)
        yield lambda what, done: bar.update(task, advance=done, description=what)


def _bar(console: Console) -> Progress:
    # On a narrow terminal a long name is broken into lines: the numbers stay whole.
    name, whole = Column(overflow="fold"), Column(no_wrap=True)
    columns = (
        TextColumn("{task.description}", table_column=name),
        BarColumn(bar_width=20),
        MofNCompleteColumn(table_column=whole),
        TimeElapsedColumn(table_column=whole),
    )
    return Progress(*columns, console=console, transient=not console.is_terminal)
