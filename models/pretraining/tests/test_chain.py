"""Slices judged in their order, against the engine's numbers and against a chain that is known."""

import numpy as np
import pytest
import torch

from chain import MOST_LOGIT, Chain, Order, fit_chain
from head_slices import touches_one_before


def chain_of(*values: float) -> Chain:
    return Chain(*(torch.tensor(value) for value in values))


def test_marginals_are_those_of_the_engine():
    """The numbers of test/unit/core/heads/sliceChain.test.ts, beside a run of another length."""
    chain = chain_of(0.6, -0.25, -0.3, 0.9)
    logits = torch.tensor([-3, 0.5, 2, -1, 4, -6, 2.0])
    follows = np.array([False, True, True, False, True, True, False])
    judged = chain(logits, Order(np.array([0, 0, 0, 0, 0, 0, 1]), follows))
    expected = [-0.9363, 0.5478, 0.8521, -0.3773, 1.6209, -2.4097, 0.6 * 2 - 0.25 * 2 - 0.3]
    torch.testing.assert_close(judged, torch.tensor(expected), atol=1e-4, rtol=0)


def test_no_slice_is_surer_than_the_engine_lets_it_be():
    alone = Order(np.array([0]), np.array([False]))
    assert float(chain_of(1, 0, 0, 0)(torch.tensor([99.0]), alone)) == MOST_LOGIT


def test_a_chain_learns_how_long_failures_last_and_says_true_probabilities():
    rng = np.random.default_rng(0)
    runs, length = 200, 60
    state = np.zeros((runs, length), int)
    for at in range(1, length):
        stays = rng.random(runs) < np.where(state[:, at - 1] == 1, 0.8, 0.95)
        state[:, at] = np.where(stays, state[:, at - 1], 1 - state[:, at - 1])
    # Log-likelihood ratios of unit normals two apart.
    logits = torch.from_numpy((2 * (rng.normal(size=state.shape) + 2 * state) - 2).reshape(-1)).float()
    order = Order(np.repeat(np.arange(runs), length), np.tile(np.arange(length) > 0, runs))
    truth = state.reshape(-1)
    known = np.flatnonzero(rng.random(len(truth)) < 0.7)
    chain = fit_chain(logits, order, known, torch.from_numpy(truth[known]).float())
    # Half of log(p00 p11 / (p01 p10)), which no shift of what slices say by themselves can make up for.
    assert float(chain.stay) == pytest.approx(np.log(0.95 * 0.8 / (0.05 * 0.2)) / 2, abs=0.2)
    assert float(chain.scale) == pytest.approx(1, abs=0.1)
    p = torch.sigmoid(chain(logits, order)).numpy()
    for low in (0.1, 0.3, 0.5, 0.7):
        inside = (p >= low) & (p < low + 0.2)
        assert truth[inside].mean() == pytest.approx(p[inside].mean(), abs=0.05)
    alone = torch.sigmoid(logits).numpy()
    assert ((p > 0.5) != truth).mean() < 0.7 * ((alone > 0.5) != truth).mean()


def test_slices_follow_each_other_where_they_touch():
    start = np.array([0, 30, 60, 150, 210])
    assert touches_one_before(start, start + 60).tolist() == [False, True, True, False, True]
    assert touches_one_before(np.array([5]), np.array([65])).tolist() == [False]


def test_learned_values_are_written_under_the_names_of_the_engine():
    assert chain_of(1, -0.25, 0.123456, 2).to_json() == {"scale": 1, "calm": -0.25, "bias": 0.1235, "stay": 2}
