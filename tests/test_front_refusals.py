"""What the front door says of tensors that no kernel can read."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch

import draftproof

EMPTY, ROW, UNIFORM = torch.zeros(2, 0), torch.rand(2, 5), torch.rand(2)
DRAFTS, SEED = torch.zeros(2, 3, dtype=torch.int32), torch.zeros(1, dtype=torch.int64)

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "sparse": (
        lambda: draftproof.sample(ROW.to_sparse(), UNIFORM),
        "sample: probs must be a dense tensor, got layout sparse_coo",
    ),
    "of another library": (
        lambda: draftproof.softmax(ROW.to_mkldnn()),
        "softmax: logits must be a dense tensor, got layout _mkldnn",
    ),
    "nested": (
        lambda: draftproof.softmax(torch.nested.nested_tensor([torch.rand(3), torch.rand(2)])),
        "softmax: logits must be a dense tensor, got a nested tensor",
    ),
    "without data": (
        lambda: draftproof.sample(ROW.to("meta"), UNIFORM.to("meta")),
        "sample: expected tensors on cuda or cpu, got one on meta",
    ),
    "no ids": (
        lambda: draftproof.sample(EMPTY, UNIFORM),
        "sample: probs must be float32 [B, V], V at least 1, on cpu, got float32 [2, 0] on cpu",
    ),
    "no logits": (lambda: draftproof.softmax(EMPTY), "V at least 1, on cpu, got float32 [2, 0]"),
    "no ids behind a chain": (
        lambda: draftproof.verify_chain(DRAFTS, None, None, torch.zeros(2, 4, 0), torch.rand(2, 3), UNIFORM),
        "V at least 1, on cpu, got float32 [2, 4, 0]",
    ),
    "a count": (
        lambda: draftproof.uniforms(SEED, SEED, 2**62),
        "uniforms: count must be an int32 of at least 0, got 4611686018427387904",
    ),
}


@pytest.mark.filterwarnings("ignore:.*prototype:UserWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_what_no_kernel_can_read_is_refused_in_words(name: str) -> None:
    call, says = REFUSED[name]
    with pytest.raises(ValueError, match=re.escape(says)):
        call()


def test_tensors_made_for_inference_are_tensors() -> None:
    with torch.inference_mode():
        rows, uniforms = ROW.clone(), UNIFORM.clone()
        inside = draftproof.sample(rows, uniforms).tokens.clone()
    assert torch.equal(draftproof.sample(rows, uniforms).tokens, inside)


def test_an_empty_batch_is_a_batch() -> None:
    assert draftproof.sample(torch.rand(0, 5), torch.rand(0)).tokens.shape == (0,)
    assert draftproof.softmax(torch.rand(0, 5)).shape == (0, 5)
