"""Make a trace of chats: users who come back, on top of a few shared system prompts.

Prints JSON lines in the Mooncake format, one request per line in the order of time: input_length in
tokens and one hash id for each block of 512. A turn's prompt is the system prompt, all earlier turns
with their answers, and the new question; ids name whole prefixes, so equal ids mean equal blocks.
python examples/chat_trace.py --chats 300 > chats.jsonl
"""

import argparse
import json
from collections.abc import Iterator

import numpy as np

BLOCK = 512
SYSTEM_PROMPTS = np.array([3 * BLOCK, 2 * BLOCK, 5 * BLOCK])
POPULARITY = np.array([0.6, 0.3, 0.1])
TURNS = 4.0  # the mean of a geometric law
QUESTION, ANSWER = 400.0, 600.0  # mean tokens, log-normal
SPREAD = 0.8
THINKING = 90.0  # mean seconds between an answer and the next question
BETWEEN_CHATS = 4.0  # mean seconds


def requests(chats: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield the requests of ``chats`` chats; the same seed gives the same trace."""
    generator = np.random.default_rng(seed)
    start, turns = 0.0, []
    for chat in range(chats):
        start += generator.exponential(BETWEEN_CHATS)
        system = int(generator.choice(len(SYSTEM_PROMPTS), p=POPULARITY))
        time, length = start, int(SYSTEM_PROMPTS[system])
        for _ in range(generator.geometric(1 / TURNS)):
            length += _tokens(generator, QUESTION)
            answer = _tokens(generator, ANSWER)
            turns.append((time, chat, system, length, answer))
            length += answer
            time += generator.exponential(THINKING)
    ids: dict[tuple[int, ...], int] = {}
    for time, chat, system, length, answer in sorted(turns):
        blocks = [
            # The system prompt fills whole blocks; what follows belongs to the chat. A partial last block
            # is cut at another place in each turn, so it is nobody else's.
            (system, -1, block, BLOCK)
            if block < SYSTEM_PROMPTS[system] // BLOCK
            else (system, chat, block, min(BLOCK, length - block * BLOCK))
            for block in range(-(-length // BLOCK))
        ]
        yield {
            "timestamp": round(1000 * time),
            "input_length": length,
            "output_length": answer,
            "hash_ids": [ids.setdefault(block, len(ids)) for block in blocks],
        }


def _tokens(generator: np.random.Generator, mean: float) -> int:
    return max(1, int(generator.lognormal(np.log(mean) - SPREAD**2 / 2, SPREAD)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chats", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for request in requests(asked.chats, asked.seed):
        print(json.dumps(request))
