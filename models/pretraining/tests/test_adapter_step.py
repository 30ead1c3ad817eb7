"""The adapter's step: its loss is URCL's, its gradients those of autograd, its updates those of Adam, its graph computes the same."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from adapter_step import SHAPES, STATE, AdapterStep, StepInputs, export, gradients, random_inputs
from losses import alignment_loss, temporal_loss
from manifest import update_manifest
from onnx_tools import session, sha256
from step_graph import difference, outputs_of

OUTPUTS = outputs_of(STATE)
SIZES = [
    {"B": 7, "D": 11, "R": 4},
    {"B": 1, "D": 1, "R": 1},
    {"B": 2, "D": 5, "R": 1},
    {"B": 96, "D": 128, "R": 8},
]


def doubled(inputs: StepInputs) -> StepInputs:
    return StepInputs(*(value.double() for value in inputs))


def urcl(i: StepInputs, down: Tensor, up: Tensor, bias: Tensor) -> Tensor:
    """With the terms that the encoder itself was trained by."""

    def adapted(x: Tensor) -> Tensor:
        return F.normalize(x + x @ down @ up + bias, dim=-1)

    # `alignment_loss` takes any overlap for a reason to leave a pair out, `temporal_loss` leaves the diagonal out itself.
    alignment = alignment_loss(adapted(i.modalities), i.present > 0, i.overlap, i.scale)
    return alignment + i.temporal * temporal_loss(adapted(i.slices), i.overlap, i.scale)


@pytest.mark.parametrize("sizes", SIZES)
def test_loss_and_gradients_are_those_of_urcl_by_autograd(sizes: dict[str, int]):
    i = doubled(random_inputs(sizes))
    parameters = [value.clone().requires_grad_() for value in (i.down, i.up, i.bias)]
    loss = urcl(i, *parameters)
    expected = torch.autograd.grad(loss, parameters, allow_unused=True)
    found = gradients(i)
    assert found.loss.item() == pytest.approx(loss.item(), rel=1e-9, abs=1e-12)
    for a, b, value in zip(found[1:], expected, parameters, strict=True):
        torch.testing.assert_close(a, torch.zeros_like(value) if b is None else b, atol=1e-9, rtol=0)


@pytest.mark.parametrize("kept", [[0], [0, 2], [1, 2]])
def test_missing_modalities_leave_the_terms_that_can_be_told(kept: list[int]):
    i = doubled(random_inputs(SIZES[0]))
    present = torch.zeros_like(i.present)
    present[:, kept] = 1
    i = i._replace(present=present, modalities=i.modalities * present[..., None])
    assert gradients(i).loss.item() == pytest.approx(urcl(i, i.down, i.up, i.bias).item(), rel=1e-9)


def test_slices_that_nothing_can_be_said_of_leave_the_adapter_alone():
    i = random_inputs(SIZES[0])
    found = gradients(i._replace(present=torch.zeros_like(i.present), overlap=torch.eye(7)))
    assert [value.abs().max().item() for value in found] == [0.0] * 4


def run_steps(i: StepInputs, steps: int) -> tuple[list[float], StepInputs]:
    """Losses before each step, and the inputs of the step after the last."""
    module, losses = AdapterStep(), []
    for step in range(1, steps + 1):
        loss, *state = module(*i._replace(step=torch.tensor(float(step))))
        losses.append(loss.item())
        i = i._replace(**dict(zip(STATE, state, strict=True)))
    return losses, i


def untrained(i: StepInputs) -> StepInputs:
    return i._replace(**{name: torch.zeros_like(getattr(i, name)) for name in ("up", "bias", *STATE[3:])})


def test_steps_are_those_of_adam_with_decay_in_the_gradient():
    i = untrained(doubled(random_inputs(SIZES[0])))
    parameters = [value.clone().requires_grad_() for value in (i.down, i.up, i.bias)]
    optimiser = torch.optim.Adam(parameters, lr=i.learning_rate.item(), weight_decay=i.pull.item(), eps=1e-8)
    expected = []
    for _ in range(60):
        optimiser.zero_grad()
        loss = urcl(i, *parameters)
        loss.backward()
        expected.append(loss.item())
        optimiser.step()
    losses, after = run_steps(i, 60)
    np.testing.assert_allclose(losses, expected, atol=1e-8)
    for found, wanted in zip((after.down, after.up, after.bias), parameters, strict=True):
        torch.testing.assert_close(found, wanted.detach(), atol=1e-7, rtol=0)


def test_a_turned_modality_is_turned_back():
    """One direction is all that keeps two modalities apart: low rank is enough to find it."""
    rng = np.random.default_rng(3)
    shared = F.normalize(torch.from_numpy(rng.normal(size=(24, 12)).astype(np.float32)), dim=-1)
    moved = F.normalize(shared + 1.5 * F.one_hot(torch.tensor(4), 12), dim=-1)
    i = untrained(random_inputs({"B": 24, "D": 12, "R": 2}))
    i = i._replace(
        modalities=torch.stack([shared, moved, torch.zeros(24, 12)], 1),
        slices=shared,
        present=torch.tensor([1.0, 1.0, 0.0]).expand(24, 3),
        overlap=torch.eye(24),
        pull=torch.tensor(1e-3),
    )
    losses, _ = run_steps(i, 200)
    assert all(b < a for a, b in pairwise(losses[:5]))
    assert losses[-1] < 0.6 * losses[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    update_manifest(folder, "slice", {"name": "s"})
    export(folder)
    return folder


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("step", [1.0, 700.0])
def test_the_graph_gives_what_the_module_gives(folder: Path, sizes: dict[str, int], step: float):
    assert difference(folder / "adapter-step.onnx", AdapterStep(), random_inputs(sizes, seed=3, step=step), OUTPUTS) < 1e-5


def test_the_manifest_names_the_graph_and_keeps_its_other_parts(folder: Path):
    manifest = json.loads((folder / "manifest.json").read_text())
    part = manifest["adapterStep"]
    assert sha256(folder / part["file"]) == part["sha256"]
    assert tuple(part["inputs"]) == tuple(SHAPES)
    assert tuple(part["outputs"]) == OUTPUTS
    assert part["inputs"]["overlap"]["shape"] == ["B", "B"]
    assert manifest["slice"] == {"name": "s"}
    assert session(folder / part["file"]).get_inputs()[0].shape == ["B", "D"]
