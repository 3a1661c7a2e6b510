"""The recorded traces: real rows, drafts drawn from the recorded law."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from draftproof import reference
from draftproof.properties.cases.traces import Trace, load, names, published
from draftproof.properties.cases.traces.recorded import FOLDER

OWN = ["tiny-0.3", "tiny-0.7", "tiny-1.0", "tiny-1.3"]
present = pytest.mark.skipif(not published.names(), reason="the published rows lie beside the checkout only")


@pytest.mark.parametrize("name", names())
def test_a_trace_is_a_valid_input(name: str) -> None:
    trace = load(name)
    requests, drafts, vocabulary = trace.draft_probs.shape
    assert trace.name == name
    assert trace.target_probs.shape == (requests, drafts + 1, vocabulary)
    assert trace.draft_tokens.shape == (requests, drafts)
    assert trace.draft_lengths.shape == (requests,)
    assert trace.draft_tokens.dtype == trace.draft_lengths.dtype == np.int32
    assert trace.draft_probs.dtype == trace.target_probs.dtype == np.float32
    for probs in (trace.draft_probs, trace.target_probs):
        np.testing.assert_allclose(probs.sum(-1, dtype=np.float64), 1.0, atol=1e-5)
    read = np.take_along_axis(trace.draft_probs, trace.draft_tokens[..., None].astype(np.int64), -1)
    assert (read > 0).all()


@pytest.mark.parametrize("rule", ["token", "block"])
@pytest.mark.parametrize("name", names())
def test_the_oracle_accepts_a_part(name: str, rule: Literal["token", "block"]) -> None:
    trace = load(name)
    requests, drafts = trace.draft_tokens.shape
    uniforms = np.random.default_rng(0).random((requests, drafts + 1))
    verified = reference.verify_chain(
        trace.draft_tokens,
        trace.draft_lengths,
        trace.draft_probs,
        trace.target_probs,
        uniforms[:, :-1],
        uniforms[:, -1],
        rule=rule,
    )
    assert not verified.status.any()
    assert (verified.accepted <= trace.draft_lengths).all()
    assert 0.05 < verified.accepted.sum() / trace.draft_lengths.sum() < 0.95


@pytest.mark.parametrize("name", OWN)
def test_drafts_replay_from_seed_and_law(name: str) -> None:
    trace = load(name)
    with np.load(FOLDER / f"{name}.npz") as arrays:
        generator = np.random.default_rng(int(arrays["seed"]))
    for i in range(trace.draft_tokens.shape[1]):
        drawn = reference.sample(trace.draft_probs[:, i], generator.random(len(trace.draft_tokens))).tokens
        assert drawn.tolist() == trace.draft_tokens[:, i].tolist()


@pytest.mark.parametrize("name", OWN)
def test_lengths_are_ragged_and_end_after_the_first_unsure_draft(name: str) -> None:
    trace = load(name)
    read = np.take_along_axis(trace.draft_probs, trace.draft_tokens[..., None].astype(np.int64), -1)[..., 0]
    for length, chances in zip(trace.draft_lengths, read, strict=True):
        assert (chances[: length - 1] >= 0.1).all()
        assert length == len(chances) or chances[length - 1] < 0.1
    assert len(set(trace.draft_lengths.tolist())) > 2


@pytest.mark.parametrize("name", OWN)
def test_rows_are_those_of_the_committed_models(name: str) -> None:
    torch = pytest.importorskip("torch")
    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    tiny_models = pytest.importorskip("tiny_models")
    trace = load(name)
    with np.load(FOLDER / f"{name}.npz") as arrays:
        prompts = arrays["prompts"]
    text = torch.from_numpy(np.concatenate([prompts, trace.draft_tokens], 1)).long()
    first = prompts.shape[1] - 1
    target = tiny_models.load("target")(text)[:, first:].numpy()
    draft = tiny_models.load("draft")(text)[:, first:-1].numpy()
    # float16 rounds to 2**-11 of the value; float32 sums in another order differ by far less.
    np.testing.assert_allclose(trace.target_logits.astype(np.float32), target, rtol=6e-4, atol=2e-3)
    np.testing.assert_allclose(trace.draft_logits.astype(np.float32), draft, rtol=6e-4, atol=2e-3)


def test_own_traces_are_listed_and_small() -> None:
    assert set(OWN) <= set(names())
    assert sum((FOLDER / f"{name}.npz").stat().st_size for name in OWN) < 2_000_000


def test_unknown_name_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'huge'.*tiny-1\.0"):
        load("huge")


def test_absent_published_rows_are_not_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(published, "PAIRS", tmp_path / "pairs.npz")
    load.cache_clear()
    assert names() == OWN
    with pytest.raises(ValueError, match="aidreams-int4"):
        load("aidreams-int4")


def overlap(trace: Trace) -> float:
    return float(np.minimum(trace.draft_probs, trace.target_probs[:, :-1]).sum(-1).mean())


@present
@pytest.mark.parametrize(("name", "drafter"), published.DRAFTERS.items())
def test_published_rows_have_the_published_acceptance(name: str, drafter: str) -> None:
    table = json.loads((published.PAIRS.parent / "acceptance.json").read_text(encoding="utf-8"))
    said = table[f"T=1.0 {drafter.removeprefix('draft_')}"]["accept_mean"]
    # Every fifth position has no drafts here: a fifth of 720 positions with a deviation near 0.3.
    assert overlap(load(name)) == pytest.approx(said, abs=0.03)


def test_loading_needs_numpy_only() -> None:
    code = (
        "import sys; from draftproof.properties.cases import traces; "
        "traces.load('tiny-1.0').target_probs; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
