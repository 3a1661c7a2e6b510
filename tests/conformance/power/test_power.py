"""The tables of the suite's power: kept, fresh, and what the page and the README say follows from them."""

from dataclasses import replace
from pathlib import Path

from draftproof.conformance.evidence.freshness import CASE_LIST, Today
from draftproof.conformance.power import page
from draftproof.conformance.power.records import Power, Survivor, find_changes, load, save

ROOT = Path(__file__).parents[3]

TABLE = Power(
    operation="vector_add",
    recorded="2026-11-28",
    machine="a processor, 2 cores",
    seconds=12.0,
    seed=0,
    faults={"sizes": {"faults": 1000, "small": 990, "standard": 999}},
    share=1.0,
    unproved={"values": 3},
    first_verdict=0.02,
    survivors=(Survivor("sizes", "N >= 3: another sum"),),
)


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    save(TABLE, tmp_path)
    assert load("vector_add", tmp_path) == TABLE
    assert load("softmax", tmp_path) is None


def test_a_table_of_other_sources_is_stale() -> None:
    today = Today()
    sources = today.sources.of_power("vector_add")
    assert "properties/faults/functions/sizes.py" in sources
    assert "optimized/eager/primitives/vector_add.py" in sources
    changed = replace(TABLE, sources=sources | {"properties/faults/functions/sizes.py": "0"})
    assert "properties/faults/functions/sizes.py" in find_changes(changed, today)
    assert find_changes(replace(TABLE, sources=sources), today) == [CASE_LIST]


def test_shares_are_never_rounded_up() -> None:
    assert page.floor_percent(999, 1000) == "99.9 %"
    assert page.floor_percent(9999, 10_000) == "99.9 %"
    assert page.state_power("standard", [], Today()) == ""


def test_a_stale_table_states_nothing() -> None:
    assert page.state_power("standard", [TABLE], Today()) == ""


def test_the_page_names_what_survives_and_what_is_stale() -> None:
    text = page.render([TABLE], Today())
    assert "N >= 3: another sum" in text
    assert "| `vector_add` | N 1,048,579 | all at once 4; a 4 of 4, b 4 of 4 |" in text
    assert "**Stale**" in text
    assert "`vector_add` (stale)" in text


def test_the_committed_page_follows_from_the_committed_tables() -> None:
    assert (ROOT / page.PAGE).read_text(encoding="utf-8") == page.render(page.load_tables(), Today())
