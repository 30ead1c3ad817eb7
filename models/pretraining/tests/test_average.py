"""The mean of checkpoints: of what was learned, and only of those that share a beginning."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from average import average
from model_card import tell_before, tell_mean


def make(value: float, steps: int, **others: Any) -> dict[str, Any]:
    return {
        "model_config": {"dim": 2},
        "types": ["normal", "cpu"],
        "model": {"weight": torch.tensor([value, 2 * value])},
        "heads": {"bias": torch.tensor([-value])},
        "objectives": {"scale": torch.tensor(value)},
        "training": {"steps": steps, "minutes": 1.0},
        "metrics": {"root cause AC@1": {"encoder": value}},
        **others,
    }


def test_is_the_mean_of_all_that_was_learned_and_tells_so():
    after = make(4.0, 30, training={"steps": 30, "minutes": 2.0, "before": {"steps": 10, "minutes": 1.0, "data": "7 runs"}})
    averaged = average([make(1.0, 10), after])
    torch.testing.assert_close(averaged["model"]["weight"], torch.tensor([2.5, 5.0]))
    torch.testing.assert_close(averaged["heads"]["bias"], torch.tensor([-2.5]))
    torch.testing.assert_close(averaged["objectives"]["scale"], torch.tensor(2.5))
    assert averaged["model"]["weight"].dtype == torch.float32
    assert averaged["training"] == {**after["training"], "meanOfSteps": [10, 40]}
    # What the last one reached is not what the mean reaches.
    assert averaged["metrics"] == {}
    said = "; then the mean of the weights after 10 and after 40 steps in all was taken"
    assert tell_mean(averaged["training"]["meanOfSteps"]) == said
    assert tell_mean(None) == ""
    # Of what was trained further from the mean, the card tells it as well.
    assert f"2.0 minutes, 30 steps, 9 runs{said},\nfrom" in tell_before({**averaged["training"], "data": "9 runs"})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"types": ["normal", "delay"]}, "different types"),
        ({"model_config": {"dim": 3}}, "different model_config"),
        ({"heads": {"slope": torch.tensor([1.0])}}, "different names"),
        ({"model": {"weight": torch.zeros(3)}}, "different shapes"),
    ],
)
def test_refuses_weights_without_a_common_kind(changed: dict[str, Any], reason: str):
    with pytest.raises(ValueError, match=reason):
        average([make(1.0, 10), make(2.0, 20, **changed)])


def test_from_the_command_line(tmp_path: Path):
    for name, value in (("a", 1.0), ("b", 3.0)):
        torch.save(make(value, 10), tmp_path / f"{name}.pt")
    torch.save(make(1.0, 10, types=["normal"]), tmp_path / "other.pt")
    script = Path(__file__).parent.parent / "average.py"

    def call(*names: str) -> subprocess.CompletedProcess[str]:
        paths = [str(tmp_path / name) for name in names]
        return subprocess.run([sys.executable, str(script), *paths, "--out", str(tmp_path / "out.pt")], capture_output=True, text=True)

    refused = call("a.pt", "other.pt")
    assert refused.returncode == 1
    assert refused.stderr.startswith("not averaged: the checkpoints have different types")
    assert not (tmp_path / "out.pt").exists()
    assert call("a.pt").returncode == 2
    assert not (tmp_path / "out.pt").exists()
    assert call("a.pt", "b.pt").returncode == 0
    assert torch.load(tmp_path / "out.pt", weights_only=True)["heads"]["bias"].item() == -2.0
