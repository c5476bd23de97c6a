"""The chapter on tagged errors: Ng's table, the label line, suggestions, and the picture as a file."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from tagged import PIXEL, analysis, pictures

from dlx.reports import _errors_picture
from dlx.reports._errors import chapter
from dlx.reports.html import render

NG = {"dog": 8, "great cat": 43, "blurry": 61}


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\N{NO-BREAK SPACE}", " ")


def test_ngs_table_in_numbers():
    """Shares 8, 43 and 61 of 100; fixing blurry takes 10.0 % to 3.9 % [3.0, 4.8] (N = 500, D = 5,000)."""
    view = chapter(analysis(NG))
    assert [(row.name, row.count, row.share) for row in view.rows[:3]] == [
        ("blurry", "61", 0.61), ("great cat", "43", 0.43), ("dog", "8", 0.08),
    ]  # fmt: skip
    assert view.rows[0].ceiling == pytest.approx(0.039)
    assert (view.rows[0].ceiling_low, view.rows[0].ceiling_high) == pytest.approx((0.030, 0.048), abs=5e-4)
    assert [row.remark for row in view.rows] == ["worth work", "worth work", "small", "small"]


def test_wrong_labels_are_a_row_apart_and_a_line():
    """O33: 6 of 100 errors of 10 %: overall 10, labels 0.6, other 9.4."""
    view = chapter(analysis(NG, wrong_labels=6))
    last = view.rows[-1]
    assert (last.name, last.count, last.labels, last.remark) == ("wrong labels", "6", True, "small")
    assert last.ceiling == pytest.approx(0.094)
    values = [value.replace("\N{NO-BREAK SPACE}", " ") for _, value, _ in view.label_parts]
    assert values == ["10.0 %", "0.60 %", "9.40 %"]
    assert "work on the other errors first" in view.label_reason


def test_before_the_first_tag_there_is_no_chapter(made_up):
    empty = analysis({}) | {"n_tagged": 0}
    assert chapter(empty) is None
    assert "What the errors are" not in render(replace(made_up["digits"], errors=empty))
    assert "What the errors are" not in render(made_up["digits"])


def test_the_page_has_table_pictures_label_line_overlaps_suggestions_and_notes(made_up):
    page = render(replace(made_up["digits"], errors=analysis(NG, wrong_labels=6), pictures=pictures()))
    said = text(page)
    assert "100 of 500 errors, drawn at random, were looked at by ann. All errors: 10.0 % [9.20, 10.9] of 5,000" in said
    assert "blurry 61 61.0 % [51.8, 69.6] 3.90 % [3.04, 4.82]" in said
    assert "On the same errors: great cat and blurry 43, dog and great cat 8, dog and blurry 8." in said
    assert "due to wrong labels 0.60 %" in said
    assert "more than the dev error" in said
    assert "light ≤ 0.2: 60 % of 200 are wrong." in said
    assert "The commonest: cat taken for dog: 8 %." in said
    assert "7 conditions on 3 columns were tested" in said
    assert page.count('class="drawing tags') == 2
    assert page.count(PIXEL) >= 4


def test_suggestions_that_wait_say_how_many_reviews_are_missing():
    waiting = {"ready": False, "reviewed": 12, "needed": 30, "items": [], "notes": []}
    view = chapter(analysis(NG) | {"suggestions": waiting})
    assert not view.suggestions
    assert "18 more errors" in view.waiting


def test_text_of_people_is_escaped_and_only_pictures_are_shown(made_up):
    bad = "<script>alert(1)</script>"
    made = analysis({bad: 40, "fog": 10})
    made["suggestions"]["items"][0] |= {"text": bad, "examples": ["e0", bad]}
    page = render(
        replace(made_up["digits"], errors=made, pictures={"e0": "javascript:alert(1)", bad: "https://x.example/a.png"})
    )
    assert bad not in page
    assert "javascript:" not in page
    assert "x.example" not in page
    assert bad not in _errors_picture.alone(chapter(made))


def test_errors_chosen_by_loss_have_shares_but_no_ceilings(made_up):
    made = analysis(NG, by="loss")
    assert all(row.ceiling is None and row.low is None for row in chapter(made).rows)
    assert "chosen by their loss" in text(render(replace(made_up["digits"], errors=made)))
    assert "error if fixed" not in str(_errors_picture.draw(chapter(made)))


@pytest.mark.parametrize("tags", [{"fog": 0}, {"fog": 100}, {}, {f"tag {i}": i for i in range(40)}])
@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_marks_stay_inside_the_picture(tags, size):
    view = chapter(analysis(tags))
    if not view.rows:
        return
    root = ET.fromstring(str(_errors_picture.draw(view, size)))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for mark in root.iter():
        for name, limit in (("x", width), ("cx", width), ("x2", width), ("y", height), ("cy", height), ("y2", height)):
            assert -1 <= float(mark.get(name, 0)) <= limit
        if "width" in mark.attrib and mark.tag == "rect":
            assert float(mark.get("x")) + float(mark.get("width")) <= width


def test_bars_are_as_long_as_their_shares():
    view = chapter(analysis(NG))
    bars = [b for b in ET.fromstring(str(_errors_picture.draw(view))).iter("rect") if "bar share" in b.get("class")]
    widths = [float(bar.get("width")) for bar in bars]
    assert [w / widths[0] for w in widths] == pytest.approx([1, 43 / 61, 8 / 61], abs=0.01)


def test_the_file_stands_alone():
    made = _errors_picture.alone(chapter(analysis(NG, wrong_labels=6)))
    root = ET.fromstring(made)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in made
    assert "http" not in made.replace("http://www.w3.org/2000/svg", "")


def test_what_changed_since_an_earlier_run_is_a_table_with_its_notes(made_up):
    row = {"tag": "fog", "n": 10, "fixed": 5, "still_wrong": 5, "regressed": 0, "change": -0.5}
    row |= {"low": -0.76, "high": -0.15, "dev_change": -0.05, "dev_low": -0.06, "dev_high": -0.04}
    open_ = dict.fromkeys(row) | {"tag": "rain", "n": 3, "fixed": 1, "still_wrong": 2}
    words = ["two against one, on 100 examples: 10 errors fixed.", "New errors: 5; to look at now: 5."]
    made = analysis(NG) | {"against": {"words": words, "tags": [row, open_]}}
    said = text(render(replace(made_up["digits"], errors=made)))
    assert "Since the earlier run two against one" in said
    assert "fog 10 5 5 0 −50.0 points [−76.0, −15.0] −5.00 points [−6.00, −4.00]" in said
    assert "rain 3 1 2 ?" in said
    assert words[1] in said
    assert "Since the earlier run" not in render(replace(made_up["digits"], errors=analysis(NG)))
