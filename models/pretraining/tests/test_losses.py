"""Losses against values worked out by hand."""

import math

import pytest
import torch
from torch import tensor

from losses import (
    Temperature,
    alignment_loss,
    anomaly_loss,
    masked_loss,
    root_cause_loss,
    temporal_loss,
    type_loss,
    window_overlap,
)

ONE = tensor(1.0)


def test_overlap_is_shared_time_over_the_shorter_window_and_zero_across_runs():
    start, end = tensor([0, 30, 60, 0]), tensor([60, 90, 120, 60])
    run = tensor([0, 0, 0, 1])
    assert window_overlap(start, end, run).tolist() == [
        [1.0, 0.5, 0.0, 0.0],
        [0.5, 1.0, 0.5, 0.0],
        [0.0, 0.5, 1.0, 0.0],
        [0.0, 0.0, 0.0, 1.0],
    ]


def test_overlap_keeps_nanoseconds_apart():
    start = tensor([1_674_950_000_000_000_000, 1_674_950_000_000_000_001])
    overlap = window_overlap(start, start + 1, tensor([0, 0]))
    assert overlap[0, 1].item() == 0.0


def test_alignment_of_two_slices_with_orthogonal_rows():
    # Both modalities agree: logits are the identity, so each row costs log(1 + e^-1).
    rows = torch.eye(2)[:, None].expand(2, 3, 2)
    present = torch.ones(2, 3, dtype=torch.bool)
    loss = alignment_loss(rows, present, torch.eye(2), ONE)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)))


def test_alignment_leaves_overlapping_slices_out_of_the_negatives():
    rows = torch.eye(2)[:, None].expand(2, 3, 2)
    present = torch.ones(2, 3, dtype=torch.bool)
    overlapping = tensor([[1.0, 0.5], [0.5, 1.0]])
    assert alignment_loss(rows, present, overlapping, ONE).item() == pytest.approx(0.0)


def test_alignment_uses_the_pairs_that_exist():
    rows = torch.eye(2)[:, None].repeat(1, 3, 1)
    present = tensor([[True, True, False], [True, True, False]])
    rows[:, 2] = 0
    assert alignment_loss(rows, present, torch.eye(2), ONE).item() == pytest.approx(math.log(1 + math.exp(-1)))


def test_alignment_of_one_modality_is_zero_and_differentiable():
    rows = torch.randn(4, 3, 8, requires_grad=True)
    present = tensor([[True, False, False]] * 4)
    loss = alignment_loss(rows, present, torch.eye(4), ONE)
    loss.backward()
    assert loss.item() == 0.0


def test_temporal_targets_follow_the_overlap():
    # Slice 0 overlaps 1 by half and 2 by a quarter: targets 2/3 and 1/3; all similarities are equal, so p = 1/2 each.
    slices = tensor([[1.0, 0.0]] * 3)
    overlap = tensor([[1.0, 0.5, 0.25], [0.5, 1.0, 0.0], [0.25, 0.0, 1.0]])
    assert temporal_loss(slices, overlap, ONE).item() == pytest.approx(math.log(2))


def test_temporal_prefers_neighbours_that_are_alike():
    overlap = tensor([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
    alike = temporal_loss(tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), overlap, ONE)
    # Rows 0 and 1: similarity 1 to the neighbour, 0 to the stranger.
    assert alike.item() == pytest.approx(math.log(1 + math.exp(-1)))
    assert temporal_loss(torch.randn(2, 4), torch.eye(2), ONE).item() == 0.0


def test_masked_is_square_near_and_absolute_far_and_skips_groups_without_context():
    predicted, target = tensor([0.5, 4.0, 99.0]), tensor([0.0, 1.0, 0.0])
    usable = tensor([True, True, False])
    # 0.5 * 0.5^2 and 3 - 0.5
    assert masked_loss(predicted, target, usable).item() == pytest.approx((0.125 + 2.5) / 2)
    assert masked_loss(predicted, target, ~usable & False).item() == 0.0


def test_anomaly_ignores_unknown_labels():
    logits = tensor([0.0, 2.0, 50.0])
    expected = (math.log(2) + math.log(1 + math.exp(-2))) / 2
    assert anomaly_loss(logits, tensor([0, 3, -1])).item() == pytest.approx(expected)


def test_type_is_learned_from_failing_slices_only():
    logits = tensor([[9.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert type_loss(logits, tensor([0, 2])).item() == pytest.approx(math.log(3))
    assert type_loss(logits, tensor([0, -1])).item() == 0.0


def test_root_cause_is_a_softmax_over_present_entities():
    logits = tensor([[0.0, 0.0, 99.0], [1.0, 1.0, 1.0], [5.0, 0.0, 0.0]])
    present = tensor([[True, True, False], [True, True, True], [False, True, True]])
    # Row 0: two present, equal. Row 1: no root. Row 2: its root has no telemetry.
    assert root_cause_loss(logits, present, tensor([1, -1, 0])).item() == pytest.approx(math.log(2), abs=1e-5)


def test_temperature_stays_within_bounds():
    temperature = Temperature()
    with torch.no_grad():
        temperature.log_scale.fill_(20.0)
    assert temperature().item() == pytest.approx(100.0)
