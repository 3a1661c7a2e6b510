"""Objects that are compared with one another: what must not make a difference, whatever is right."""

from collections.abc import Callable

from draftproof.properties.lockstep.calls import RaisedError, RecordedObject
from draftproof.properties.lockstep.executor import describe_failure
from draftproof.properties.lockstep.judging import MismatchError
from draftproof.properties.lockstep.shrinking import Failure, Run
from draftproof.properties.lockstep.steps import Script


class Instances:
    """Makes the objects of one comparison and keeps what was called on them.

    ``make`` gets what ``add`` gets, a name first.
    """

    def __init__(self, make: Callable[..., RecordedObject]) -> None:
        self.make = make
        self.recorded: list[RecordedObject] = []

    def add(self, name: str, *arguments: object) -> RecordedObject:
        """Return a new object."""
        self.recorded.append(self.make(name, *arguments))
        return self.recorded[-1]


Comparison = Callable[[Instances, Script], int]
"""Makes objects, takes a script's steps on them and compares; returns how many answers it compared.

Raises MismatchError where they differ.
"""


def run_comparison(comparison: Comparison, make: Callable[..., RecordedObject]) -> Run:
    """Return what runs a comparison on a script and says what was wrong."""

    def run(script: Script) -> Failure | None:
        instances = Instances(make)
        try:
            comparison(instances, script)
        except (MismatchError, RaisedError) as error:
            calls = [line for recorded in instances.recorded for line in recorded.lines]
            return Failure(script, describe_failure(error), calls)
        return None

    return run
