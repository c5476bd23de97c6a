"""One scale for all sources."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.errors import UserError
from dlx.readers._scale import check_margin, images, to_unit


@pytest.mark.parametrize("span", [(-5, 260), (0.5, 255.5), (2, 260)])
def test_a_range_that_eight_bits_cannot_hold(span):
    values = np.array([[3, 250]], "uint8")
    expected = (np.array([[3.0, 250.0]]) - span[0]) / (span[1] - span[0])
    np.testing.assert_allclose(to_unit(values, span, where="here"), expected, rtol=1e-6)


def test_a_margin_stays_empty_and_the_image_fills_the_rest():
    raw = np.full((2, 8, 8), 16.0)
    stack, notes = images(raw, size=(28, 26), margin=4, range=(0, 16), where="here")
    assert stack.shape == (2, 28, 26, 1)
    inside = np.zeros((28, 26), bool)
    inside[4:24, 4:22] = True
    np.testing.assert_array_equal(stack[0, ..., 0], inside.astype("float32"))
    assert any("20×18" in note for note in notes)
    assert any("4 pixels of empty margin" in note for note in notes)


@pytest.mark.parametrize(
    ("margin", "size", "says"),
    [
        (-1, (28, 28), "from 0 up"),
        (2.0, (28, 28), "whole"),
        (True, (8, 8), "whole"),
        (4, None, "size"),
        (4, (8, 28), "room"),
    ],
)
def test_margins_that_cannot_be(margin, size, says):
    with pytest.raises(UserError, match=says):
        check_margin(margin, size)
