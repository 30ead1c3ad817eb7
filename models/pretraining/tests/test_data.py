"""Reading tensors, padding them, drawing batches."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from synthetic import TYPES, write_run

from data import read_run
from sampling import Sampler, global_types, make_batch, to_global


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.safetensors"
    write_run(path, seed=3)
    return path


def test_reads_what_the_exporter_writes(file: Path):
    run = read_run(file)
    assert len(run) == 24
    assert run.types == TYPES
    assert run.labelled
    assert sum(len(s.text) for s in run.slices) == len(load_file(file)["token_text"])
    assert run.family_scores.shape == (24, len(run.entities), 16)


@pytest.mark.parametrize(
    ("key", "change", "reason"),
    [
        (
            "token_numbers",
            lambda a: np.where(np.arange(a.size).reshape(a.shape) == 5, np.nan, a).astype(a.dtype),
            "NaN",
        ),
        ("token_family", lambda a: a[:-1], "token_family rows has"),
        ("slice_token_offsets", lambda a: a - np.eye(1, len(a), len(a) - 1, dtype=a.dtype)[0], "last token offset"),
        ("token_text", lambda a: a + 1000, "text id"),
        ("token_entity", lambda a: a + 100, "entity slot"),
        ("label_type", lambda a: a[:-1], "label_type rows"),
    ],
)
def test_refuses_arrays_that_do_not_fit(file: Path, key: str, change, reason: str):
    tensors = load_file(file)
    save_file({**tensors, key: np.ascontiguousarray(change(tensors[key]))}, str(file))
    with pytest.raises(ValueError, match=reason):
        read_run(file)


def test_padding_puts_every_token_in_its_group_once(file: Path):
    run = read_run(file)
    batch = make_batch([run], [(0, 0), (0, 5)], run.types, 13)
    assert int(batch.inputs.token_mask.sum()) == len(run.slices[0].text) + len(run.slices[5].text)
    s = run.slices[5]
    for e in range(s.n_entities):
        for m in range(3):
            mask = batch.inputs.token_mask[1, e, m] > 0
            mine = (s.entity == e) & (s.modality == m)
            assert sorted(batch.inputs.token_text[1, e, m][mask].tolist()) == sorted(s.text[mine].tolist())
            found = np.sort(batch.inputs.token_numbers[1, e, m][mask].numpy(), axis=0)
            assert np.array_equal(found, np.sort(s.numbers[mine], axis=0))


def test_dropped_modalities_leave_no_token(file: Path):
    run = read_run(file)
    batch = make_batch([run], [(0, 0)], run.types, 13, [frozenset({0, 2})])
    assert batch.present[0, :, 1].any()
    assert not batch.present[0, :, [0, 2]].any()


def test_labels_map_to_the_global_list_and_unseen_types_to_unknown(file: Path):
    run = read_run(file)
    assert global_types([run]) == ["normal", "cpu", "delay", "exception"]
    assert to_global(run, np.array([-1, 0, 1, 3]), ["normal", "exception"]).tolist() == [-1, 0, -1, 1]


def test_sampler_is_seeded_balanced_and_never_repeats_a_slice(file: Path, tmp_path: Path):
    write_run(tmp_path / "other.safetensors", seed=9, labelled=False)
    runs = [read_run(file), read_run(tmp_path / "other.safetensors")]
    draws = [Sampler(runs, 2, 4, 0.6, seed=1).draw() for _ in range(2)]
    assert draws[0] == draws[1]
    sampler = Sampler(runs, 2, 4, 0.6, seed=2)
    chosen = [c for _ in range(40) for c in sampler.draw()]
    assert len(draws[0]) == len(set(draws[0]))
    failing = np.mean([runs[r].label_type[i] > 0 for r, i in chosen if r == 0])
    assert failing > (runs[0].label_type > 0).mean()
    assert {r for r, _ in chosen} == {0, 1}
