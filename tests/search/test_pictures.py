"""Pictures of a search: what is drawn where, and files that stand alone."""

from __future__ import annotations

import dataclasses
import itertools
import math
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "strategies"))
from surfaces import SPACE, run, valley

from dlx.search import Space, Trial, make
from dlx.search.knob import Knob
from dlx.search.pictures import STYLE, boxes, page, panels, parallel, sheet, standalone

RATE = Knob("train.learning_rate", 1e-4, 1.0, "log")
BETA = Knob("train.momentum", 0.9, 0.999, "one_minus_log", when={"train.optimizer": ("momentum",)})
KIND = Knob("train.optimizer", values=("adam", "momentum"))
SMALL = Space((RATE, KIND, BETA))
TOLD = {"greater_is_better": False}


def trial(number: int, rate: float, score: float | None, **more) -> Trial:
    params = {"train.learning_rate": rate, "train.optimizer": "adam"}
    return Trial(number, params, "complete" if score is not None else "diverged", score, **more)


@pytest.fixture(scope="module")
def searched():
    strategy = make("coarse-to-fine", SPACE, seed=1, trials=24)
    trials = run(strategy, valley(1))
    return strategy.stages(trials), trials


def drawn(drawing) -> ET.Element:
    return ET.fromstring(str(drawing))


def marks(drawing, *names: str) -> list[ET.Element]:
    return [one for one in drawn(drawing).iter() if set(names) <= set((one.get("class") or "").split())]


def test_one_line_per_ended_trial_and_one_best(searched):
    _, trials = searched
    more = [*trials, Trial(24, trials[0].params, "running"), Trial(25, trials[0].params, "duplicate", 0.1, of=0)]
    lines = marks(parallel(SPACE, more, **TOLD), "trial")
    assert len(lines) == 24
    (best,) = marks(parallel(SPACE, more, **TOLD), "trial", "best")
    lowest = min((t for t in trials if t.score is not None), key=lambda t: t.score)
    assert best.find("title").text.startswith(f"trial {lowest.number}:")
    assert lines[-1] is not None
    assert lines[-1].get("class") == "trial best"  # drawn last, over the others


def test_the_best_has_the_largest_score_where_larger_is_better(searched):
    _, trials = searched
    (best,) = marks(parallel(SPACE, trials, greater_is_better=True, metric="accuracy"), "trial", "best")
    largest = max((t for t in trials if t.score is not None), key=lambda t: t.score)
    assert best.find("title").text.startswith(f"trial {largest.number}:")


def test_a_log_knob_has_a_log_axis():
    trials = [trial(i, 10.0 ** (i - 4), 0.1 * (i + 1)) for i in range(5)]
    panel = panels(SMALL, trials, **TOLD)[0]
    xs = sorted(float(dot.get("cx")) for dot in marks(panel, "mark"))
    gaps = [b - a for a, b in itertools.pairwise(xs)]
    assert gaps == pytest.approx([gaps[0]] * 4, abs=0.2)
    labels = {text.text for text in drawn(panel).iter("text")}
    assert {"0.0001", "0.01", "1"} <= labels


def test_momentum_s_axis_is_one_of_1_minus_beta():
    trials = [
        Trial(i, {"train.learning_rate": 0.1, "train.optimizer": "momentum", "train.momentum": beta}, "complete", 0.1)
        for i, beta in enumerate((0.9, 0.99, 0.999))
    ]
    panel = panels(SMALL, trials, **TOLD)[2]
    low, middle, high = sorted(float(dot.get("cx")) for dot in marks(panel, "mark"))
    assert middle - low == pytest.approx(high - middle, abs=0.2)
    assert {"0.9", "0.99", "0.999"} <= {text.text for text in drawn(panel).iter("text")}


def test_better_is_lower_on_the_page_for_errors():
    good, bad = trial(0, 0.01, 0.1), trial(1, 0.1, 0.5)
    dots = {d.find("title").text[:7]: float(d.get("cy")) for d in marks(panels(SMALL, [good, bad], **TOLD)[0], "mark")}
    assert dots["trial 0"] > dots["trial 1"]


def test_trials_without_a_score_are_crosses_and_dashes():
    trials = [trial(0, 0.01, 0.1), trial(1, 0.9, None), trial(2, 0.02, 0.05, feasible=False)]
    assert len(marks(panels(SMALL, trials, **TOLD)[0], "cross")) == 1
    assert len(marks(parallel(SMALL, trials, **TOLD), "trial", "without")) == 2  # and one that breaks a limit
    (best,) = marks(parallel(SMALL, trials, **TOLD), "trial", "best")
    assert best.find("title").text.startswith("trial 0:")


def test_a_knob_that_did_not_count_is_off():
    drawing = parallel(SMALL, [trial(0, 0.01, 0.1)], **TOLD)
    assert "off" in {text.text for text in drawn(drawing).iter("text")}
    assert marks(panels(SMALL, [trial(0, 0.01, 0.1)], **TOLD)[2], "mark") == []


def test_the_boxes_are_those_of_the_stages(searched):
    stages, trials = searched
    drawing = boxes(SPACE, stages, trials, **TOLD)
    assert len(marks(drawing, "box")) == len(stages) - 1
    assert len(marks(drawing, "range")) == 1
    areas = [float(b.get("width")) * float(b.get("height")) for b in marks(drawing, "box")]
    (whole,) = marks(drawing, "range")
    assert areas[-1] < 0.25 * float(whole.get("width")) * float(whole.get("height"))
    assert boxes(SPACE, stages[:1], trials[:8], **TOLD) is None
    assert boxes(Space(SPACE.knobs[:1]), stages, trials, **TOLD) is None


def test_a_search_that_left_its_range_is_drawn_beyond_it():
    space = Space((dataclasses.replace(RATE, domain=(0.0, math.inf)), Knob("a.x", 0.0, 1.0, domain=(0.0, 1.0))))
    strategy = make("coarse-to-fine", space, trials=24)
    trials = run(strategy, lambda params: 1 + 0.1 * math.log10(params["train.learning_rate"]))
    drawing = boxes(space, strategy.stages(trials), trials, **TOLD)
    (recipe,) = marks(drawing, "range")
    assert any(float(b.get("x")) < float(recipe.get("x")) - 1 for b in marks(drawing, "box"))


@pytest.mark.parametrize("trials", [[], [trial(0, 0.1, None)], [trial(0, 0.1, 0.0)], [trial(0, 0.1, 0.3)] * 1])
def test_few_or_no_scores_are_drawn_too(trials):
    for drawing in (parallel(SMALL, trials, **TOLD), sheet(SMALL, trials, percent=True, **TOLD)):
        assert "nan" not in str(drawing)
        assert drawn(drawing) is not None


def test_files_stand_alone(searched):
    stages, trials = searched
    drawing = parallel(SPACE, trials, percent=True, **TOLD)
    file = standalone(drawing)
    root = ET.fromstring(file)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in STYLE
    whole = page("Search <x>", [("All", "", [drawing]), ("Knobs", "each", panels(SPACE, trials, **TOLD))])
    assert "Search &lt;x&gt;" in whole
    for text in (file, whole):
        assert not any(word in text for word in ("href", "<script", "@import", "url("))
    assert len(marks(sheet(SPACE, trials, **TOLD), "title")) == len(SPACE.knobs)
    assert boxes(SPACE, stages, trials, **TOLD) is not None


def test_values_of_the_user_are_escaped():
    space = Space((Knob("model.kind", values=("<b>", "a&b")),))
    trials = [Trial(0, {"model.kind": "<b>"}, "complete", 0.1)]
    assert "<b>" not in str(parallel(space, trials, **TOLD)) + str(sheet(space, trials, **TOLD))
