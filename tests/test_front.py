"""The operations at the package's top, and what happens where torch is missing."""

import pydoc
import subprocess
import sys
from inspect import Parameter, signature
from typing import get_args

import pytest
import torch

import draftproof
from draftproof import reference
from draftproof.optimized import dispatch, eager

PROBS = torch.tensor([[0.0, 0.25, 0.75], [1.0, 0.0, 0.0]])
UNIFORMS = torch.tensor([0.25, 0.999])


def test_an_operation_gives_what_its_backend_gives() -> None:
    answer, wanted = draftproof.sample(PROBS, UNIFORMS), eager.sample(PROBS, UNIFORMS)
    assert answer.tokens.tolist() == wanted.tokens.tolist() == [2, 0]
    assert answer.status.tolist() == [0, 0]
    assert draftproof.sample(PROBS, UNIFORMS, backend="eager").tokens.equal(wanted.tokens)


def test_keywords_reach_the_backend() -> None:
    none = torch.zeros(1, 3)
    assert draftproof.sample(probs=none, uniforms=UNIFORMS[:1]).tokens.tolist() == [-1]
    with pytest.raises(ValueError, match="DEGENERATE"):
        draftproof.sample(none, UNIFORMS[:1], check=True)


def test_every_operation_is_offered_with_its_documentation() -> None:
    assert set(eager.__all__) <= set(dir(draftproof))
    for name in eager.__all__:
        operation = getattr(draftproof, name)
        assert operation.__doc__ == getattr(eager, name).__doc__
        assert operation.__name__ == name
        assert draftproof.backend_of(name, "cpu") == "eager"


@pytest.mark.parametrize("name", eager.__all__)
def test_an_operation_has_the_declared_signature(name: str) -> None:
    declared, offered = signature(getattr(eager, name)), signature(getattr(draftproof, name))
    *same, backend = offered.parameters.values()
    assert [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in same] == [
        parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in declared.parameters.values()
    ]
    assert offered.return_annotation == declared.return_annotation
    assert (backend.name, backend.kind, backend.default) == ("backend", Parameter.KEYWORD_ONLY, None)
    assert set(get_args(get_args(backend.annotation)[0])) == set(dispatch.BACKENDS)


def test_help_shows_tensors_and_choices() -> None:
    text = pydoc.render_doc(draftproof.verify_chain, renderer=pydoc.plaintext)
    for part in (
        "'float32 [B, K+1, V], V at least 1'",
        "Literal['token', 'block'] = 'token'",
        "so that the target's law",
    ):
        assert part in text


def test_a_named_backend_that_cannot_run_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "load", lambda backend, device: (None, f"no {backend} for {device}"))
    with pytest.raises(ValueError, match="sample: backend 'triton' cannot run on cpu: no triton for cpu"):
        draftproof.sample(PROBS, UNIFORMS, backend="triton")


def test_backends_say_why_they_cannot_run() -> None:
    reasons = draftproof.backends("cpu")
    assert set(reasons) == {"eager", "triton", "cupy", "cuda"}
    assert reasons["eager"] == "available"
    assert all(reasons.values())
    assert reasons["cupy"] != "available"


def test_the_first_backend_that_runs_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "load", lambda backend, device: (eager if backend == "cupy" else None, ""))
    assert draftproof.backend_of("sample", "cuda") == "cupy"
    monkeypatch.setattr(dispatch, "load", lambda backend, device: (None, "missing"))
    with pytest.raises(ValueError, match="no backend of sample runs on cuda"):
        draftproof.backend_of("sample", "cuda")


def test_unknown_names_are_refused_with_those_there_are() -> None:
    with pytest.raises(AttributeError, match=r"no operation 'verify_tree_greedily', only .*verify_chain"):
        _ = draftproof.verify_tree_greedily
    with pytest.raises(AttributeError, match="__wrapped__"):
        _ = draftproof.__wrapped__
    with pytest.raises(ValueError, match="backend must be one of cuda, triton, cupy, eager, got 'fastest'"):
        draftproof.sample(PROBS, UNIFORMS, backend="fastest")
    with pytest.raises(ValueError, match=r"operation must be one of .*sample.*, got 'sampel'"):
        draftproof.backend_of("sampel")
    with pytest.raises(ValueError, match="device must be one of cuda, cpu, got 'meta'"):
        draftproof.backend_of("sample", "meta")


def test_arrays_are_sent_to_the_reference() -> None:
    with pytest.raises(TypeError, match=r"got ndarray, ndarray .*draftproof\.reference\.sample"):
        draftproof.sample(PROBS.numpy(), UNIFORMS.numpy())
    with pytest.raises(TypeError, match=r"missing 2 required positional arguments: 'probs' and 'uniforms'"):
        draftproof.sample()
    assert reference.sample(PROBS.numpy(), UNIFORMS.numpy()).tokens.tolist() == [2, 0]


def test_without_torch_the_oracles_work_and_the_operations_say_what_they_need() -> None:
    code = """
import sys
sys.modules["torch"] = None
from draftproof import reference
import draftproof
assert draftproof.reference is reference
assert "sample" in dir(draftproof)
try:
    draftproof.sample
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "draftproof.sample needs torch: pip install 'draftproof[torch]'" in done.stdout


def test_the_prefix_cache_is_at_the_top() -> None:
    tree = draftproof.RadixTree(page_size=2)
    tree.insert([1, 2, 3, 4], [4, 5, 0, 1])
    mirror = draftproof.FlatTree(tree)
    tokens = torch.tensor([1, 2, 3, 4, 1, 2, 9, 9], dtype=torch.int32)
    offsets, roots = torch.tensor([0, 4, 8]), torch.zeros(2, dtype=torch.int32)
    found = draftproof.match_prefixes(
        tokens, offsets, roots, mirror.table, mirror.nodes, mirror.edges, page_size=2
    )
    assert found.lengths.tolist() == [4, 2]
    tables = draftproof.fill_block_tables(
        found.nodes, found.lengths, mirror.nodes, mirror.slots, page_size=2, width=3
    )
    assert tables.tables.tolist() == [[2, 0, -1], [2, -1, -1]]
    match = tree.confirm(int(found.nodes[1]), 2, mirror.epoch)
    assert match.slots.tolist() == [4, 5]
