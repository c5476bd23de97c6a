"""One scale for all sources."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.readers._scale import to_unit


@pytest.mark.parametrize("span", [(-5, 260), (0.5, 255.5), (2, 260)])
def test_a_range_that_eight_bits_cannot_hold(span):
    values = np.array([[3, 250]], "uint8")
    expected = (np.array([[3.0, 250.0]]) - span[0]) / (span[1] - span[0])
    np.testing.assert_allclose(to_unit(values, span, where="here"), expected, rtol=1e-6)
