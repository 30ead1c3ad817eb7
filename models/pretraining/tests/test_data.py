"""Reading tensors, packing and padding them, drawing and augmenting batches."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from synthetic import TYPES, write_run

from augment import CALIBRATED, draw_dropout, scale_deviations
from config import BatchConfig, Config, LossConfig
from data import read_run, read_runs
from loader import Batches, load, make_arrays, to_batch
from packing import collate, pack
from sampling import Sampler, global_types, source_of, source_shares, to_global
from tensor_file import TensorFile, write_tensors

PLAIN = BatchConfig(runs=2, scale_slice=0.0, scale_family=0.0, drop_one_modality=0.0, drop_two_modalities=0.0, text_dropout=0.0)


def load_file(path: Path) -> dict[str, np.ndarray]:
    file = TensorFile(path)
    return dict(zip(file.entries, file.read(*file.entries), strict=True))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.safetensors"
    write_run(path, seed=3)
    return path


def test_tensors_read_back_as_written_whole_and_by_rows(tmp_path: Path):
    path = tmp_path / "a.safetensors"
    tensors = {"x": np.arange(12, dtype=np.float16).reshape(4, 3), "empty": np.zeros((0, 5), np.int64), "y": np.array([7], np.uint8)}
    write_tensors(path, tensors, {"source": "test"})
    file = TensorFile(path)
    assert file.metadata == {"source": "test"}
    for name, found in zip(tensors, file.read(*tensors), strict=True):
        assert found.dtype == tensors[name].dtype
        assert np.array_equal(found, tensors[name])
    assert file.read_rows({"x": (1, 3)})[0].tolist() == [[3, 4, 5], [6, 7, 8]]
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_cut_off_and_foreign_files_are_named(file: Path, tmp_path: Path):
    whole = file.read_bytes()
    for content, reason in ((whole[:-1], "cut off"), (whole[:20], "cut off"), (b"no tensors at all", "no safetensors"), (b"", "cut off")):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=reason) as caught:
            TensorFile(file)
        assert str(file) in str(caught.value)


def test_reads_what_the_exporter_writes(file: Path):
    run = read_run(file)
    assert len(run) == 24
    assert run.types == TYPES
    assert run.labelled
    assert run.modalities == {0, 1, 2}
    assert sum(len(s.text) for s in run.slices) == len(load_file(file)["token_text"])
    assert run.family_scores.shape == (24, len(run.entities), 16)


@pytest.mark.parametrize(
    ("key", "change", "reason"),
    [
        ("token_numbers", lambda a: np.where(np.arange(a.size).reshape(a.shape) == 5, np.nan, a).astype(a.dtype), "NaN"),
        ("token_family", lambda a: a[:-1], "token_family rows has"),
        ("slice_token_offsets", lambda a: a - np.eye(1, len(a), len(a) - 1, dtype=a.dtype)[0], "last token offset"),
        ("token_text", lambda a: a + 1000, "text id"),
        ("token_entity", lambda a: a + 100, "entity slot"),
        ("label_type", lambda a: a[:-1], "label_type rows"),
    ],
)
def test_refuses_arrays_that_do_not_fit(file: Path, key: str, change, reason: str):
    tensors = load_file(file)
    write_tensors(file, {**tensors, key: np.ascontiguousarray(change(tensors[key]))}, {})
    with pytest.raises(ValueError, match=reason) as caught:
        list(read_run(file).slices)
    assert str(file) in str(caught.value)


def test_padding_puts_every_token_in_its_group_once(file: Path):
    run = read_run(file)
    slices = [run.slices[0], run.slices[5]]
    inputs = collate([run.texts] * 2, slices)
    assert int(inputs.token_mask.sum()) == len(slices[0].text) + len(slices[1].text)
    s = slices[1]
    for e in range(s.n_entities):
        for m in range(3):
            mask = inputs.token_mask[1, e, m] > 0
            mine = (s.entity == e) & (s.modality == m)
            assert sorted(inputs.token_text[1, e, m][mask].tolist()) == sorted(s.text[mine].tolist())
            found = np.sort(inputs.token_numbers[1, e, m][mask].numpy(), axis=0)
            assert np.array_equal(found, np.sort(s.numbers[mine].astype(np.float32), axis=0))


def test_dropped_modalities_leave_no_token_and_slots_move_labels_and_calls(file: Path):
    s = read_run(file).slices[0]
    drop = np.array([[True, False, True]])
    packed = pack([s], np.zeros(1, np.int64), drop)
    assert set(packed.group % 3) == {1}
    to = np.arange(s.n_entities)[::-1]
    moved = pack([s], np.zeros(1, np.int64), None, [to])
    plain = pack([s], np.zeros(1, np.int64))
    assert np.array_equal(moved.calls[0], plain.calls[0][to][:, to])
    assert np.array_equal(moved.lengths.reshape(-1, 3), plain.lengths.reshape(-1, 3)[to])


def test_dropout_leaves_out_as_many_modalities_as_asked():
    rng = np.random.default_rng(0)
    left = draw_dropout(rng, 4000, 0.3, 0.1)
    counts = np.bincount(left.sum(1), minlength=4) / 4000
    assert counts == pytest.approx([0.6, 0.3, 0.1, 0.0], abs=0.03)
    assert left.mean(0) == pytest.approx([left.mean()] * 3, abs=0.03)


def test_deviations_are_scaled_by_one_factor_per_slice(file: Path):
    run = read_run(file)
    packed = pack([run.slices[0], run.slices[1]], np.zeros(2, np.int64))
    before = packed.numbers.copy()
    scale_deviations(np.random.default_rng(0), packed, np.array([4, 4]), 16, replace(PLAIN, scale_slice=0.5))
    factor = np.sinh(packed.numbers[:, CALIBRATED]) / np.sinh(before[:, CALIBRATED])
    first = packed.group < len(packed.lengths) // 2
    for part in (factor[first], factor[~first]):
        assert part == pytest.approx(part[0], rel=1e-3)
    assert factor[first][0] != pytest.approx(factor[~first][0], rel=1e-2)
    others = [i for i in range(13) if i not in (4, 5, 9)]
    assert np.array_equal(packed.numbers[:, others], before[:, others])


def test_hidden_tokens_are_asked_for_and_not_seen(file: Path):
    runs = [read_run(file)]
    cfg = Config(batch=replace(PLAIN, masked_tokens=0.5, runs=1), loss=LossConfig(masked=1.0))
    chosen = [(0, i) for i in range(24)]
    batch = to_batch(make_arrays(runs, chosen, TYPES, cfg, np.random.default_rng(0)), torch.device("cpu"))
    total = sum(len(s.text) for s in runs[0].slices)
    seen, hidden = len(batch.text), len(batch.hidden_text)
    assert seen + hidden == total
    assert hidden / total == pytest.approx(0.25, abs=0.1)  # half of the tokens of half of the slices
    assert batch.lengths.sum() == seen
    without = make_arrays(runs, chosen, TYPES, replace(cfg, loss=LossConfig(masked=0.0)), np.random.default_rng(0))
    assert len(to_batch(without, torch.device("cpu")).hidden_text) == 0


def test_labels_map_to_the_global_list_and_unseen_types_to_unknown(file: Path):
    run = read_run(file)
    assert global_types([run]) == ["normal", "cpu", "delay", "exception"]
    assert to_global(run, np.array([-1, 0, 1, 3]), ["normal", "exception"]).tolist() == [-1, 0, -1, 1]


def test_sampler_is_seeded_balanced_and_never_repeats_a_slice(file: Path, tmp_path: Path):
    write_run(tmp_path / "other.safetensors", seed=9, labelled=False)
    runs = [read_run(file), read_run(tmp_path / "other.safetensors")]
    cfg = BatchConfig(runs=2, failing=0.6)
    sampler = Sampler(runs, cfg, seed=1)
    assert sampler.draw(3) == Sampler(runs, cfg, seed=1).draw(3)
    assert sampler.draw(3) != sampler.draw(4)
    assert len(sampler.draw(3)) == len(set(sampler.draw(3)))
    chosen = [c for step in range(40) for c in sampler.draw(step)]
    failing = np.mean([runs[r].label_type[i] > 0 for r, i in chosen if r == 0])
    assert failing > (runs[0].label_type > 0).mean()
    assert {r for r, _ in chosen} == {0, 1}


def test_no_source_dominates(file: Path, tmp_path: Path):
    write_run(tmp_path / "other.safetensors", seed=9, labelled=False)
    runs = [read_run(file)] * 15 + [read_run(tmp_path / "other.safetensors")]
    labelled, recorded = source_of(runs[0]), source_of(runs[-1])
    assert source_shares(runs, 1.0) == pytest.approx({labelled: 15 / 16, recorded: 1 / 16})
    assert source_shares(runs, 0.0) == pytest.approx({labelled: 0.5, recorded: 0.5})
    sampler = Sampler(runs, BatchConfig(runs=1, source_power=0.0), seed=1)
    drawn = np.mean([sampler.draw(step)[0][0] == 15 for step in range(600)])
    assert drawn == pytest.approx(0.5, abs=0.06)


def test_workers_give_the_same_batches_in_order(file: Path):
    batches = Batches([read_run(file)], TYPES, Config(batch=PLAIN))
    for one, other in zip(load(batches, range(2, 6), 0), load(batches, range(2, 6), 2), strict=True):
        for a, b in zip(one, other, strict=True):
            assert all(map(np.array_equal, a, b)) if isinstance(a, tuple) else np.array_equal(a, b)


def test_systems_of_like_size_share_a_rectangle_and_labels_follow_their_slices(tmp_path: Path):
    for name, entities in (("a", 12), ("b", 3), ("c", 4)):
        write_run(tmp_path / f"{name}.safetensors", seed=5, entities=entities)
    runs = read_runs(tmp_path)
    chosen = [(r, i) for r in range(3) for i in range(6)]
    cfg = Config(batch=PLAIN, loss=LossConfig(masked=0.0))  # the scores of hidden tokens are hidden
    batch = to_batch(make_arrays(runs, chosen, TYPES, cfg, np.random.default_rng(0)), torch.device("cpu"))
    assert [scores.shape[:2] for scores in batch.scores] == [(12, 4), (6, 12)]
    assert batch.run.tolist() == [1] * 6 + [2] * 6 + [0] * 6
    assert len(batch.lengths) == 3 * (12 * 4 + 6 * 12)
    # The slot that a label names has the scores of the entity that was labelled.
    ordered = chosen[6:] + chosen[:6]
    labelled = [(at, r, i, int(runs[r].label_entity[i])) for at, (r, i) in enumerate(ordered) if runs[r].label_entity[i] >= 0]
    assert len(labelled) == 6
    for at, r, i, entity in labelled:
        part, row = (0, at) if at < 12 else (1, at - 12)
        assert np.array_equal(batch.scores[part][row, batch.label_entity[at]], runs[r].slices[i].scores[entity].astype(np.float32))
