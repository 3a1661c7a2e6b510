"""The reader of static budgets, against text that cuobjdump printed once."""

from pathlib import Path

import pytest

from draftproof.properties.budgets import resources
from draftproof.properties.budgets.resources import Resources

# cuobjdump 12.8 on an sm_90 cubin of nvcc 13.0
PRINTED = """
Resource usage:
 Common:
  GLOBAL:32 CONSTANT[4]:64
 Function softmax_bfloat16:
  REG:32 STACK:0 SHARED:1408 LOCAL:0 CONSTANT[0]:568 TEXTURE:0 SURFACE:0 SAMPLER:0
 Function _Z4spilPf:
  REG:255 STACK:1200 SHARED:0 LOCAL:16 CONSTANT[0]:384 TEXTURE:0 SURFACE:0 SAMPLER:0
"""


def test_the_printed_text() -> None:
    assert resources.parse(PRINTED) == {
        "softmax_bfloat16": Resources(registers=32, stack=0, shared=1408, local=0),
        "_Z4spilPf": Resources(registers=255, stack=1200, shared=0, local=16),
    }


def test_text_without_a_kernel() -> None:
    assert resources.parse("cuobjdump info    : File 'x' does not contain device code\n") == {}


def test_no_cuobjdump_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CUDA_HOME", str(tmp_path))
    with pytest.raises(RuntimeError, match="cuobjdump is not installed"):
        resources.cuobjdump()


def test_cuobjdump_of_cuda_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    tool = tmp_path / "bin/cuobjdump"
    tool.parent.mkdir()
    tool.touch(mode=0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CUDA_HOME", str(tmp_path))
    assert resources.cuobjdump() == str(tool)


def test_what_is_no_cubin(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("triton")
    with pytest.raises(RuntimeError, match="no kernel"):
        resources.resources(b"not a cubin")
