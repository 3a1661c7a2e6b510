from datetime import date
from pathlib import Path

import pytest

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence import publish
from draftproof.conformance.evidence.store import load, record, save
from draftproof.conformance.reporting.records import Report
from draftproof.properties.contracts import CONTRACTS

ROOT = Path(__file__).parents[3]
PILLARS = {contract.name: contract.pillar for contract in CONTRACTS.values()}


def test_what_is_committed_follows_from_the_evidence() -> None:
    # A changed source turns its cells stale: then this fails until `draftproof badge` has said so.
    assert publish.update(ROOT, write=False) == []


def test_every_committed_mutant_was_killed() -> None:
    for path in publish.EVIDENCE.glob("*.json"):
        evidence = load(path)
        assert evidence.killed == len(evidence.mutants) > 0


@pytest.fixture
def project(tmp_path: Path, reports: tuple[Report, ...], monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "README.md").write_text(
        "<!-- matrix -->\n<!-- /matrix -->\n<!-- chart -->\n<!-- /chart -->\n"
    )
    monkeypatch.setattr(publish, "EVIDENCE", tmp_path / "evidence")
    known = [report for report in reports if all(r.operation in PILLARS for r in report.results)]
    save(record(known, PILLARS, date(2026, 11, 22)), tmp_path / "evidence")
    return tmp_path


def test_the_readme_and_the_pictures_are_made_from_it(project: Path) -> None:
    made = publish.update(project)
    assert "README.md" in made
    assert "verify_chain" in (project / "README.md").read_text()
    assert any(name.endswith("-badge.svg") for name in made)
    assert publish.update(project, write=False) == []


def test_a_stale_row_is_shown_stale(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish.update(project)
    monkeypatch.setattr(
        "draftproof.conformance.reporting.matrix.freshness", lambda row, root=None: ["changed.cu"]
    )
    assert "README.md" in publish.update(project, write=False)
    publish.update(project)
    text = (project / "README.md").read_text()
    assert "↻ S" in text
    assert "✓ P" not in text


def test_without_evidence_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "EVIDENCE", tmp_path)
    with pytest.raises(DiagnosticError, match="no evidence"):
        publish.update(tmp_path)
