"""What the failure-type head reads of a slice beside its embedding: the numbers of toTypeFeatures in src/core/heads/headFeatures.ts.

The engine makes them of what it takes for the likely cause, which embeddings have a say in; training has to do the same.
"""

from __future__ import annotations

import numpy as np


def to_type_features(signed: np.ndarray, root: int) -> np.ndarray:
    """signed (E, F) calibrated family scores, below 0 where below usual; root: entity slot -> (3 F,) in 0..1

    The root's families above and below usual, then the strongest of each elsewhere, relative to the root's strongest.
    """
    strength = np.log1p(np.abs(signed.astype(np.float64)))
    relative = np.minimum(1, strength / max(np.log(2), strength[root].max()))
    above = np.where(signed[root] >= 0, relative[root], 0)
    elsewhere = np.delete(relative, root, axis=0).max(0, initial=0)
    return np.concatenate([above, relative[root] - above, elsewhere])
