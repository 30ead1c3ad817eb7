"""The step of the small heads: its gradients are those of autograd, its updates those of torch.optim.Adam, its graph computes the same."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from head_step import SHAPES, STATE, HeadStep, StepInputs, export, gradients, random_inputs
from manifest import update_manifest
from onnx_tools import session, sha256
from step_graph import difference, outputs_of

OUTPUTS = outputs_of(STATE)
SIZES = [
    {"N": 7, "C": 5, "F": 11, "P": 6, "S": 4, "R": 3},
    {"N": 1, "C": 2, "F": 1, "P": 1, "S": 1, "R": 1},
    {"N": 1, "C": 2, "F": 9, "P": 1, "S": 3, "R": 2},
    {"N": 40, "C": 12, "F": 18, "P": 1, "S": 1, "R": 1},
    {"N": 50, "C": 10, "F": 150, "P": 10, "S": 8, "R": 2},
    {"N": 3, "C": 4, "F": 5, "P": 4, "S": 0, "R": 1},
]


def doubled(inputs: StepInputs) -> StepInputs:
    return StepInputs(*(value.double() if value.is_floating_point() else value for value in inputs))


def plain_loss(i: StepInputs, base: Tensor, mix: Tensor, basis: Tensor) -> Tensor:
    """The formula of the module's doc, word by word."""
    conditioned = torch.einsum("ns,sr,rpf->npf", i.membership, mix, basis) + base
    logits = i.offset + torch.einsum("ncf,cp,npf->nc", i.x, i.tie, conditioned)
    return (i.weight * F.cross_entropy(logits, i.target, reduction="none")).sum() / i.weight.sum()


@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_are_those_of_autograd(sizes: dict[str, int]):
    inputs = random_inputs(sizes)
    inputs = inputs._replace(x=inputs.x / sizes["F"] ** 0.5)
    for i in (inputs, doubled(inputs)):
        parameters = [value.clone().requires_grad_() for value in (i.base, i.mix, i.basis)]
        loss = plain_loss(i, *parameters)
        expected = torch.autograd.grad(loss, parameters)
        found = gradients(i)
        assert found.loss.item() == pytest.approx(loss.item(), rel=1e-6)
        for a, b in zip(found[1:], expected, strict=True):
            torch.testing.assert_close(a, b, atol=1e-6, rtol=0)


def test_excluded_candidates_and_examples_without_weight_have_no_gradient():
    i = random_inputs({"N": 2, "C": 3, "F": 4, "P": 3, "S": 2, "R": 1})
    offset = torch.zeros(2, 3)
    offset[:, 2] = -1e4
    i = i._replace(offset=offset, target=torch.tensor([0, 1]), tie=torch.eye(3), weight=torch.tensor([1.0, 0.0]))
    found = gradients(i)
    assert found.base[2].abs().max() == 0
    assert found.base[:2].abs().max() > 0
    torch.testing.assert_close(found, gradients(i._replace(x=i.x * torch.tensor([1.0, 5.0])[:, None, None])))


def run_steps(i: StepInputs, steps: int) -> tuple[list[float], StepInputs]:
    """Losses before each step, and the inputs of the step after the last."""
    module, losses = HeadStep(), []
    for step in range(1, steps + 1):
        loss, *state = module(*i._replace(step=torch.tensor(float(step))))
        losses.append(loss.item())
        i = i._replace(**dict(zip(STATE, state, strict=True)))
    return losses, i


def untrained(i: StepInputs) -> StepInputs:
    return i._replace(**{name: torch.zeros_like(getattr(i, name)) for name in STATE[3:]})


@pytest.mark.parametrize(("sizes", "steps"), [(SIZES[0], 1), (SIZES[0], 200), (SIZES[1], 200), (SIZES[4], 50)])
def test_steps_are_those_of_adam_around_the_anchor(sizes: dict[str, int], steps: int):
    i = untrained(doubled(random_inputs(sizes)))
    # Decay of the distance from the anchor pulls towards the anchor.
    distance, mix, basis = ((value.clone()).requires_grad_() for value in (i.base - i.anchor, i.mix, i.basis))
    groups = [
        {"params": [distance], "weight_decay": i.pull.item()},
        {"params": [mix, basis], "weight_decay": i.state_pull.item()},
    ]
    optimiser = torch.optim.Adam(groups, lr=i.learning_rate.item(), betas=(0.9, 0.999), eps=1e-8)
    expected = []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = plain_loss(i, i.anchor + distance, mix, basis)
        loss.backward()
        expected.append(loss.item())
        optimiser.step()
    losses, after = run_steps(i, steps)
    np.testing.assert_allclose(losses, expected, atol=1e-9)
    for found, wanted in ((after.base, i.anchor + distance), (after.mix, mix), (after.basis, basis)):
        torch.testing.assert_close(found, wanted.detach(), atol=1e-8, rtol=0)


def test_weights_without_examples_go_to_the_anchor():
    i = untrained(random_inputs(SIZES[0]))
    _, after = run_steps(i._replace(x=torch.zeros_like(i.x)), 500)
    torch.testing.assert_close(after.base, i.anchor, atol=1e-3, rtol=0)


def test_without_states_training_ends_at_the_penalised_optimum():
    i = untrained(doubled(random_inputs(SIZES[0])))
    i = i._replace(mix=torch.zeros_like(i.mix), basis=torch.zeros_like(i.basis), learning_rate=torch.tensor(0.01))
    _, after = run_steps(i, 3000)
    gradient = gradients(after).base + i.pull * (after.base - i.anchor)
    assert gradient.abs().max() < 1e-4


def test_separable_examples_are_classified_and_the_loss_falls():
    rng = np.random.default_rng(1)
    target = torch.from_numpy(rng.integers(0, 3, 30))
    x = F.one_hot(target, 3).float() + 0.1 * torch.from_numpy(rng.normal(size=(30, 3)).astype(np.float32))
    i = untrained(random_inputs({"N": 30, "C": 3, "F": 3, "P": 3, "S": 2, "R": 1}))
    i = i._replace(x=x[:, None].expand(30, 3, 3), offset=torch.zeros(30, 3), target=target, tie=torch.eye(3))
    i = i._replace(base=torch.zeros(3, 3), anchor=torch.zeros(3, 3), pull=torch.tensor(0.003), weight=torch.ones(30))
    losses, after = run_steps(i, 120)
    assert all(b < a for a, b in pairwise(losses[:10]))
    assert losses[-1] < 0.1 < losses[0]
    assert (x @ after.base.T).argmax(1).tolist() == target.tolist()


def test_states_are_told_apart_where_one_row_of_weights_cannot():
    """The same features mean opposite things in two states: only mix and basis can say so."""
    x = torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])
    i = untrained(random_inputs({"N": 4, "C": 2, "F": 1, "P": 1, "S": 2, "R": 1}))
    i = i._replace(
        x=x[:, None].expand(4, 2, 1),
        offset=torch.zeros(4, 2),
        target=torch.tensor([0, 1, 1, 0]),
        weight=torch.ones(4),
        membership=torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]),
        tie=torch.tensor([[0.0], [1.0]]),
        base=torch.zeros(1, 1),
        anchor=torch.zeros(1, 1),
        mix=torch.zeros(2, 1),
        basis=torch.full((1, 1, 1), 0.02),
        state_pull=torch.tensor(0.01),
    )
    losses, _ = run_steps(i, 150)
    assert losses[0] == pytest.approx(np.log(2))
    assert losses[-1] < 0.05


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    update_manifest(folder, "text", {"name": "t"})
    update_manifest(folder, "slice", {"name": "s"})
    export(folder)
    return folder


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("step", [1.0, 700.0])
def test_the_graph_gives_what_the_module_gives(folder: Path, sizes: dict[str, int], step: float):
    inputs = random_inputs(sizes, seed=3, step=step)
    assert difference(folder / "head-step.onnx", HeadStep(), inputs._replace(x=inputs.x / sizes["F"] ** 0.5), OUTPUTS) < 2e-6


def test_the_graph_trains_as_the_module_does(folder: Path):
    i = untrained(random_inputs(SIZES[0]))
    expected, after = run_steps(i, 60)
    graph = session(folder / "head-step.onnx")
    feed = {name: value.numpy() for name, value in i._asdict().items()}
    losses = []
    for step in range(1, 61):
        loss, *state = graph.run(list(OUTPUTS), {**feed, "step": np.array(step, np.float32)})
        losses.append(float(np.asarray(loss)))
        feed |= dict(zip(STATE, state, strict=True))
    np.testing.assert_allclose(losses, expected, atol=1e-4)
    np.testing.assert_allclose(feed["base"], after.base.numpy(), atol=1e-3)


def test_the_manifest_names_the_graph_and_keeps_its_other_parts(folder: Path):
    manifest = json.loads((folder / "manifest.json").read_text())
    part = manifest["headStep"]
    assert sha256(folder / part["file"]) == part["sha256"]
    assert tuple(part["inputs"]) == tuple(SHAPES)
    assert tuple(part["outputs"]) == OUTPUTS
    assert part["outputs"]["next_basis"]["shape"] == ["R", "P", "F"]
    assert (manifest["text"], manifest["slice"]) == ({"name": "t"}, {"name": "s"})
    update_manifest(folder, "slice", {"name": "other"})
    assert json.loads((folder / "manifest.json").read_text())["headStep"] == part
