"""The judge of greedy chain verification."""

from typing import Any

from draftproof.properties.contract import Arrays
from draftproof.properties.judges.equality import judge_equal
from draftproof.properties.verdict import Verdict
from draftproof.reference.speculative.chain_greedy import verify_chain_greedy


def judge_chain_greedy(inputs: Arrays, keywords: dict[str, Any], outputs: Arrays) -> Verdict:
    """Judge the outputs of ``verify_chain_greedy``: nothing is rounded, so they must equal the oracle's."""
    wanted = verify_chain_greedy(**inputs, **keywords)  # type: ignore[arg-type]
    return judge_equal(outputs, wanted._asdict())
