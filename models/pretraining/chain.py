"""Slices of a run in their order: the numbers of src/core/heads/sliceChain.ts, and how they are learned.

A linear-chain conditional random field of two states, usual and abnormal. It is trained on the marginals of the slices that are known to be
normal or failing; those at the edges of failures, which are neither, take part as what lies between. Letters: S slices, R runs, N slices of
the longest run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from fitting import minimise

#: As in sliceChain.ts. Log loss and AUROC on 95 held-out systems: .05 .351, .913; .1 .355, .911; .2 .360, .908; .3 .365, .906;
#: without what the calmest say .377, .901; without the order .384, .891; each slice alone .388, .889. With less than .2 a fault of
#: the TrainTicket day is lost.
CALM_SHARE = 0.2
#: As toLogit in src/core/heads/headWeights.ts.
MOST_LOGIT = 12.0


@dataclass(frozen=True)
class Order:
    """How the slices of a folder follow each other."""

    system: np.ndarray  # (S,) ascending
    follows: np.ndarray  # (S,) bool, whether a slice touches the one before, which is of the same system

    def pad(self, values: Tensor) -> Tensor:
        """(S,) -> (R, N), 0 where a run has no slice"""
        padded = values.new_zeros(len(self.lengths), int(self.lengths.max()))
        padded[self.row, self.place] = values
        return padded

    def flat(self, padded: Tensor) -> Tensor:
        """(R, N) -> (S,)"""
        return padded[self.row, self.place]

    @property
    def lengths(self) -> np.ndarray:
        return np.unique(self.system, return_counts=True)[1]

    @property
    def row(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @property
    def place(self) -> np.ndarray:
        return np.concatenate([np.arange(length) for length in self.lengths])


@dataclass(frozen=True)
class Chain:
    """What a slice says by itself, and the log-potential of two in a row being alike, usual or abnormal: of one of each 0. All ().

    Potentials of their own for usual and for abnormal would say no more: what they differ by can be moved into the bias.
    """

    scale: Tensor
    calm: Tensor
    bias: Tensor
    stay: Tensor

    def __call__(self, logits: Tensor, order: Order) -> Tensor:
        """logits (S,) of each slice by itself -> (S,) given all slices of its run"""
        return order.flat(self.marginals(order.pad(logits.clamp(-MOST_LOGIT, MOST_LOGIT)), order))

    def marginals(self, alone: Tensor, order: Order) -> Tensor:
        """(R, N) -> (R, N)"""
        calm = torch.stack([torch.quantile(row[:length], CALM_SHARE) for row, length in zip(alone, order.lengths, strict=True)])
        own = self.scale * alone + self.calm * calm[:, None] + self.bias
        follows = order.pad(torch.from_numpy(order.follows).float()) > 0
        # Beside a hole in time stands a usual neighbour; what lies before and after the run is not known. (Simulated failures keep away
        # from both ends of a run; with a usual neighbour there too, AUROC is .005 higher, by that alone.)
        usual, unknown, last = -self.stay, torch.zeros(len(own)), torch.from_numpy(order.lengths)
        before, after = [unknown], [unknown]
        for at in range(1, own.shape[1]):
            before.append(torch.where(follows[:, at], self.tell(before[-1] + own[:, at - 1]), usual))
        for at in range(own.shape[1] - 1, 0, -1):
            beside = torch.where(follows[:, at], self.tell(after[-1] + own[:, at]), usual)
            after.append(torch.where(last > at, beside, unknown))
        return own + torch.stack(before, 1) + torch.stack(after[::-1], 1)

    def tell(self, odds: Tensor) -> Tensor:
        """What one end of a link tells the other: the log-odds of abnormal, from those that its own end has without that link."""
        return F.softplus(odds + self.stay) - F.softplus(odds - self.stay) - self.stay

    def to_json(self) -> dict[str, float]:
        values = {"scale": self.scale, "calm": self.calm, "bias": self.bias, "stay": self.stay}
        return {name: round(float(value), 4) for name, value in values.items()}


def fit_chain(logits: Tensor, order: Order, known: np.ndarray, targets: Tensor) -> Chain:
    """logits (S,) of each slice by a head that saw none of its system, targets of the rows `known`: 1 failing"""
    start = (1.0, 0.0, 0.0, 0.5)
    parameters = [torch.tensor(value, requires_grad=True) for value in start]
    minimise(parameters, lambda: F.binary_cross_entropy_with_logits(Chain(*parameters)(logits, order)[known], targets))
    return Chain(*(parameter.detach() for parameter in parameters))
