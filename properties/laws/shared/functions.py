"""The laws that every contract shares, those first that reject soonest."""

from draftproof.properties.laws.shared.admissible import ADMISSIBLE
from draftproof.properties.laws.shared.device import GRAPH_REPLAY, LARGE_OFFSETS, MEMORY, TWO_STREAMS
from draftproof.properties.laws.shared.history import HISTORY, MANY_CALLS
from draftproof.properties.laws.shared.layouts import LAYOUT
from draftproof.properties.laws.shared.memory import FULLY_WRITTEN, INPUTS_UNCHANGED, RED_ZONES
from draftproof.properties.laws.shared.rows import REPEATABLE, ROWS_INDEPENDENT

SHARED = (
    ADMISSIBLE,
    HISTORY,
    LAYOUT,
    INPUTS_UNCHANGED,
    FULLY_WRITTEN,
    RED_ZONES,
    ROWS_INDEPENDENT,
    REPEATABLE,
    MANY_CALLS,
    GRAPH_REPLAY,
    TWO_STREAMS,
    MEMORY,
    LARGE_OFFSETS,
)
