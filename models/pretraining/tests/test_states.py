"""The numbers of test/unit/core/heads/pretrainedStates.test.ts, and partitions whose answer is known."""

import numpy as np
import pytest

from states import States, partition


def test_shares_fall_with_squared_distance_and_what_is_far_is_of_no_state():
    states = States(np.array([[0.0, 0.0], [1.0, 0.0]]), width=0.5, reach=1.0)
    shares = states.shares(np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 9.0]], np.float32))
    weights = np.exp([0.0, -2.0, -2.0])
    assert shares[0] == pytest.approx(weights / weights.sum())
    assert shares[1, 0] == shares[1, 1] > shares[1, 2]
    assert shares[2] == pytest.approx([0, 0, 1], abs=1e-12)


def test_finds_groups_whatever_their_order_and_the_same_ones_again():
    rng = np.random.default_rng(0)
    places = np.array([[0, 0], [1, 0], [0, 1], [3, 3]], np.float32)
    rows = np.repeat(places, [300, 60, 40, 20], axis=0) + rng.normal(size=(420, 2)).astype(np.float32) * 0.05
    states = partition(rng.permutation(rows), 4, seed=1)
    apart = np.linalg.norm(states.centres[:, None] - places, axis=2)
    assert (apart.min(0) < 0.05).all()
    assert states.reach == pytest.approx(np.quantile(((rows - np.repeat(places, [300, 60, 40, 20], axis=0)) ** 2).sum(1), 0.95), rel=0.1)
    assert np.array_equal(partition(rows, 4, seed=1).centres, partition(rows, 4, seed=1).centres)


def test_equal_rows_make_no_error():
    assert partition(np.zeros((5, 3), np.float32), 2, seed=0).centres == pytest.approx(np.zeros((2, 3)))
