"""Patches cut where the unit looks, and the chapter on what the model sees."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from tagged import PIXEL

from dlx.reports import _mosaic
from dlx.reports._seen import chapter, head, unit_lines
from dlx.reports._seen_terminal import render as render_terminal
from dlx.reports.html import render

LAYER = {
    "name": "conv3", "kind": "Conv2D 3×3", "read_at": "conv3_relu", "shape": [6, 6, 8], "units": 8, "field": [18, 18],
    "stride": [4.0, 4.0], "gated": False, "last_of_its_resolution": True,
}  # fmt: skip
PATCH = {"id": "e1", "split": "dev", "label": "Milk", "value": 2.0, "position": [0, 1], "box": [0, 0, 9, 9]}


def unit(number: int, **changed):
    made = {
        "unit": number, "active": 1.0, "spread": 0.31, "deviation": 1.0, "dead": False, "patches": [PATCH],
        "prefers": {"label": "Milk", "count": 8, "of": 9, "base": 0.067, "clear": True}, "prefers_source": None,
        "picture": PIXEL,
    }  # fmt: skip
    return made | changed


def units(order: int = 3, name: str = "conv3", **changed):
    made = {"layer": LAYER | {"name": name}, "order": order, "n": 40, "picked": 16, "splits": {"dev": 10, "train": 30}}
    return made | {"dead": [2], "units": [unit(5), unit(1)], "notes": []} | changed


def overview(**changed):
    made = {
        "task": "classification", "n": 50, "n_errors": 4, "layers": [LAYER], "notes": ["By folds."],
        "confusions": [{"true": "Juice", "said": "<Milk>", "count": 3, "examples": ["e1"], "picture": PIXEL}],
        "answers": [{"id": "e1", "true": "Juice", "said": "Milk", "error": 1.0, "loss": 7.1, "maps": 2,
                     "picture": PIXEL}],
    }  # fmt: skip
    return made | changed


@pytest.mark.parametrize(
    ("box", "there"),
    [
        ((2, 3, 5, 6), (slice(0, 3), slice(0, 3))),
        ((0, 3, 2, 6), (slice(1, 3), slice(0, 3))),  # the upper row would lie above the image
        ((7, 6, 8, 8), (slice(0, 1), slice(0, 2))),  # the lower right corner
        ((8, 8, 8, 8), (slice(0, 0), slice(0, 0))),  # nothing but padding
    ],
)
def test_a_patch_at_the_border_keeps_its_place_and_the_rest_is_grey(box, there):
    pixels = np.arange(64 * 3, dtype=np.uint8).reshape(8, 8, 3)
    made = _mosaic.patch(pixels, box, (3, 3))
    top, left, bottom, right = box
    np.testing.assert_array_equal(made[there], pixels[top:bottom, left:right])
    grey = np.ones((3, 3), bool)
    grey[there] = False
    assert (made[grey] == _mosaic._EMPTY).all()
    assert _mosaic.patch(pixels, box, None) is pixels


def test_raw_inputs_of_any_kind_become_pictures():
    uint8 = np.array([[[0], [128]]], np.uint8)
    assert _mosaic.picture(uint8)[0, 1].tolist() == [128] * 3
    assert _mosaic.picture(uint8 / 255.0).tolist() == _mosaic.picture(uint8).tolist()
    assert _mosaic.picture(np.array([[[-4.0], [0.0], [4.0]]]))[0, :, 0].tolist() == [0, 128, 255]
    assert _mosaic.picture(np.array([[[0.0, 1.0]]]))[0, 0].tolist() == [128] * 3  # two channels are no colours
    assert _mosaic.picture(np.full((1, 1, 1), np.nan)).tolist() == [[[0, 0, 0]]]


def test_heat_is_brightest_where_the_values_are_and_leaves_a_dim_picture_where_there_is_nothing():
    pixels = np.full((8, 8, 3), 200, np.uint8)
    values = np.zeros((8, 8))
    values[2, 3] = 5.0
    made = _mosaic.heat(pixels, values).astype(int).sum(-1)
    assert np.unravel_index(made.argmax(), made.shape) == (2, 3)
    assert len(np.unique(made)) == 2
    coarse = _mosaic.heat(pixels, np.array([[0.0, 1.0], [0.0, 0.0]]))
    assert coarse.shape == pixels.shape
    assert coarse[0, 7].sum() > coarse[7, 0].sum()
    np.testing.assert_array_equal(_mosaic.heat(pixels, np.zeros((8, 8))), np.full((8, 8, 3), 140, np.uint8))


def test_mosaics_and_sheets_have_room_for_all():
    tiles = [np.full((10, 5, 3), 9 * i, np.uint8) for i in range(4)]
    made = _mosaic.mosaic(tiles, columns=3, side=20, gap=2)
    assert made.shape == (2 * 20 + 2, 3 * 10 + 4, 3)  # doubled, not smoothed
    assert [made[place][0] for place in ((0, 0), (0, 12), (0, 24), (22, 0))] == [0, 9, 18, 27]
    assert _mosaic.mosaic([], columns=3, rows=3, side=4, gap=1).shape == (14, 14, 3)
    sheet = _mosaic.sheet("Заголовок " * 30, [(made, ["unit 1 → Ж" * 40, "more"])] * 3, columns=2)
    assert sheet.shape[1] == 16 + 2 * (34 + 16)
    assert sheet.shape[0] > 2 * made.shape[0]


def test_the_words_of_a_layer_and_a_unit():
    said = head(units())
    assert said.startswith("conv3 (Conv2D 3×3, 8 units, read behind conv3_relu): the nine patches of 18 × 18 pixels")
    assert "among 30 of train and 10 of dev" in said
    assert "The 2 units whose answers vary most." in said
    assert said.endswith("1 of 8 units is dead, the same for every example: 2.")
    assert unit_lines(unit(5)) == ["unit 5 · 8 of 9 Milk", "6.7 % of all", "active at 31 % of places"]
    shy = unit(5, active=0.25, prefers=unit(5)["prefers"] | {"clear": False})
    assert unit_lines(shy) == [
        "unit 5 · mixed (8 of 9 Milk)", "6.7 % of all", "active on 25 %, at 31 % of places",
    ]  # fmt: skip
    assert unit_lines(unit(2, dead=True, prefers=None, patches=[])) == ["unit 2", "dead: the same for every example"]
    source = {"label": "web", "count": 9, "of": 9, "base": 0.2, "clear": True}
    assert unit_lines(unit(5, prefers_source=source))[-1] == "from 9 of 9 web"


def test_the_chapter_has_what_was_looked_at_layers_in_their_order(made_up):
    assert chapter({}) is None
    view = chapter({"overview": overview(), "units": [units(9, "late"), units(2, "early")]})
    assert [group.title for group in view.layers] == [f"What the units of {n} answer to" for n in ("early", "late")]
    assert view.answers.notes == ["By folds."]
    page = render(replace(made_up["digits"], seen={"overview": overview(), "units": [units()]}))
    for words in ("What the model sees", "Juice → &lt;Milk&gt;", "3 of 4 errors", "said Milk, is Juice", "8 of 9 Milk"):
        assert words in page
    assert page.count(PIXEL) == 4
    assert "What the model sees" not in render(made_up["digits"])


def test_what_is_no_raster_image_is_not_shown_and_a_gate_is_said(made_up):
    bad = units(units=[unit(5, picture="data:image/svg+xml;base64,AAAA")], layer=LAYER | {"gated": True})
    page = render(replace(made_up["digits"], seen={"overview": {}, "units": [bad]}))
    assert "svg+xml" not in page
    assert "squeeze and excitation" in page
    assert "What answers rest on" not in page


def test_the_terminal_says_the_same():
    out = Console(file=io.StringIO(), width=120)
    seen = {"units": [units()], "overview": None, "layers": [LAYER], "notes": []}
    render_terminal(seen, out)
    render_terminal({"units": [], "overview": overview(), "layers": [LAYER], "notes": ["By folds."]}, out)
    render_terminal({"units": [], "overview": overview(n_errors=0), "layers": [LAYER] * 40, "notes": []}, out)
    said = out.file.getvalue()
    for words in ("8 of 9 Milk", "18 × 18 pixels", "Juice → <Milk>", "4 errors among 50", "Note: By folds.",
                  "No errors among 50"):  # fmt: skip
        assert words in said
