"""A short training on synthetic runs: it learns, resumes to the same weights, exports, and refuses what it should."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from synthetic import write_data, write_run

from config import BatchConfig, Config, OptimiserConfig, ReportConfig, read_config
from data import read_run
from evaluate import evaluate_recordings, fit_untrained
from layers import ModelConfig
from loader import Batch, Source, noisy_table
from train import train

TINY = Config(
    model=ModelConfig(dim=32, token_dim=16, lower_layers=1, upper_layers=1, dropout=0.0),
    batch=BatchConfig(runs=3, pairs_per_run=3, drop_one_modality=0.1, drop_two_modalities=0.0),
    optimiser=OptimiserConfig(steps=60, warm_up=5, learning_rate=3e-3, max_minutes=0.0),
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
    assert checkpoint is not None
    metrics = checkpoint["metrics"]
    assert metrics["root cause AC@1"]["encoder"] > 3 * metrics["root cause AC@1"]["chance"]
    assert metrics["detection AUROC"]["encoder"] > 0.9
    rows = (tmp_path / "curves.csv").read_text().splitlines()
    assert len(rows) == 7
    assert float(rows[-1].split(",")[2]) < float(rows[1].split(",")[2])
    assert "<polyline" in (tmp_path / "curves.svg").read_text()


def test_a_training_in_chunks_ends_with_the_same_weights(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    short = replace(TINY, optimiser=replace(TINY.optimiser, steps=6), model=replace(TINY.model, dropout=0.1))
    whole = train(short, data, tmp_path / "whole", CPU)
    assert whole is not None
    clock = iter(range(10_000))
    with pytest.MonkeyPatch.context() as patch:
        # Every look at the clock takes a second: each chunk ends after a step or two.
        patch.setattr("train.time.monotonic", lambda: float(next(clock)))
        chunks = 0
        while train(short, data, tmp_path / "chunks", CPU, workers=chunks % 2, chunk_minutes=0.1) is None:
            chunks += 1
            assert "continue: step" in capsys.readouterr().out
    assert chunks >= 2
    state = torch.load(tmp_path / "chunks" / "checkpoint.pt", weights_only=False)
    for name, weight in whole["model"].items():
        assert torch.equal(state["model"][name], weight), name


def test_a_killed_training_continues_from_its_last_report(data: Path, tmp_path: Path):
    short = replace(TINY, optimiser=replace(TINY.optimiser, steps=20))
    whole = train(short, data, tmp_path / "whole", CPU)

    class Killed(Exception):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("train.print", lambda *a, **_: kill() if "step 20" in str(a) else None, raising=False)
        with pytest.raises(Killed):
            train(short, data, tmp_path / "half", CPU)
    resumed = train(short, data, tmp_path / "half", CPU)
    assert whole is not None
    assert resumed is not None
    for name, weight in whole["model"].items():
        assert torch.equal(resumed["model"][name], weight), name


def test_two_processes_train_one_model(data: Path, tmp_path: Path):
    config = tmp_path / "tiny.toml"
    config.write_text(
        "[model]\ndim = 32\ntoken_dim = 16\nlower_layers = 1\nupper_layers = 1\n[batch]\nruns = 2\n[optimiser]\nsteps = 4\n"
        "[report]\nevery = 2\n"
    )
    here = Path(__file__).parent.parent
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    arguments = [str(here / "train.py"), str(config), "--data", str(data), "--device", "cpu", "--threads", "1", "--workers", "0"]
    one_ablation = ["--set", "loss.alignment=0", "--set", "loss.masked=0"]
    done = subprocess.run(
        [*launcher, *arguments, *one_ablation, "--out", str(tmp_path / "out")], cwd=here, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("\ndone") == 1
    state = torch.load(tmp_path / "out" / "checkpoint.pt", weights_only=False)
    assert state["training"]["steps"] == 4
    resume = torch.load(tmp_path / "out" / "resume.pt", weights_only=False)
    assert resume["processes"] == 2
    # Slices of both processes are counted: 2 runs x up to 8 slices each.
    assert resume["history"][-1]["alignment"] >= 0


def test_refuses_to_resume_with_other_settings(data: Path, tmp_path: Path):
    short = replace(TINY, optimiser=replace(TINY.optimiser, steps=10))
    train(short, data, tmp_path, CPU)
    with pytest.raises(SystemExit, match="other settings"):
        train(replace(short, seed=8), data, tmp_path, CPU)


def test_systems_may_be_added_between_chunks_but_not_taken_away(data: Path, tmp_path: Path):
    short = replace(TINY, optimiser=replace(TINY.optimiser, steps=4))
    grown = tmp_path / "grown"
    (grown / "train").mkdir(parents=True)
    files = sorted((data / "train").glob("*.safetensors"))
    for file in files[:-1]:
        shutil.copy(file, grown / "train")
    assert train(short, grown, tmp_path / "out", CPU, chunk_minutes=0) is None
    shutil.copy(files[-1], grown / "train")
    assert train(short, grown, tmp_path / "out", CPU, chunk_minutes=0) is None
    (grown / "train" / files[0].name).unlink()
    with pytest.raises(SystemExit, match=r"more data \(6 runs, now 5\)"):
        train(short, grown, tmp_path / "out", CPU)


def test_systems_that_are_added_while_it_trains_are_trained_on(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    short = replace(TINY, optimiser=replace(TINY.optimiser, steps=4))
    grown = tmp_path / "grown"
    shutil.copytree(data, grown)
    files = sorted((grown / "train").glob("*.safetensors"))
    late = [file.rename(grown / file.name) for file in files[3:]]

    def add(batch: Batch, cfg: BatchConfig) -> torch.Tensor:
        for file in late:
            if file.exists():
                file.rename(grown / "train" / file.name)
        return noisy_table(batch, cfg)

    monkeypatch.setattr("train.noisy_table", add)
    checkpoint = train(short, grown, tmp_path / "out", CPU, round_minutes=0)
    assert checkpoint is not None
    assert checkpoint["dataset"]["training"].startswith("6 runs")


def test_kinds_of_failure_that_appear_later_are_not_lost_in_silence(tmp_path: Path):
    write_run(tmp_path / "a.safetensors", seed=1, labelled=False)
    source = Source(tmp_path, TINY)
    assert not source.look()
    write_run(tmp_path / "b.safetensors", seed=2)
    with pytest.raises(SystemExit, match="types of failure that it began without"):
        source.look()


def test_a_checkpoint_is_trained_further_and_says_how_it_began(data: Path, tmp_path: Path):
    first = train(TINY, data, tmp_path / "first", CPU)
    assert first is not None
    # A learning rate of nothing: what comes out is what went in.
    still = replace(TINY, seed=8, optimiser=replace(TINY.optimiser, steps=2, learning_rate=1e-12, weight_decay=0.0))
    second = train(still, data, tmp_path / "second", CPU, weights=tmp_path / "first" / "checkpoint.pt")
    assert second is not None
    for part in ("model", "heads", "objectives"):
        for name, weight in first[part].items():
            torch.testing.assert_close(second[part][name], weight, atol=1e-9, rtol=0)
    assert second["training"]["before"]["steps"] == TINY.optimiser.steps
    assert "before" not in first["training"]
    wider = replace(still, model=replace(TINY.model, dim=64))
    with pytest.raises(SystemExit, match="has another model"):
        train(wider, data, tmp_path / "third", CPU, weights=tmp_path / "first" / "checkpoint.pt")


def test_no_data_is_a_clear_error(tmp_path: Path):
    with pytest.raises(SystemExit, match=r"make_data\.py"):
        train(TINY, tmp_path, tmp_path / "out", CPU)


def test_unknown_settings_are_refused(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("[batch]\nrnus = 3\n")
    with pytest.raises(ValueError, match="rnus"):
        read_config(path)
    path.write_text("[batch]\nruns = 2.5\n")
    with pytest.raises(ValueError, match=r"runs is 2\.5, expected int"):
        read_config(path)


def test_configurations_read_and_ablations_differ_from_small_in_losses_only():
    here = Path(__file__).parent.parent
    small = read_config(here / "small.toml")
    assert read_config(here / "base.toml").model.dim == 192
    ablations = sorted((here / "ablations").glob("*.toml"))
    assert len(ablations) >= 4
    for path in ablations:
        found = read_config(path)
        assert found.loss != small.loss
        assert replace(found, loss=small.loss) == small
    overridden = read_config(here / "small.toml", ["loss.alignment=0", "seed=9"])
    assert (overridden.loss.alignment, overridden.seed) == (0, 9)
    assert overridden.loss.temporal == small.loss.temporal
    with pytest.raises(ValueError, match="--set alignment"):
        read_config(here / "small.toml", ["alignment"])


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
