"""What the default heads are trained with, against values worked out by hand or by brute force."""

from pathlib import Path

import numpy as np
import pytest
import torch

from curves import draw_reliability
from detector import L2_DEVIATION, DetectorInputs, fit_calibrated, fit_stateless, fit_states
from encoder_heads import EncoderHeads, read_encoder_heads
from fitting import fit_platt, left_out
from layers import ModelConfig
from model import Embeddings, Heads
from root_head import TRUST, TRUST_KNOWN, first_causes, pool_all, pool_opinions
from scores import expected_calibration_error, f1
from train_heads import choose_threshold
from type_head import fit_types


def inputs_of(features: torch.Tensor, state: torch.Tensor, embedding: torch.Tensor | None = None) -> DetectorInputs:
    """Deviations are the embeddings. state (N,) index into one-hot shares; the last one is none"""
    embedding = torch.zeros(len(features), 1) if embedding is None else embedding
    return DetectorInputs(features, embedding, embedding, torch.nn.functional.one_hot(state, int(state.max()) + 1).float())


def say(anomaly: float = 0.0, types: torch.Tensor | None = None) -> EncoderHeads:
    """Heads that came with an encoder of one dimension, or of as many as types (D, K) has rows."""
    types = torch.zeros(1, 2) if types is None else types
    width, classes = types.shape
    return EncoderHeads(torch.full((width,), anomaly), torch.zeros(1), types, torch.zeros(classes), torch.zeros(width))


def test_detector_never_lets_a_larger_deviation_look_more_usual():
    torch.manual_seed(0)
    x = torch.rand(400, 2)
    targets = (x[:, 1] - x[:, 0] > 0).float()  # the first feature speaks against: it may not
    only = torch.zeros(400).long()
    weights = fit_stateless(inputs_of(x, only), targets).weights[0]
    assert weights[0] >= 0
    assert weights[1] > 1
    detector = fit_stateless(inputs_of(x[:, 1:], only, x[:, :1]), targets)  # how an embedding differs is free to
    assert detector.weights[0, 0] > 1
    # As far below 0 as its pull allows: there the slope of the loss is that of the pull.
    logits = detector(inputs_of(x[:, 1:], only, x[:, :1]))
    slope = ((torch.sigmoid(logits) - targets) * x[:, 0]).mean()
    assert detector.deviation[0, 0] == pytest.approx(-float(slope) / (2 * L2_DEVIATION), rel=0.02)
    assert detector.deviation[0, 0] < -0.7
    assert (detector.embedding == 0).all()


def test_what_a_feature_says_may_depend_on_the_state_and_slices_of_none_are_judged_by_what_all_say():
    torch.manual_seed(0)
    x, state = torch.rand(900, 1), torch.randint(0, 3, (900,))
    targets = torch.where(state == 0, (x[:, 0] > 0.3), (x[:, 0] > 0.7)).float()
    inputs = inputs_of(x, state)
    stateless = fit_stateless(inputs, targets)
    detector = fit_states(inputs, targets, stateless, say())
    crossing = -detector.bias / detector.weights[:, 0]
    assert crossing[0] < crossing[2] < crossing[1]
    assert (detector.weights >= 0).all()
    torch.testing.assert_close(detector(inputs)[state == 2], stateless(inputs.of_no_state())[state == 2])


def test_embeddings_are_read_as_they_are_in_known_states_only():
    torch.manual_seed(0)
    x, state, embedding = torch.rand(900, 1), torch.randint(0, 2, (900,)), torch.randn(900, 1)
    inputs = DetectorInputs(x, torch.zeros(900, 1), embedding, torch.nn.functional.one_hot(state, 2).float())
    targets = ((embedding[:, 0] > 0) & (state == 0) | (x[:, 0] > 0.5) & (state == 1)).float()
    detector = fit_states(inputs, targets, fit_stateless(inputs, targets), say())
    assert detector.embedding[0, 0] > 1
    assert detector.embedding[1, 0] == 0


def test_calibration_scales_what_states_say_and_what_is_said_without_each_for_itself():
    rng = np.random.default_rng(0)
    n = 6000
    x = torch.from_numpy(rng.normal(size=(n, 1))).float()
    targets = torch.from_numpy((rng.random(n) < 1 / (1 + np.exp(-2 * x[:, 0].numpy()))).astype(np.float32))
    state = torch.from_numpy(np.arange(n) % 2)
    inputs = inputs_of(x, state)
    known = np.flatnonzero(rng.random(n) < 0.5)  # of the others no target is read
    detector, stateless, left = fit_calibrated(inputs, known, targets[known], np.arange(n) // 100, say())
    for logits in (detector(inputs), stateless(inputs.of_no_state()), left):
        assert expected_calibration_error(torch.sigmoid(logits).numpy(), targets.numpy() > 0) < 0.03


def test_platt_scaling_makes_overconfident_logits_true():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 20_000)
    so = torch.from_numpy((rng.random(len(p)) < p).astype(np.float32))
    logits = torch.from_numpy(3 * np.log(p / (1 - p)) + 1).float()
    scale, shift = fit_platt(logits, so)
    assert scale == pytest.approx(1 / 3, abs=0.03)
    assert shift == pytest.approx(-1 / 3, abs=0.05)


def test_each_system_is_judged_by_a_head_that_never_saw_it():
    system = np.repeat(np.arange(10), 4)
    inputs = torch.arange(40.0)[:, None]
    seen: list[set[int]] = []

    def judge(some: np.ndarray, others: np.ndarray) -> torch.Tensor:
        seen.append(set(system[some]))
        return inputs[others, 0] * len(seen)

    logits = left_out(system, judge)
    for row in range(1, 40):
        fold = round(float(logits[row] / inputs[row, 0]))
        assert system[row] not in seen[fold - 1]
    assert len(seen) == 5


def test_types_are_balanced():
    inputs = torch.cat([torch.zeros(95, 2), torch.tensor([[0.0, 1.0]]).expand(5, 2)])
    targets = torch.cat([torch.zeros(95), torch.ones(5)]).long()
    assert fit_types(inputs, targets, say())(torch.tensor([[0.0, 1.0]])).argmax() == 1


def test_detection_follows_the_head_of_the_encoder_in_known_states_as_far_as_it_is_right():
    torch.manual_seed(0)
    embedding, state = torch.randn(600, 1), torch.arange(600) % 2
    inputs = DetectorInputs(torch.rand(600, 1), torch.zeros(600, 1), embedding, torch.nn.functional.one_hot(state, 2).float())
    # Six times as strong as it should be: the factor, which nothing pulls, finds that out where a weight that is pulled would fall short.
    targets = (torch.rand(600) < torch.sigmoid(2 * embedding[:, 0])).float()
    stateless = fit_stateless(inputs, targets)
    assert fit_states(inputs, targets, stateless, say(12.0)).embedding[0, 0] == pytest.approx(2, abs=0.4)
    assert fit_states(inputs, targets, stateless, say(12.0)).embedding[1, 0] == 0
    # What it says is worth nothing here, and is not followed.
    noise = (torch.rand(600) < 0.5).float()
    assert abs(fit_states(inputs, noise, fit_stateless(inputs, noise), say(12.0)).embedding[0, 0]) < 0.3


def test_types_begin_with_the_head_of_the_encoder():
    torch.manual_seed(0)
    embedding = torch.randn(300, 2)
    says = torch.tensor([[4.0, -4.0], [0.0, 0.0]])
    features = torch.zeros(300, 1)
    # Two examples of the second type: too few to learn from, enough to keep what the encoder's head knows.
    targets = torch.zeros(300).long()
    targets[:2], embedding[:2, 0], embedding[2:, 0] = 1, -0.6, embedding[2:, 0].abs()
    head = fit_types(torch.cat([features, embedding], 1), targets, say(types=says))
    assert head(torch.tensor([[0.0, -0.5, 0.0]])).argmax() == 1
    assert head(torch.tensor([[0.0, 0.5, 0.0]])).argmax() == 0
    # What labels say against it wins.
    turned = fit_types(torch.cat([features, embedding], 1), (embedding[:, 1] > 0).long(), say(types=says))
    assert turned(torch.tensor([[0.0, 0.3, 2.0]])).argmax() == 1


def test_heads_of_the_encoder_are_read_as_they_were_trained(tmp_path: Path):
    cfg = ModelConfig(dim=8, token_dim=8, lower_layers=1, upper_layers=1)
    torch.manual_seed(0)
    heads, training = Heads(cfg, 3), {"steps": 3}
    torch.save({"heads": heads.state_dict(), "types": ["normal", "a", "b"], "training": training}, tmp_path / "c.pt")
    known = read_encoder_heads(tmp_path / "c.pt", training, ["b", "a"])
    slices, entities = torch.randn(5, 8), torch.randn(5, 4, 8)
    anomaly, types, root = heads(Embeddings(slices, torch.zeros(5, 3, 8), entities))
    torch.testing.assert_close(slices @ known.anomaly + known.anomaly_bias, anomaly)
    torch.testing.assert_close(slices @ known.types + known.types_bias, types[:, [2, 1]])
    torch.testing.assert_close((entities @ known.root).log_softmax(1), root.log_softmax(1))
    with pytest.raises(SystemExit, match=r"was trained without failures of c, d"):
        read_encoder_heads(tmp_path / "c.pt", training, ["d", "a", "c"])
    with pytest.raises(SystemExit, match="not exported from"):
        read_encoder_heads(tmp_path / "c.pt", {"steps": 4}, ["a"])


def test_threshold_keeps_quiet_hours_quiet():
    p = np.array([0.95, 0.9, 0.6, 0.55, 0.5])
    so = np.array([True, True, False, False, False])
    assert 0.6 < choose_threshold(p, so, hours_normal=1 / 6) <= 0.9
    # With one wrong slice per hour allowed and a tenth of an hour seen, not even one may be wrong.
    assert choose_threshold(p, np.array([True, False, True, True, True]), hours_normal=0.1) > 0.9


def test_calibration_error_and_f1_by_hand():
    p, so = np.array([0.05, 0.05, 0.95, 0.95]), np.array([False, True, True, True])
    assert expected_calibration_error(p, so) == pytest.approx((0.45 * 2 + 0.05 * 2) / 4)
    assert f1(p > 0.5, so) == pytest.approx(2 * 2 / (2 + 3))
    assert "ECE 0.250" in draw_reliability({"x": (p, so)})


def test_causes_are_pooled_as_the_engine_does_and_what_shows_nothing_is_none():
    """The numbers of test/unit/core/run/sliceVerdicts.test.ts."""
    scores, learned = np.array([3.0, 4.0, 0.0]), np.array([0.75, 0.25, 0.0])
    expected = [np.sqrt((9 + 0.75 * 25) / 2), np.sqrt((16 + 0.25 * 25) / 2), 0]
    pooled = pool_opinions(scores, learned, 0.5)
    np.testing.assert_allclose(pooled, expected)
    # Each is followed as far as its slice is in states that pretraining knows.
    never, wholly = pool_all([scores, scores], [learned, learned], np.array([0.0, 1.0]))
    np.testing.assert_allclose(never, pool_opinions(scores, learned, TRUST))
    np.testing.assert_allclose(wholly, pool_opinions(scores, learned, TRUST_KNOWN))
    p, is_cause = first_causes([pooled, np.zeros(3), pooled], np.array([0, 1, -1]), 2.0)
    np.testing.assert_allclose(p, [(9 + 0.75 * 25) / 50])  # slices without a cause, or without any score, are left out
    assert is_cause.tolist() == [True]
