"""What can be made simpler in a prefix tree's script only in all of its steps at once."""

from collections.abc import Iterator
from dataclasses import replace

from draftproof.properties.lockstep.prefix.steps import Begin, Insert, Match, Read
from draftproof.properties.lockstep.steps import Script

WHOLE = Insert | Match | Read | Begin
"""Steps that have a whole sequence of tokens in a namespace."""


def simplify_script(script: Script) -> Iterator[Script]:
    """Yield the script without namespaces, and without what all of its sequences begin with."""
    yield [replace(step, namespace=None) if isinstance(step, WHOLE) else step for step in script]
    sequences = [step.tokens for step in script if isinstance(step, WHOLE) and step.tokens]
    shared = 0
    while sequences and all(s[: shared + 1] == sequences[0][: shared + 1] for s in sequences):
        if shared == len(sequences[0]):
            break
        shared += 1
    while shared:
        yield [
            replace(step, tokens=step.tokens[shared:]) if isinstance(step, WHOLE) else step for step in script
        ]
        shared //= 2
