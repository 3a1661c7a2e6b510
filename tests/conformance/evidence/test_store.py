import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.evidence.records import Evidence
from draftproof.conformance.evidence.store import list_devices, load, load_device, name_folder, save
from draftproof.conformance.reporting.records import Report

DEVICE = "NVIDIA H100 80GB HBM3"


def test_there_is_a_file_for_each_device_and_operation(data: Path, tree: Any) -> None:
    assert list_devices(data) == [data / "nvidia-h100-80gb-hbm3"]
    assert {path.stem for path in (data / name_folder(DEVICE)).iterdir()} == set(tree.places)


def test_saved_evidence_is_read_back(evidence: Evidence, tmp_path: Path) -> None:
    for operation in evidence.operations:
        assert load(save(operation, tmp_path / "again")) == operation
    assert load_device(tmp_path / "again" / name_folder(DEVICE)) == evidence
    assert (evidence.killed, len(evidence.mutants), len(evidence.bench)) == (1, 2, 32)


def test_what_rows_share_is_written_once(data: Path) -> None:
    document = json.loads((data / name_folder(DEVICE) / "softmax.json").read_text())
    assert len(document["rows"]) == 12
    assert len(document["runs"]) == 1
    assert len(document["sources"]) == 5  # one of the proof, one for each kernel


def test_rows_add_up(evidence: Evidence, reports: tuple[Report, ...]) -> None:
    # Every operation has its forgiveness beside these in a campaign; here only what the reports have.
    assert sum(sum(row.counts.values()) for row in evidence.rows) == sum(len(r.results) for r in reports)
    rows = {(row.operation, row.backend): row for row in evidence.rows}
    chain = rows["verify_chain", "cupy"]
    assert chain.laws["agrees with the oracle"] == {"pass": 13, "fail": 7}
    assert (chain.state, chain.decisions, chain.measures["error_eps"]) == ("fail", 120 * 120, 2.875)
    assert chain.measures["p_value"] == 1 / 40  # the smallest accuses most
    assert chain.seconds == pytest.approx(120 * 0.02)
    assert rows["sample", "cupy"].measures["tv"] is None


def test_a_folder_speaks_of_one_device(evidence: Evidence, data: Path) -> None:
    other = replace(evidence.operations[0], device="NVIDIA B200")
    save(other, data).rename(data / name_folder(DEVICE) / "other.json")
    with pytest.raises(DiagnosticError, match="not the evidence of one device"):
        load_device(data / name_folder(DEVICE))


def test_malformed_evidence_is_refused(data: Path) -> None:
    path = data / name_folder(DEVICE) / "sample.json"
    document = json.loads(path.read_text())
    document["rows"][0]["state"] = "fine"
    path.write_text(json.dumps(document))
    with pytest.raises(DiagnosticError, match=r"\$\.rows\[0\]\.state"):
        load(path)
