"""The numbers of test/unit/core/heads/headFeatures.test.ts."""

import numpy as np

from type_features import to_type_features


def test_the_roots_families_above_then_below_then_the_strongest_of_each_elsewhere():
    signed = np.array([[1, 0, 0], [7, -1, 0], [100, 3, 0]], np.float32)
    expected = [1, 0, 0, 0, np.log(2) / np.log(8), 0, 1, np.log(4) / np.log(8), 0]
    np.testing.assert_allclose(to_type_features(signed, 1), expected)


def test_a_root_that_is_usual_and_one_that_is_alone():
    np.testing.assert_allclose(to_type_features(np.array([[0.5, 0]], np.float32), 0), [np.log(1.5) / np.log(2), 0, 0, 0, 0, 0])
