"""One training step of the small heads as an ONNX graph, so that the engine trains them without PyTorch: forward, backward, Adam.

    python head_step.py ../encoder

Writes head-step.onnx and the `headStep` part of manifest.json. Refuses to when torch and ONNX Runtime differ by more than 1e-5.
Letters: N examples, C candidates (types, entities, or 2 for detection), F features, P rows of weights, S states, R rank. All may be 1.

    logits[n, c] = offset[n, c] + x[n, c] · (tie base)[c] + Σ_r (membership mix)[n, r] · x[n, c] · (tie basis[r])[c]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from step_graph import Adam, export_step

SHAPES: dict[str, tuple[str, ...]] = {
    "x": ("N", "C", "F"),
    "offset": ("N", "C"),
    "target": ("N",),
    "weight": ("N",),
    "membership": ("N", "S"),
    "tie": ("C", "P"),
    "anchor": ("P", "F"),
    "base": ("P", "F"),
    "mix": ("S", "R"),
    "basis": ("R", "P", "F"),
    "m_base": ("P", "F"),
    "v_base": ("P", "F"),
    "m_mix": ("S", "R"),
    "v_mix": ("S", "R"),
    "m_basis": ("R", "P", "F"),
    "v_basis": ("R", "P", "F"),
    "step": (),
    "learning_rate": (),
    "pull": (),
    "state_pull": (),
}
#: What a step changes, in the order of the outputs.
STATE = ("base", "mix", "basis", "m_base", "v_base", "m_mix", "v_mix", "m_basis", "v_basis")


class StepInputs(NamedTuple):
    """Shapes as in SHAPES; f32 but for the targets."""

    x: Tensor
    offset: Tensor  # added to the logits; -1e4 excludes a candidate
    target: Tensor  # i64 in 0..C-1
    weight: Tensor  # >= 0, not all 0
    membership: Tensor  # how much an example belongs to each state
    tie: Tensor  # rows of weights of each candidate: the identity for types, ones where all candidates share one row
    anchor: Tensor  # what `base` is pulled towards
    base: Tensor
    mix: Tensor
    basis: Tensor
    m_base: Tensor  # first and second moments, 0 before the first step
    v_base: Tensor
    m_mix: Tensor
    v_mix: Tensor
    m_basis: Tensor
    v_basis: Tensor
    step: Tensor  # from 1
    learning_rate: Tensor
    pull: Tensor
    state_pull: Tensor


class Gradients(NamedTuple):
    loss: Tensor  # () mean cross-entropy, by `weight`
    base: Tensor  # (P, F)
    mix: Tensor  # (S, R)
    basis: Tensor  # (R, P, F)


def gradients(i: StepInputs) -> Gradients:
    """Worked out by hand, because the exporter's tracer does not see what autograd does. `base` counts as a basis that all share by 1."""
    weights = torch.cat([i.base[None], i.basis])  # (1+R, P, F)
    share = torch.cat([torch.ones_like(i.weight)[:, None], i.membership @ i.mix], 1)  # (N, 1+R)
    x = i.x.transpose(0, 1)  # (C, N, F)
    parts = x @ (i.tie @ weights).permute(1, 2, 0)  # (C, N, 1+R)
    logits = i.offset + (parts * share).sum(-1).T  # (N, C)

    log_p = torch.log_softmax(logits, 1)
    hit = (i.target[:, None] == torch.arange(i.x.shape[1])).to(i.x.dtype)  # (N, C)
    part = (i.weight / i.weight.sum())[:, None]  # (N, 1)
    loss = -(part * hit * log_p).sum()

    d_logits = (part * (log_p.exp() - hit)).T[..., None]  # (C, N, 1)
    d_share = (d_logits * parts).sum(0)  # (N, 1+R)
    d_tied = (d_logits * share).transpose(1, 2) @ x  # (C, 1+R, F)
    d_weights = i.tie.T @ d_tied.transpose(0, 1)  # (1+R, P, F)
    return Gradients(loss, d_weights[0], i.membership.T @ d_share[:, 1:], d_weights[1:])


class HeadStep(nn.Module):
    """Adam on cross-entropy + pull / 2 |base - anchor|² + state_pull / 2 (|mix|² + |basis|²);
    the loss it gives is the cross-entropy alone."""

    def __init__(self) -> None:
        super().__init__()
        self.adam = Adam()

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        i = StepInputs(*inputs)
        g = gradients(i)
        unbias = self.adam.unbias(i.step, i.x)

        def update(value: Tensor, m: Tensor, v: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            return self.adam.update(value, m, v, gradient, unbias, i.learning_rate)

        base, m_base, v_base = update(i.base, i.m_base, i.v_base, g.base + i.pull * (i.base - i.anchor))
        mix, m_mix, v_mix = update(i.mix, i.m_mix, i.v_mix, g.mix + i.state_pull * i.mix)
        basis, m_basis, v_basis = update(i.basis, i.m_basis, i.v_basis, g.basis + i.state_pull * i.basis)
        return g.loss, base, mix, basis, m_base, v_base, m_mix, v_mix, m_basis, v_basis


def random_inputs(sizes: dict[str, int], seed: int = 0, step: float = 1.0) -> StepInputs:
    """A step in the middle of training, with weights off their anchor. @param sizes: of each letter"""
    rng = np.random.default_rng(seed)
    values = {
        name: torch.from_numpy(rng.normal(size=tuple(sizes[letter] for letter in shape)).astype(np.float32))
        for name, shape in SHAPES.items()
    }
    for name in ("v_base", "v_mix", "v_basis", "weight"):
        values[name] = values[name].abs() + 0.1
    values["target"] = torch.from_numpy(rng.integers(0, sizes["C"], sizes["N"]))
    values["membership"] = torch.softmax(values["membership"], 1)
    rates = {"step": step, "learning_rate": 0.05, "pull": 0.3, "state_pull": 0.2}
    return StepInputs(**{**values, **{name: torch.tensor(value) for name, value in rates.items()}})


def export(target: Path) -> None:
    sizes = {"N": 7, "C": 5, "F": 11, "P": 6, "S": 4, "R": 3}
    others = [random_inputs(other, step=9.0) for other in (sizes, dict.fromkeys(sizes, 1), {**sizes, "C": 2, "P": 1})]
    export_step(target, "headStep", "head-step.onnx", HeadStep(), SHAPES, STATE, random_inputs(sizes), others, integers=("target",))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, help="models/encoder")
    export(parser.parse_args().target)


if __name__ == "__main__":
    main()
