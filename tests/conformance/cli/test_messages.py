"""What a stranger is told who asks for what cannot be, or whose backend does what it should not."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Draftproof = Callable[..., Any]

TREE = "RadixTree/P=1,steps=100000000/int32/policy=mru,slots=low,tokens=deep/seed=1/-"
TABLES = "fill_block_tables/R=1,M=1,C=1,page_size=0,width=0/int32/lengths=ragged,tree=bushy/seed=3/-"
DRAWS = "sample/V=32000,draws={}/float32/rows=zipf,rule=-/seed=0/- --law statistics"
CASE = "sample/B=2,V=33/float32/rows=zipf,uniforms=float64/seed=5/nan"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("check right.py", "the name of a module was expected, such as my_kernels, got 'right.py'"),
        ("check ./right.py", "draftproof check right, which Python imports"),
        ("check /tmp/their/kernels.py", "cd /tmp/their && draftproof check kernels"),
        (f"replay {CASE} --backend right.py", "the name of a module was expected"),
        (f"replay {CASE.replace('V=33', 'V=0')} --backend right", "V of at least 1 was expected, got 0"),
        (f"replay {CASE.replace('seed=5', 'seed=-1')} --backend right", "expected 'seed=N', got 'seed=-1'"),
        (f"replay {DRAWS.format(0)} --backend right", "draws of at least 1 was expected, got 0"),
        (f"replay {DRAWS.format(99999999999)} --backend right", "[case-absurd]"),
        (
            f"replay {TREE} --law model --backend draftproof.reference",
            "a case of at most 1e+09 numbers was expected, got 1.0e+16",
        ),
        (
            f"replay {TABLES} --backend draftproof.reference",
            "page_size of at least 1 was expected, got 0",
        ),
    ],
)
def test_a_request_at_fault_is_told_so_in_a_line(draftproof: Draftproof, command: str, says: str) -> None:
    done = draftproof(*shlex.split(command))
    assert done.code == 2
    assert says in done.err
    assert "Traceback" not in done.err


def test_a_huge_seed_is_a_seed(draftproof: Draftproof) -> None:
    assert draftproof("replay", CASE.replace("seed=5", f"seed={10**30}"), "--backend", "right").code == 0
    digits = CASE.replace("seed=5", f"seed={'9' * 5000}")
    assert "[case-malformed]" in draftproof("replay", digits, "--backend", "right").err


OUTPUTS = {
    "np.zeros(len(probs), np.int32)": "a NumPy array",
    "torch.zeros(len(probs), dtype=torch.int32, device='meta')": "a tensor on meta",
    "torch.zeros(len(probs), dtype=torch.int32).to_sparse()": "a tensor on cpu, sparse_coo",
    "[0] * len(probs)": "a list",
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_that_is_no_tensor_of_the_device_is_named(draftproof: Draftproof, output: str) -> None:
    Path("mine.py").write_text(
        f"import numpy as np\nimport torch\n\ndef sample(probs, uniforms):\n    return {output}, {output}\n"
    )
    done = draftproof("replay", CASE, "--backend", "mine", "--device", "cpu")
    assert done.code == 1
    assert f"sample must return tokens as a tensor on cpu, got {OUTPUTS[output]}" in done.out


def test_a_pipe_in_the_folder_is_not_waited_for(draftproof: Draftproof) -> None:
    Path("report").mkdir()
    os.mkfifo("report/some.jsonl")
    arguments = ("check", "right", "--op", "vector_add", "--budget", "small", "--law", "repeatable")
    assert draftproof(*arguments).code == 0
