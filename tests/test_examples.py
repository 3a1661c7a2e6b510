"""The examples: the tiny models, and speculation with them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from scipy.stats import chi2

EXAMPLES = Path(__file__).parents[1] / "examples"
sys.path.insert(0, str(EXAMPLES))

import record_traces  # noqa: E402
import speculate  # noqa: E402
import tiny_models  # noqa: E402
import train_tiny_models  # noqa: E402
from tiny_models import Cache, Decoder, Shape, load, load_tokenizer  # noqa: E402

from draftproof.properties.cases.traces.trace import probabilities  # noqa: E402

PROMPTS = "The with statement", "def __init__(self", "import os\n", "a"
FALSE_ALARM = 1e-6  # of each chi-square test
TEMPERATURE = 0.7
REQUESTS = 4096
Rule = Literal["token", "block"]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Run without a thread pool, which costs tiny operations more than it gives."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def models() -> tuple[Decoder, Decoder]:
    """Target and draft in float64, so that no two logits are near ties."""
    return load("target").double(), load("draft").double()


def encoded(text: str) -> torch.Tensor:
    return torch.tensor([load_tokenizer().encode(text).ids])


def plain_greedy(model: Decoder, prompt: torch.Tensor, count: int) -> torch.Tensor:
    text = prompt
    for _ in range(count):
        text = torch.cat([text, model(text)[:, -1:].argmax(-1)], 1)
    return text


def law_of_two(model: Decoder, prompt: torch.Tensor) -> np.ndarray:
    """The plain sampler's law of the next two tokens: float64 [V, V]."""
    vocabulary = torch.arange(tiny_models.VOCABULARY)[:, None]
    first = (model(prompt)[0, -1] / TEMPERATURE).double().softmax(-1)
    continued = torch.cat([prompt.expand(len(vocabulary), -1), vocabulary], 1)
    second = (model(continued)[:, -1] / TEMPERATURE).double().softmax(-1)
    law: np.ndarray = (first[:, None] * second).numpy()
    return law


def p_value(text: torch.Tensor, law: np.ndarray) -> float:
    """Chi-square of the last two tokens against ``law``, pairs expected fewer than 25 times pooled."""
    pairs = text[:, -2].numpy() * tiny_models.VOCABULARY + text[:, -1].numpy()
    seen = np.bincount(pairs, minlength=law.size)
    expected = law.ravel() * len(text)
    frequent = expected >= 25
    seen = np.append(seen[frequent], seen[~frequent].sum())
    expected = np.append(expected[frequent], expected[~frequent].sum())
    assert len(expected) > 10
    return float(chi2.sf(((seen - expected) ** 2 / expected).sum(), len(expected) - 1))


@pytest.mark.parametrize("drafts", [1, 4])
@pytest.mark.parametrize("prompt", PROMPTS)
def test_greedy_speculation_is_plain_greedy(
    models: tuple[Decoder, Decoder], prompt: str, drafts: int
) -> None:
    given, seeds = encoded(prompt), torch.zeros(1, dtype=torch.int64)
    made = speculate.speculate(*models, given, 32, temperature=0, drafts=drafts, seeds=seeds)
    assert made.text.tolist() == plain_greedy(models[0], given, 32).tolist()
    assert 0 < made.accepted < drafts * made.steps


@pytest.mark.parametrize("rule", ["token", "block"])
def test_sampled_speculation_has_the_plain_samplers_law(rule: Rule) -> None:
    target, draft = load("target"), load("draft")
    prompt, seeds = encoded("The with statement is"), torch.arange(REQUESTS)
    made = speculate.speculate(
        target,
        draft,
        prompt.expand(REQUESTS, -1),
        2,
        temperature=TEMPERATURE,
        drafts=2,
        seeds=seeds,
        rule=rule,
    )
    assert p_value(made.text, law_of_two(target, prompt)) > FALSE_ALARM
    assert p_value(made.text, law_of_two(draft, prompt)) < FALSE_ALARM  # the test sees a wrong law
    assert 0 < made.accepted.sum() < 2 * made.steps.sum()


@pytest.mark.parametrize("rule", ["token", "block"])
def test_a_request_does_not_depend_on_its_batch(models: tuple[Decoder, Decoder], rule: Rule) -> None:
    seeds = torch.tensor([3, 1, 4, 15, 9])
    prompt = encoded(PROMPTS[1])

    def generate(seeds: torch.Tensor) -> speculate.Generated:
        given = prompt.expand(len(seeds), -1)
        return speculate.speculate(*models, given, 24, temperature=1.0, drafts=3, seeds=seeds, rule=rule)

    together = generate(seeds)
    assert len({tuple(row) for row in together.text.tolist()}) == len(seeds)
    for row, seed in enumerate(seeds):
        alone = generate(seed[None])
        assert all(torch.equal(whole[row], one[0]) for whole, one in zip(together, alone, strict=True))


def test_rolled_back_cache_equals_recomputation(models: tuple[Decoder, Decoder]) -> None:
    target, _ = models
    text = torch.randint(512, (3, 12), generator=torch.Generator().manual_seed(0))
    cache = Cache(target, 3, 20)
    target(text, cache)
    kept = torch.tensor([4, 9, 0])
    cache.rollback(kept)
    new = text.flip(1)[:, :5]
    logits = target(new, cache)
    assert cache.lengths.tolist() == (kept + 5).tolist()
    for row, length in enumerate(kept):
        whole = torch.cat([text[row, :length], new[row]])[None]
        torch.testing.assert_close(logits[row], target(whole)[0, length:], rtol=1e-9, atol=1e-9)


def test_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "--prompt import --tokens 12 --temperature 0.5 --drafts 3 --seed 7 --device cpu"
    monkeypatch.setattr("sys.argv", ["speculate.py", *arguments.split()])
    speculate.main()
    shown = capsys.readouterr().out
    assert shown.startswith("import")
    assert "passes of the target" in shown
    assert "drafts accepted" in shown


@pytest.mark.parametrize("arguments", [["--drafts", "0"], ["--tokens", "600"], ["--prompt", ""]])
def test_command_line_refuses(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setattr("sys.argv", ["speculate.py", *arguments])
    with pytest.raises(SystemExit, match="2"):
        speculate.main()


def test_committed_models_are_small() -> None:
    files = [path for path in tiny_models.MODELS.iterdir() if path.suffix in {".safetensors", ".json"}]
    assert len(files) == 3
    assert sum(path.stat().st_size for path in files) < 4_000_000
    assert load_tokenizer().get_vocab_size() == tiny_models.VOCABULARY


def test_training_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_tiny_models, "BATCH", 4)
    monkeypatch.setattr(train_tiny_models, "CONTEXT", 16)
    training, held_out = train_tiny_models.split(train_tiny_models.documents()[:40])
    assert (len(training), len(held_out)) == (38, 2)
    tokenizer = train_tiny_models.train_tokenizer(training)
    assert tokenizer.to_str() == train_tiny_models.train_tokenizer(training).to_str()
    assert tokenizer.decode(tokenizer.encode(held_out[1]).ids) == held_out[1]

    tokens = train_tiny_models.encode(tokenizer, training)[:64]
    torch.manual_seed(0)
    model = Decoder(Shape(width=32, layers=1, hidden=32))
    losses: list[float] = []

    def loss_of(seen: torch.Tensor, following: torch.Tensor) -> torch.Tensor:
        loss = train_tiny_models.cross_entropy(model(seen), following)
        losses.append(loss.item())
        return loss

    train_tiny_models.train(model, loss_of, tokens, 60, torch.Generator().manual_seed(0))
    assert losses[-1] < losses[0] - 1


def test_recorded_drafts_have_the_recorded_law() -> None:
    target, draft = load("target"), load("draft")
    prompts = encoded(PROMPTS[0]).expand(1024, -1)
    trace = record_traces.record(target, draft, prompts, TEMPERATURE, seed=1)
    expected = len(prompts) * probabilities(trace["draft_logits"][:1, 0], TEMPERATURE)[0]
    seen = np.bincount(trace["draft_tokens"][:, 0], minlength=len(expected))
    assert (np.abs(seen - expected) <= 6 * np.sqrt(expected) + 6).all()
