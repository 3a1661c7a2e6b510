"""The judge of greedy chain verification."""

from typing import Any

from draftproof.properties.core.contract import Arrays
from draftproof.properties.core.promises import STRICT, Leniency
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.equality import judge_with_status
from draftproof.reference.speculative.verify_chain_greedy import verify_chain_greedy


def judge_chain_greedy(
    inputs: Arrays, keywords: dict[str, Any], outputs: Arrays, leniency: Leniency = STRICT
) -> Verdict:
    """Judge the outputs of ``verify_chain_greedy``: nothing is rounded, so they must equal the oracle's."""
    wanted = verify_chain_greedy(**inputs, **keywords)  # type: ignore[arg-type]
    return judge_with_status(outputs, wanted._asdict(), leniency)
