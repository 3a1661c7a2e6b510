import json
from pathlib import Path
from typing import Any

import pytest

from draftproof.conformance.evidence import campaigns, publish, store
from draftproof.conformance.evidence.campaigns import Spent
from draftproof.conformance.evidence.freshness import Today

ROOT = Path(__file__).parents[3]


def test_what_is_committed_follows_from_the_evidence() -> None:
    # A changed source turns its cells stale: then this fails until `draftproof badge` has said so.
    assert publish.update(ROOT, write=False) == []


def test_every_committed_mutant_was_killed() -> None:
    for folder in store.list_devices(publish.EVIDENCE):
        evidence = store.load_device(folder)
        assert evidence.killed == len(evidence.mutants) > 0


@pytest.fixture
def project(tmp_path: Path, data: Path, tree: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "README.md").write_text(
        "<!-- matrix -->\n<!-- /matrix -->\n<!-- chart -->\n<!-- /chart -->\n"
    )
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "draftproof"\n')
    monkeypatch.setattr(publish, "EVIDENCE", data)
    monkeypatch.setattr(publish, "Today", tree.look)
    return tmp_path


def test_the_readme_and_the_pictures_are_made_from_it(project: Path) -> None:
    made = publish.update(project)
    assert "README.md" in made
    text = (project / "README.md").read_text()
    assert "verify_chain" in text
    assert "NVIDIA H100 80GB HBM3, 2026-11-21, budget standard, seed 0" in text
    assert "[docs/evidence](docs/evidence/nvidia-h100-80gb-hbm3.md)" in text
    for name in ("badge.svg", "nvidia-h100-80gb-hbm3-badge.svg", "nvidia-h100-80gb-hbm3-chain.svg"):
        assert f"docs/evidence/{name}" in made
    shown = project / "docs" / "evidence"
    assert "](nvidia-h100-80gb-hbm3-speed.svg)" in (shown / "nvidia-h100-80gb-hbm3.md").read_text()
    assert (shown / "nvidia-h100-80gb-hbm3-speed.svg").is_file()
    assert publish.update(project, write=False) == []


def test_a_stale_row_is_shown_stale(project: Path, tree: Any) -> None:
    publish.update(project)
    tree.edit("reference/distribution.py", "x = 1")
    assert "README.md" in publish.update(project, write=False)
    publish.update(project)
    text = (project / "README.md").read_text()
    assert "| `verify_chain` | float32 | ↻ S" in text
    assert "`reference/distribution.py`" in text.partition("changed since are")[2]
    assert json.loads((project / "docs/evidence/badge.json").read_text())["color"] == "lightgrey"


def test_what_a_recording_took_is_said(project: Path, data: Path) -> None:
    folder = data / "nvidia-h100-80gb-hbm3"
    campaigns.log(folder, Spent("2026-11-20T10:00:00+00:00", 900.0, 40, 40, 73, 0))
    campaigns.log(folder, Spent("2026-11-21T10:00:00+00:00", 600.0, 12, 0, 0, 30))
    campaigns.log(folder, Spent("2026-11-21T11:00:00+00:00", 500.4, 28, 40, 73, 0))
    publish.update(project)
    text = (project / "docs/evidence/nvidia-h100-80gb-hbm3.md").read_text()
    assert "40 pairs of operation and backend judged, 40 timed, 73 mutants, in 1100 s and 2 calls." in text


def test_without_evidence_it_says_so(project: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "EVIDENCE", data / "none")
    monkeypatch.setattr(publish, "Today", Today)
    (project / "optimized").mkdir()
    (project / "optimized/fastest.json").write_text("{}")
    made = publish.update(project)
    assert made == ["docs/evidence/badge.svg", "docs/evidence/badge.json", "README.md"]
    text = (project / "README.md").read_text()
    assert "There is no evidence yet" in text
    assert "No timings yet" in text
    document = json.loads((project / "docs/evidence/badge.json").read_text())
    assert (document["message"], document["color"]) == ("no evidence yet", "lightgrey")
    assert "no evidence yet" in (project / "docs/evidence/badge.svg").read_text()
