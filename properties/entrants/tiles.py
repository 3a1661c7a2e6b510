"""Two levels: the tile first, by the tiles' sums, then the id within it."""

import numpy as np

from draftproof.reference import Sampled, Status

CONFORMANCE = {"arrays": "numpy"}
TILE = 512


def sample(probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
    """Draw from each row."""
    B, V = probs.shape
    padded = np.zeros((B, -(-V // TILE) * TILE), np.float32)
    padded[:, :V] = np.where(np.isfinite(probs) & (probs > 0), probs, 0.0)
    tiles = padded.reshape(B, padded.shape[1] // TILE, TILE)
    tokens = np.array(
        [_draw(row, float(u)) for row, u in zip(tiles, uniforms, strict=True)], np.int32
    ).reshape(B)
    seen = ~np.isfinite(probs).all(-1)
    return Sampled(tokens, (Status.DEGENERATE * (tokens < 0) | Status.NAN_SEEN * seen).astype(np.int32))


def _draw(tiles: np.ndarray, uniform: float) -> int:
    """Draw from float32 tiles [n, TILE]; each tile adds itself up by itself."""
    within = tiles.cumsum(-1, dtype=np.float64)
    borders = within[:, -1].cumsum()
    aim = uniform * borders[-1]
    with_mass = np.flatnonzero(within[:, -1] > 0)
    if not len(with_mass):
        return -1
    beyond = with_mass[borders[with_mass] > aim]
    tile = int(beyond[0] if len(beyond) else with_mass[-1])
    rest = aim - (borders[tile - 1] if tile else 0.0)
    ids = np.flatnonzero(tiles[tile])
    inside = ids[within[tile, ids] > rest]
    return tile * TILE + int(inside[0] if len(inside) else ids[-1])
