"""The rule of src/core/heads/fusion.ts, by hand."""

import torch

from fusion import EXPLAINED_SHARE, FAMILY_MODALITY, SYMPTOMS, fuse

CPU, DURATION, GAP = 0, 7, 10


def scores(*rows: dict[int, float]) -> torch.Tensor:
    out = torch.zeros(1, len(rows), len(FAMILY_MODALITY))
    for entity, row in enumerate(rows):
        for family, value in row.items():
            out[0, entity, family] = value
    return out


def calls(entities: int, *edges: tuple[int, int]) -> torch.Tensor:
    graph = torch.zeros(1, entities, entities)
    for caller, callee in edges:
        graph[0, caller, callee] = 1.5
    return graph


def test_a_family_speaks_by_its_share_whatever_the_sign():
    fused = fuse(scores({CPU: 4.0}, {CPU: -2.0}), calls(2))
    torch.testing.assert_close(fused.entities[0], torch.tensor([4 * 4 / 7, 2 * 2 / 7]))


def test_a_large_score_counts_as_ten_and_a_huge_one_stays_finite_in_half_floats():
    fused = fuse(scores({CPU: 50.0}, {CPU: 0.0}), calls(2))
    torch.testing.assert_close(fused.entities[0, 0], torch.tensor(10 * 50 / 51))
    huge = fuse(torch.full((1, 500, len(FAMILY_MODALITY)), 6e4).half(), calls(500).half())
    assert torch.isfinite(huge.contributions).all()


def test_a_caller_keeps_what_its_callee_does_not_explain():
    both = scores({DURATION: 6.0}, {DURATION: 3.0})
    plain = torch.tensor([6 * 6 / 10, 3 * 3 / 10])
    torch.testing.assert_close(fuse(both, calls(2)).entities[0], plain)
    explained = fuse(both, calls(2, (0, 1)))
    torch.testing.assert_close(explained.entities[0], torch.tensor([plain[0] - plain[1], plain[1]]))
    torch.testing.assert_close(explained.worst_callee[0], torch.tensor([plain[1], 0.0]))
    # The other way round nothing is left but the order.
    turned = fuse(both, calls(2, (1, 0)))
    torch.testing.assert_close(turned.entities[0], torch.tensor([plain[0], EXPLAINED_SHARE * plain[1]]))


def test_resources_and_the_way_between_services_are_nobody_elses():
    assert CPU not in SYMPTOMS
    assert GAP not in SYMPTOMS
    both = scores({GAP: 6.0}, {GAP: 3.0})
    torch.testing.assert_close(fuse(both, calls(2, (0, 1))).entities, fuse(both, calls(2)).entities)


def test_an_entity_that_calls_itself_explains_nothing():
    one = scores({DURATION: 6.0})
    torch.testing.assert_close(fuse(one, calls(1, (0, 0))).entities, fuse(one, calls(1)).entities)
