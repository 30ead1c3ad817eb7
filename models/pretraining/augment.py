"""What training does to a batch so that the encoder trusts nothing that differs between systems: all by one generator, in numpy."""

from __future__ import annotations

import numpy as np

from config import BatchConfig
from data import MODALITIES
from packing import Packed

#: Numbers of a token that are the asinh of a deviation (TOKEN_NUMBERS in src/core/tokens/sliceTensors.ts).
DEVIATION, CALIBRATED, CHANGE = 4, 5, 9


def draw_dropout(rng: np.random.Generator, count: int, one: float, two: float) -> np.ndarray:
    """-> (count, M) bool: leaves one modality out with probability `one`, two with `two`."""
    u = rng.random(count)
    number = np.where(u < two, 2, np.where(u < one + two, 1, 0))
    rank = rng.random((count, MODALITIES)).argsort(1).argsort(1)  # a random order of the modalities for each slice
    return rank < number[:, None]


def scale_deviations(rng: np.random.Generator, packed: Packed, run: np.ndarray, families: int, cfg: BatchConfig) -> None:
    """In place. How large a deviation is depends on a system's calibration: each slice is scaled by one log-normal factor, each family
    of a run by another. run (B,) is any number that is equal for slices of one run."""
    _, index = np.unique(run, return_inverse=True)
    by_slice = rng.normal(size=len(run)) * cfg.scale_slice
    by_family = rng.normal(size=(int(index.max(initial=0)) + 1, families)) * cfg.scale_family
    owner = packed.group // (packed.entities * MODALITIES)  # (N,)
    factor = np.exp(by_slice[owner] + by_family[index[owner], packed.family])
    for column in (DEVIATION, CALIBRATED, CHANGE):
        packed.numbers[:, column] = np.arcsinh(np.sinh(packed.numbers[:, column].astype(np.float64)) * factor)
    packed.scores[:] *= np.exp(by_slice[:, None] + by_family[index])[:, None]


def draw_hidden(rng: np.random.Generator, packed: Packed, share: float) -> np.ndarray:
    """-> (N,) bool: tokens to hide, `share` of each second slice; the other slices stay whole, as they are when the encoder is used."""
    chosen = rng.random(len(packed.calls)) < 0.5
    owner = packed.group // (packed.entities * MODALITIES)
    return (rng.random(len(owner)) < share) & chosen[owner]


def hide_scores(packed: Packed, hidden: np.ndarray) -> None:
    """In place: the family score of an entity would tell the hidden token's deviation."""
    entity = packed.group[hidden] // MODALITIES  # B * E
    packed.scores.reshape(-1, packed.scores.shape[-1])[entity, packed.family[hidden]] = 0.0
