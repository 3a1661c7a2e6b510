"""The laws that every contract shares, those first that reject soonest."""

from draftproof.properties.laws.shared.admissible import ADMISSIBLE
from draftproof.properties.laws.shared.concurrency import TWO_GRAPHS, TWO_STREAMS, TWO_THREADS
from draftproof.properties.laws.shared.device import GRAPH_REPLAY, MEMORY
from draftproof.properties.laws.shared.history import HISTORY, MANY_CALLS
from draftproof.properties.laws.shared.layouts import LAYOUT
from draftproof.properties.laws.shared.memory import FULLY_WRITTEN, INPUTS_UNCHANGED, RED_ZONES
from draftproof.properties.laws.shared.offsets import LARGE_OFFSETS
from draftproof.properties.laws.shared.rows import MANY_ROWS, REPEATABLE, ROWS_INDEPENDENT
from draftproof.properties.laws.shared.values import VALUES

SHARED = (
    ADMISSIBLE,
    VALUES,
    HISTORY,
    LAYOUT,
    ROWS_INDEPENDENT,
    MANY_ROWS,
    INPUTS_UNCHANGED,
    FULLY_WRITTEN,
    RED_ZONES,
    REPEATABLE,
    TWO_THREADS,
    MANY_CALLS,
    GRAPH_REPLAY,
    TWO_STREAMS,
    TWO_GRAPHS,
    MEMORY,
    LARGE_OFFSETS,
)
