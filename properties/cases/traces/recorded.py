"""The traces by name.

Those named ``tiny-<temperature>`` lie beside this file; ``examples/record_traces.py`` made them from
the models in ``examples/models``. Those of other models are listed where their data is present.
"""

from functools import cache
from pathlib import Path

import numpy as np

from draftproof.properties.cases.traces import published
from draftproof.properties.cases.traces.trace import Trace

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Return the names that ``load`` knows here, sorted."""
    return sorted([path.stem for path in FOLDER.glob("*.npz")] + published.names())


@cache
def load(name: str) -> Trace:
    """Return the trace ``name``, read once; ValueError names those there are if this is none of them."""
    if name not in names():
        raise ValueError(f"load: no trace is named {name!r}, only {', '.join(names())}")
    if name in published.names():
        return published.load(name)
    with np.load(FOLDER / f"{name}.npz") as arrays:
        return Trace(
            name=name,
            temperature=float(arrays["temperature"]),
            draft_tokens=arrays["draft_tokens"],
            draft_lengths=arrays["draft_lengths"],
            draft_logits=arrays["draft_logits"],
            target_logits=arrays["target_logits"],
        )
