"""The encoder's promises: shapes, missing data, symmetry over entities, independence of padding."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from data import SliceTokens
from export import reference_slices
from layers import AttentionPool, ModelConfig
from model import Embeddings, SliceEncoder, count_parameters
from packing import collate, pack, stack_tables

CFG = ModelConfig()


@pytest.fixture(scope="module")
def encoder() -> SliceEncoder:
    torch.manual_seed(0)
    return SliceEncoder(CFG).eval()


def encode(encoder: SliceEncoder, texts: np.ndarray, slices: list[SliceTokens]) -> Embeddings:
    with torch.no_grad():
        return encoder(*collate([texts] * len(slices), slices))


def test_shapes_and_unit_rows(encoder: SliceEncoder):
    texts, slices = reference_slices(CFG)
    out = encode(encoder, texts, slices)
    assert out.slices.shape == (5, CFG.dim)
    assert out.modalities.shape == (5, 3, CFG.dim)
    assert out.entities.shape == (5, 9, CFG.dim)
    torch.testing.assert_close(out.slices.norm(dim=-1), torch.ones(5))
    assert 0.5e6 < count_parameters(encoder) < 1.5e6


def test_absent_modalities_and_entities_are_zero_and_an_empty_slice_is_constant(encoder: SliceEncoder):
    texts, slices = reference_slices(CFG)
    out = encode(encoder, texts, slices)
    assert (out.modalities[2, 2] == 0).all()  # no metrics
    assert (out.entities[3, 8] == 0).all()  # the entity without tokens
    assert (out.modalities[4] == 0).all()
    assert (out.entities[4] == 0).all()
    other = replace(slices[4], n_entities=7, scores=np.zeros((7, CFG.families), np.float32))
    torch.testing.assert_close(encode(encoder, texts, [other]).slices[0], out.slices[4])


def test_a_slice_alone_equals_the_slice_in_a_batch(encoder: SliceEncoder):
    texts, slices = reference_slices(CFG)
    together = encode(encoder, texts, slices)
    for i, s in enumerate(slices):
        alone = encode(encoder, texts, [s])
        torch.testing.assert_close(alone.slices[0], together.slices[i], atol=2e-6, rtol=0)
        torch.testing.assert_close(alone.entities[0], together.entities[i, : s.n_entities], atol=2e-6, rtol=0)


def test_permuting_entities_permutes_their_embeddings_only(encoder: SliceEncoder):
    texts, slices = reference_slices(CFG)
    s = slices[3]
    to = np.random.default_rng(1).permutation(s.n_entities)
    moved = SliceTokens(
        s.n_entities,
        s.text,
        s.family,
        to[s.entity],
        s.modality,
        s.numbers,
        to[s.edge_caller],
        to[s.edge_callee],
        s.edge_weight,
        s.scores[np.argsort(to)],
    )
    a, b = encode(encoder, texts, [s]), encode(encoder, texts, [moved])
    torch.testing.assert_close(a.slices, b.slices, atol=2e-6, rtol=0)
    torch.testing.assert_close(a.modalities, b.modalities, atol=2e-6, rtol=0)
    torch.testing.assert_close(a.entities[0], b.entities[0, torch.from_numpy(to)], atol=2e-6, rtol=0)


def test_direction_of_calls_matters(encoder: SliceEncoder):
    texts, slices = reference_slices(CFG)
    s = slices[3]
    turned = replace(s, edge_caller=s.edge_callee, edge_callee=s.edge_caller)
    assert (encode(encoder, texts, [s]).slices - encode(encoder, texts, [turned]).slices).abs().max() > 1e-6


def test_pooling_an_empty_set_gives_zero_and_equal_members_their_value():
    pool = AttentionPool(4, 8, 2)
    x = torch.randn(1, 4).expand(3, 4)[None]
    with torch.no_grad():
        empty = pool(x, torch.zeros(1, 3))
        some = pool(x, torch.tensor([[1.0, 1.0, 0.0]]))
        torch.testing.assert_close(some[0], pool.value(x[0, 0]), atol=1e-4, rtol=1e-4)
    assert (empty == 0).all()


def test_packed_tokens_give_the_same_as_padded_ones(encoder: SliceEncoder):
    texts, slices = reference_slices(CFG)
    table, first = stack_tables([texts] * len(slices))
    ordered = sorted(range(len(slices)), key=lambda i: slices[i].n_entities)
    cut = len(ordered) // 2
    rectangles = [pack([slices[i] for i in at], first[at]) for at in (ordered[:cut], ordered[cut:])]
    text, family, numbers, lengths = (
        torch.from_numpy(np.concatenate([getattr(p, name) for p in rectangles])) for name in ("text", "family", "numbers", "lengths")
    )
    calls, scores = ([torch.from_numpy(getattr(p, name)) for p in rectangles] for name in ("calls", "scores"))
    with torch.no_grad():
        parts, groups, present = encoder.encode_packed(torch.from_numpy(table), text.long(), family.long(), numbers, lengths, calls, scores)
    assert groups.shape == (sum(len(p.lengths) for p in rectangles), CFG.dim)
    whole = encode(encoder, texts, slices)
    for part, there, at in zip(parts, present, (ordered[:cut], ordered[cut:]), strict=True):
        width = there.shape[1]
        torch.testing.assert_close(part.slices, whole.slices[at], atol=2e-6, rtol=0)
        torch.testing.assert_close(part.modalities, whole.modalities[at], atol=2e-6, rtol=0)
        torch.testing.assert_close(part.entities, whole.entities[at][:, :width], atol=2e-6, rtol=0)
        assert (whole.entities[at][:, width:] == 0).all()
