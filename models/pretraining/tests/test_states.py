"""The numbers of test/unit/core/heads/pretrainedStates.test.ts, and partitions whose answer is known."""

import numpy as np
import pytest

from states import FAR_SHARE, States, partition


def test_shares_fall_with_squared_distance_and_what_is_far_is_of_no_state():
    states = States(np.array([[0.0, 0.0], [1.0, 0.0]]), width=0.5, reach=1.0, usual=0.1)
    shares = states.shares(np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 9.0]], np.float32), np.zeros(3, int))
    weights = np.exp([0.0, -2.0, -2.0])
    assert shares[0] == pytest.approx(weights / weights.sum())
    assert shares[1, 0] == shares[1, 1] > shares[1, 2]
    assert shares[2] == pytest.approx([0, 0, 1], abs=1e-12)


def test_shares_of_a_slice_in_a_system_that_is_otherwise_foreign_are_by_chance():
    states = States(np.array([[0.0, 0.0], [1.0, 0.0]]), width=0.5, reach=1.0, usual=0.8)
    rows = np.array([[0.0, 0.0], [0.0, 9.0], [0.0, 9.0], [0.0, 9.0], [0.0, 0.0]], np.float32)
    alone = states.shares_alone(rows)
    # The last slice is a system of its own, as much in states as is usual; no system has the number 1.
    shares = states.shares(rows, np.array([0, 0, 0, 0, 2]))
    known = ((1 - alone[0, 2]) / 4 / 0.8) ** 2
    assert shares[0] == pytest.approx([known * alone[0, 0], known * alone[0, 1], 1 - known * (1 - alone[0, 2])])
    assert shares[4] == pytest.approx(alone[4])
    assert shares.sum(1) == pytest.approx(np.ones(5))


def test_usual_is_what_nearly_all_systems_reach():
    rng = np.random.default_rng(0)
    rows, system = rng.normal(size=(400, 2)).astype(np.float32) * 0.05, np.repeat(np.arange(40), 10)
    rows[:5] += 5  # half of one system is elsewhere
    states = partition(rows[10:], system[10:], 1, seed=0)
    means = states.shares(rows, system)[:, 0].reshape(40, 10).mean(1)
    alone = 1 - states.shares_alone(rows)[:, -1].reshape(40, 10).mean(1)
    # It is half as much in states as the others, and counts for a quarter of that.
    assert means[0] == pytest.approx(alone[0] * (alone[0] / states.usual) ** 2)
    assert means[0] < 0.4 * alone[0]
    assert (means[1:] > 0.9 * alone[1:]).all()
    assert states.usual == pytest.approx(np.quantile(1 - states.shares_alone(rows[10:])[:, -1].reshape(39, 10).mean(1), 0.05))


def test_finds_groups_whatever_their_order_and_the_same_ones_again():
    rng = np.random.default_rng(0)
    places = np.array([[0, 0], [1, 0], [0, 1], [3, 3]], np.float32)
    rows = np.repeat(places, [300, 60, 40, 20], axis=0) + rng.normal(size=(420, 2)).astype(np.float32) * 0.05
    system = np.arange(420) % 7
    states = partition(rng.permutation(rows), system, 4, seed=1)
    apart = np.linalg.norm(states.centres[:, None] - places, axis=2)
    assert (apart.min(0) < 0.05).all()
    from_places = ((rows - np.repeat(places, [300, 60, 40, 20], axis=0)) ** 2).sum(1)
    assert states.reach == pytest.approx(np.quantile(from_places, 1 - FAR_SHARE), rel=0.1)
    assert np.array_equal(partition(rows, system, 4, seed=1).centres, partition(rows, system, 4, seed=1).centres)


def test_equal_rows_make_no_error():
    assert partition(np.zeros((5, 3), np.float32), np.zeros(5, int), 2, seed=0).centres == pytest.approx(np.zeros((2, 3)))
