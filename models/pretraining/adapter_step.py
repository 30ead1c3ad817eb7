"""One training step of an adapter of the slice encoder as an ONNX graph, so that the engine adapts to a system without PyTorch.

    python adapter_step.py ../encoder

URCL (losses.py) on the unlabelled slices of a workspace, the encoder itself unchanged: an embedding x becomes the unit vector along
x + x down up + bias. Writes adapter-step.onnx and the `adapterStep` part of manifest.json; refuses to when torch and ONNX Runtime
differ by more than 1e-5. Letters: B slices, M modalities, D dimension, R rank.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from step_graph import Adam, export_step

MODALITIES = 3
EXCLUDED = -1e4

SHAPES: dict[str, tuple[str, ...]] = {
    "slices": ("B", "D"),
    "modalities": ("B", "M", "D"),
    "present": ("B", "M"),
    "overlap": ("B", "B"),
    "down": ("D", "R"),
    "up": ("R", "D"),
    "bias": ("D",),
    "m_down": ("D", "R"),
    "v_down": ("D", "R"),
    "m_up": ("R", "D"),
    "v_up": ("R", "D"),
    "m_bias": ("D",),
    "v_bias": ("D",),
    "step": (),
    "learning_rate": (),
    "pull": (),
    "scale": (),
    "temporal": (),
}
#: What a step changes, in the order of the outputs.
STATE = ("down", "up", "bias", "m_down", "v_down", "m_up", "v_up", "m_bias", "v_bias")


class StepInputs(NamedTuple):
    """Shapes as in SHAPES, all f32; rows of slices and of present modalities are unit vectors."""

    slices: Tensor
    modalities: Tensor
    present: Tensor  # 1 or 0
    overlap: Tensor  # shared time of two slices over the shorter one's, 1 on the diagonal, 0 across runs
    down: Tensor
    up: Tensor
    bias: Tensor
    m_down: Tensor  # first and second moments, 0 before the first step
    v_down: Tensor
    m_up: Tensor
    v_up: Tensor
    m_bias: Tensor
    v_bias: Tensor
    step: Tensor  # from 1
    learning_rate: Tensor
    pull: Tensor  # of down, up and bias towards 0
    scale: Tensor  # of cosines as logits
    temporal: Tensor  # weight of temporal consistency beside alignment


class Gradients(NamedTuple):
    loss: Tensor  # ()
    down: Tensor
    up: Tensor
    bias: Tensor


class Adapted(NamedTuple):
    """Rows before and after adapting, and what their gradient needs."""

    x: Tensor  # (N, D)
    inner: Tensor  # (N, R) x down
    length: Tensor  # (N, 1)
    y: Tensor  # (N, D) unit vectors


def adapt(x: Tensor, down: Tensor, up: Tensor, bias: Tensor) -> Adapted:
    inner = x @ down
    moved = x + inner @ up + bias
    length = (moved * moved).sum(1, keepdim=True).sqrt().clamp(min=1e-6)
    return Adapted(x, inner, length, moved / length)


def back(rows: Adapted, d_y: Tensor, up: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gradient of the adapted rows -> of down, up and bias."""
    d_moved = (d_y - rows.y * (d_y * rows.y).sum(1, keepdim=True)) / rows.length
    return rows.x.T @ (d_moved @ up.T), rows.inner.T @ d_moved, d_moved.sum(0)


def aligned(a: Tensor, b: Tensor, both: Tensor, blocked: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """`alignment_loss` of one pair of modalities. a, b (B, D), both (B,), blocked (B, B) -> loss, gradients of a and b, 1 if it counts"""
    usable = (both.sum() >= 2).to(a.dtype)  # one slice alone has nothing to be told from
    part = both / both.sum().clamp(min=1.0) * usable / 2
    logits = a @ b.T * scale + EXCLUDED * blocked
    own = torch.eye(a.shape[0], dtype=a.dtype)
    loss, d_logits = a.new_zeros(()), torch.zeros_like(logits)
    for dim, columns, weight in ((1, both[None], part[:, None]), (0, both[:, None], part[None])):
        log_p = torch.log_softmax(logits + EXCLUDED * (1 - columns), dim)
        loss = loss - (weight * own * log_p).sum()
        d_logits = d_logits + weight * (log_p.exp() - own)
    return loss, d_logits @ b * scale, d_logits.T @ a * scale, usable


def consistent(y: Tensor, overlap: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """`temporal_loss`: y (B, D), overlap (B, B) -> loss, gradient of y"""
    itself = torch.eye(y.shape[0], dtype=y.dtype)
    weights = overlap * (1 - itself)
    total = weights.sum(1, keepdim=True)
    rows = (total > 0).to(y.dtype)
    target = weights / total.clamp(min=1e-6)
    part = rows / rows.sum().clamp(min=1.0)
    log_p = torch.log_softmax(y @ y.T * scale + EXCLUDED * itself, 1)
    d_logits = part * (log_p.exp() - target)
    return -(part * target * log_p).sum(), (d_logits + d_logits.T) @ y * scale


def gradients(i: StepInputs) -> Gradients:
    """Worked out by hand, because the exporter's tracer does not see what autograd does."""
    whole = adapt(i.slices, i.down, i.up, i.bias)
    views = [adapt(i.modalities[:, m], i.down, i.up, i.bias) for m in range(MODALITIES)]
    blocked = (i.overlap > 0).to(i.slices.dtype) * (1 - torch.eye(i.slices.shape[0], dtype=i.slices.dtype))
    d_views = [torch.zeros_like(view.y) for view in views]
    loss, terms = i.slices.new_zeros(()), i.slices.new_zeros(())
    for a, b in combinations(range(MODALITIES), 2):
        term, d_a, d_b, usable = aligned(views[a].y, views[b].y, i.present[:, a] * i.present[:, b], blocked, i.scale)
        d_views[a], d_views[b] = d_views[a] + d_a, d_views[b] + d_b
        loss, terms = loss + term, terms + usable
    terms = terms.clamp(min=1.0)
    term, d_whole = consistent(whole.y, i.overlap, i.scale)
    parts = [back(whole, d_whole * i.temporal, i.up)]
    parts += [back(view, d_view / terms, i.up) for view, d_view in zip(views, d_views, strict=True)]
    down, up, bias = (torch.stack(of).sum(0) for of in zip(*parts, strict=True))
    return Gradients(loss / terms + i.temporal * term, down, up, bias)


class AdapterStep(nn.Module):
    """Adam on the loss + pull / 2 (|down|² + |up|² + |bias|²); the loss it gives is without the pull."""

    def __init__(self) -> None:
        super().__init__()
        self.adam = Adam()

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        i = StepInputs(*inputs)
        g = gradients(i)
        unbias = self.adam.unbias(i.step, i.slices)

        def update(value: Tensor, m: Tensor, v: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            return self.adam.update(value, m, v, gradient + i.pull * value, unbias, i.learning_rate)

        down, m_down, v_down = update(i.down, i.m_down, i.v_down, g.down)
        up, m_up, v_up = update(i.up, i.m_up, i.v_up, g.up)
        bias, m_bias, v_bias = update(i.bias, i.m_bias, i.v_bias, g.bias)
        return g.loss, down, up, bias, m_down, v_down, m_up, v_up, m_bias, v_bias


def random_inputs(sizes: dict[str, int], seed: int = 0, step: float = 1.0) -> StepInputs:
    """A step in the middle of training. Every third slice lacks a modality, neighbours overlap by half. @param sizes: of B, D and R"""
    rng = np.random.default_rng(seed)
    sizes = {"M": MODALITIES, **sizes}
    values = {
        name: torch.from_numpy(rng.normal(size=tuple(sizes[letter] for letter in shape)).astype(np.float32))
        for name, shape in SHAPES.items()
    }
    for name in ("v_down", "v_up", "v_bias"):
        values[name] = values[name].abs() + 0.1
    for name in ("down", "up", "bias"):
        values[name] = values[name] * 0.1
    slot = torch.arange(sizes["B"])
    present = (slot[:, None] + torch.arange(MODALITIES)) % 3 > 0
    present[::2] = True
    values["present"] = present.float()
    values["slices"] = nn.functional.normalize(values["slices"], dim=-1)
    values["modalities"] = nn.functional.normalize(values["modalities"], dim=-1) * values["present"][..., None]
    values["overlap"] = (1 - (slot[:, None] - slot).abs() / 2).clamp(min=0).float()
    rates = {"step": step, "learning_rate": 0.01, "pull": 0.02, "scale": 20.0, "temporal": 2.0}
    return StepInputs(**{**values, **{name: torch.tensor(value) for name, value in rates.items()}})


def export(target: Path) -> None:
    sizes = {"B": 7, "D": 11, "R": 4}
    others = [random_inputs(other, step=9.0) for other in (sizes, dict.fromkeys(sizes, 1), {"B": 128, "D": 128, "R": 8})]
    export_step(target, "adapterStep", "adapter-step.onnx", AdapterStep(), SHAPES, STATE, random_inputs(sizes), others, fixed="M")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, help="models/encoder")
    export(parser.parse_args().target)


if __name__ == "__main__":
    main()
