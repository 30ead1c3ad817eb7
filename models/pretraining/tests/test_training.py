"""A short training on synthetic runs: it learns, resumes to the same weights, exports, and refuses what it should."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from synthetic import write_data

from config import BatchConfig, Config, OptimiserConfig, ReportConfig, read_config
from data import read_run
from evaluate import evaluate_recordings, fit_untrained
from model import ModelConfig
from train import train

TINY = Config(
    model=ModelConfig(dim=32, token_dim=16, lower_layers=1, upper_layers=1, dropout=0.0),
    batch=BatchConfig(runs=3, pairs_per_run=3, drop_one_modality=0.1, drop_two_modalities=0.0),
    optimiser=OptimiserConfig(steps=60, warm_up=5, learning_rate=3e-3, max_minutes=1e6),
    report=ReportConfig(every=10),
)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_data(folder, train=6, held_out=2)
    return folder


def test_learns_what_the_faults_are(data: Path, tmp_path: Path):
    checkpoint = train(TINY, data, tmp_path, CPU)
    metrics = checkpoint["metrics"]
    assert metrics["root cause AC@1"]["encoder"] > 3 * metrics["root cause AC@1"]["chance"]
    assert metrics["detection AUROC"]["encoder"] > 0.9
    rows = (tmp_path / "curves.csv").read_text().splitlines()
    assert len(rows) == 7
    assert float(rows[-1].split(",")[2]) < float(rows[1].split(",")[2])
    assert "<polyline" in (tmp_path / "curves.svg").read_text()


def test_a_resumed_training_ends_with_the_same_weights(data: Path, tmp_path: Path):
    short = replace(TINY, optimiser=replace(TINY.optimiser, steps=20))
    whole = train(short, data, tmp_path / "whole", CPU)

    class Stop(Exception):
        pass

    saved = torch.save

    def stop_after_saving(state, path):
        saved(state, path)
        if state.get("step") == 10:
            raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "save", stop_after_saving)
        with pytest.raises(Stop):
            train(short, data, tmp_path / "half", CPU)
    resumed = train(short, data, tmp_path / "half", CPU)
    for name, weight in whole["model"].items():
        torch.testing.assert_close(resumed["model"][name], weight, atol=1e-6, rtol=0)


def test_refuses_to_resume_with_other_settings(data: Path, tmp_path: Path):
    short = replace(TINY, optimiser=replace(TINY.optimiser, steps=10))
    train(short, data, tmp_path, CPU)
    with pytest.raises(SystemExit, match="other settings"):
        train(replace(short, seed=8), data, tmp_path, CPU)


def test_no_data_is_a_clear_error(tmp_path: Path):
    with pytest.raises(SystemExit, match=r"make_data\.py"):
        train(TINY, tmp_path, tmp_path / "out", CPU)


def test_unknown_settings_are_refused(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("[batch]\nrnus = 3\n")
    with pytest.raises(ValueError, match="rnus"):
        read_config(path)
    assert read_config(Path(__file__).parent.parent / "small.toml").name == "runtimeslicer-small"


def test_recordings_with_foreign_types_are_judged_by_root_cause_only(data: Path):
    run = read_run(data / "held-out" / "run-000.safetensors")
    foreign = replace(run, types=["normal", "x", "y", "z"])
    types = ["normal", "cpu"]
    encoder, heads = fit_untrained(TINY.model, [run], types, seed=1)
    measures = evaluate_recordings(encoder, heads, heads, encoder, [foreign], types)
    assert set(measures) == {"root cause AC@1, recorded run-000", "root cause AC@3, recorded run-000"}
    row = measures["root cause AC@1, recorded run-000"]
    assert row["encoder"] == row["untrained"]
    assert row["raw scores"] > row["chance"]
