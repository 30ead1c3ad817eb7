"""Scores against values worked out by hand."""

import numpy as np
import pytest

from evaluate import apart
from scores import auroc, interval_by_group, log_loss, macro_f1, mean_rank, recall_at_1


def test_ties_share_the_mean_rank():
    scores = np.array([3.0, 1.0, 1.0, 0.0])
    assert [mean_rank(scores, i) for i in range(4)] == [1.0, 2.5, 2.5, 4.0]


def test_auroc_counts_ties_as_half():
    positive = np.array([True, True, False, False])
    assert auroc(np.array([2.0, 1.0, 1.0, 0.0]), positive) == pytest.approx(0.875)
    assert auroc(np.array([1.0, 1.0, 1.0, 1.0]), positive) == pytest.approx(0.5)
    assert auroc(np.array([1.0]), np.array([True])) is None


def test_macro_f1():
    # Class 1: precision 1/2, recall 1 -> 2/3. Class 2: nothing found -> 0.
    assert macro_f1(np.array([1, 1]), np.array([1, 2])) == pytest.approx(1 / 3)


def test_recall_at_1_gives_a_tie_its_chance():
    a = np.eye(3)
    assert recall_at_1(a, a) == 1.0
    assert recall_at_1(np.ones((4, 2)), np.ones((4, 2))) == pytest.approx(0.25)


def test_apart_keeps_slices_that_do_not_overlap():
    class Times:
        start_ns = np.array([0, 30, 60, 90, 120])
        end_ns = np.array([60, 90, 120, 150, 180])

    assert apart(Times()).tolist() == [0, 2, 4]  # type: ignore[arg-type]


def test_log_loss_is_of_what_was_so():
    assert log_loss(np.array([0.9, 0.2]), np.array([True, False])) == pytest.approx([-np.log(0.9), -np.log(0.8)])


def test_intervals_are_wider_where_cases_of_a_group_are_alike():
    values = np.repeat([0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0], 50)
    together = interval_by_group(values, np.repeat(np.arange(8), 50))
    apart = interval_by_group(values, np.arange(400))
    assert together[0] < apart[0] < 0.5 < apart[1] < together[1]
    assert interval_by_group(np.full(6, 0.25), np.arange(6)) == pytest.approx((0.25, 0.25))
