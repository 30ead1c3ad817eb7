"""The numbers of test/unit/core/heads/embeddingDeviation.test.ts."""

import numpy as np

from deviation import subtract_usual


def test_usual_is_the_median_which_a_few_failures_do_not_move():
    slices = np.array([[1, 0], [1, 0], [1, 2], [9, -4]], np.float32)
    np.testing.assert_array_equal(subtract_usual(slices), [[0, 0], [0, 0], [0, 2], [8, -4]])
    np.testing.assert_array_equal(subtract_usual(slices[:1]), [[0, 0]])
