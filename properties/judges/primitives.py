"""The judges of the primitives."""

from typing import Any

from draftproof.properties.core.contract import Arrays
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.equality import judge_equal, required
from draftproof.reference.primitives.vector_add import vector_add


def judge_vector_add(inputs: Arrays, keywords: dict[str, Any], outputs: Arrays) -> Verdict:
    """Judge the output of ``vector_add``: one correctly rounded sum per element."""
    return judge_equal(outputs, {"sum": vector_add(required(inputs, "a"), required(inputs, "b"))})
