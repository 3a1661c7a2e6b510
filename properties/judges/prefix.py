"""The judges of the device operations on a flat prefix tree: nothing is rounded."""

from typing import Any

from draftproof.properties.core.contract import Arrays
from draftproof.properties.core.promises import STRICT, Leniency
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.equality import judge_equal, judge_with_status
from draftproof.reference.prefix.fill_block_tables import fill_block_tables
from draftproof.reference.prefix.match_prefixes import match_prefixes


def judge_match_prefixes(
    inputs: Arrays, keywords: dict[str, Any], outputs: Arrays, leniency: Leniency = STRICT
) -> Verdict:
    """Judge the outputs of ``match_prefixes``: they must equal the oracle's."""
    wanted = match_prefixes(**inputs, **keywords)  # type: ignore[arg-type]
    return judge_with_status(outputs, wanted._asdict(), leniency)


def judge_fill_block_tables(inputs: Arrays, keywords: dict[str, Any], outputs: Arrays) -> Verdict:
    """Judge the outputs of ``fill_block_tables``: they must equal the oracle's."""
    wanted = fill_block_tables(**inputs, **keywords)  # type: ignore[arg-type]
    return judge_equal(outputs, wanted._asdict())
