"""The page on prefix caching follows from the recorded replays, as the README does from the evidence."""

import json
from pathlib import Path

from draftproof.conformance.reporting.matrix import update_markers
from draftproof.conformance.studies.prefix import tables

PAGE = Path("docs") / "prefix_caching.md"
STUDIES = Path("docs") / "evidence" / "traces.json"
"""Relative to the project; ``draftproof trace FILE... --report docs/evidence`` writes it."""


def render_docs_page(root: Path) -> dict[Path, str]:
    """Return the page with the tables made anew; nothing if page or replays are not there."""
    if not ((root / PAGE).exists() and (root / STUDIES).exists()):
        return {}
    studies = tables.load_studies(json.loads((root / STUDIES).read_text(encoding="utf-8")))
    text = (root / PAGE).read_text(encoding="utf-8")
    text = update_markers(text, "costs", tables.render_costs(studies))
    text = update_markers(text, "ratios", tables.render_ratios(studies))
    return {root / PAGE: update_markers(text, "speeds", tables.render_speeds(studies))}
