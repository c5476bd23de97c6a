"""What the report draws: positions and counts by hand."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from dlx.reports import _confusion, _curves, _facts, _labels, _numbers, _regression, _scores_view, _words, _worst
from dlx.reports._ladder_picture import draw as draw_ladder
from dlx.reports._ladder_view import view as ladder_view
from dlx.reports._numbers import Measure
from dlx.reports._svg import Scale, log_ticks, tag, ticks

RATE = Measure()


def diagnosis(rungs: dict[str, float], gaps: dict[str, float], focus=(), **more):
    names = ("avoidable_bias", "variance", "data_mismatch", "overfit_to_dev")
    return {
        "rungs": [
            {"name": name, "error": error, "low": None, "high": None, "n": None} for name, error in rungs.items()
        ],
        "gaps": [{"name": n, "value": gaps.get(n), "low": None, "high": None, "p_largest": None} for n in names],
        "verdict": {"status": "decided", "focus": list(focus)},
    } | more


def numbers(markup: str, name: str, *keys: str) -> list[tuple[float, ...]]:
    found = re.findall(rf"<{name} [^>]*>", markup)
    return [tuple(float(re.search(rf'[ ]{key}="(-?[\d.]+)"', text)[1]) for key in keys) for text in found]


@pytest.mark.parametrize("size", ["wide", "medium", "narrow"])
def test_each_bar_leads_from_one_rung_to_the_next(size):
    shown = ladder_view(
        diagnosis({"human": 0.01, "train": 0.08, "dev": 0.1}, {"avoidable_bias": 0.07, "variance": 0.02}), RATE
    )
    drawing = draw_ladder(shown, size)
    points = [x for (x,) in numbers(drawing, "circle", "cx")]
    bars = numbers(drawing, "rect", "x", "width")
    assert len(points) == 3
    for i, (left, width) in enumerate(bars):
        assert left == pytest.approx(points[i], abs=0.11)
        assert left + width == pytest.approx(points[i + 1], abs=0.11)


def test_a_negative_gap_leads_back():
    shown = ladder_view(diagnosis({"train": 0.1, "dev": 0.06}, {"variance": -0.04}), RATE)
    (train,), (dev,) = numbers(draw_ladder(shown), "circle", "cx")
    assert dev < train
    assert numbers(draw_ladder(shown), "rect", "x", "width")[0] == pytest.approx((dev, train - dev), abs=0.11)
    assert "−4.00 points" in draw_ladder(shown)


def test_gaps_that_cannot_be_told_apart_are_one_open_bar():
    shown = ladder_view(diagnosis({"human": 0.0, "train": 0.01, "dev": 0.1}, {"avoidable_bias": 0.01}), RATE)
    assert [getattr(row, "rank", None) for row in shown.rows] == [None, "quiet", None, "open", None]
    assert shown.rows[3].title == "variance or data mismatch"
    assert shown.missing == ("overfitting to dev",)


def test_focus_and_flags_show():
    made = diagnosis(
        {"train": 0.01, "train_dev": 0.09, "dev": 0.1}, {"variance": 0.08, "data_mismatch": 0.01}, ["variance"]
    )
    made["gaps"][2]["flagged"] = True
    shown = ladder_view(made, RATE)
    assert [row.rank for row in shown.rows[1::2]] == ["focus", "flagged"]
    assert draw_ladder(shown).count("bar focus") == 1


def test_every_mark_stays_inside_the_picture():
    made = diagnosis({"human": 0.0, "train": 0.02, "dev": 0.5}, {"avoidable_bias": 0.02, "variance": 0.48})
    for rung in made["rungs"]:
        rung |= {"low": 0.0, "high": min(1.0, rung["error"] + 0.4)}
    shown = ladder_view(made, RATE, target=0.9)
    for size, width in (("wide", 860), ("medium", 568), ("narrow", 343)):
        found = re.findall(r' (?:x|cx|x1|x2)="(-?[\d.]+)"', draw_ladder(shown, size))
        assert all(0 <= float(x) <= width for x in found)


def test_a_target_far_off_does_not_squeeze_the_ladder():
    made = diagnosis({"train": 0.01, "dev": 0.02}, {"variance": 0.01})
    assert ladder_view(made, RATE, target=0.5).target is None
    assert ladder_view(made, RATE, target=0.015).target_text == "target 1.5\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize("rungs", [{}, {"dev": 0.0}, {"dev": 1.0}, {"train": 0.0, "dev": 0.0}])
def test_ladders_at_the_ends(rungs):
    shown = ladder_view(diagnosis(rungs, {}), RATE)
    assert (shown is None) == (not rungs)
    if shown:
        assert shown.high > shown.low
        assert draw_ladder(shown)


def test_the_human_row_shows_the_other_groups():
    people = [{"group": "a", "error": 0.03}, {"group": "b", "error": 0.01}, {"group": "c", "error": 0.005}]
    made = diagnosis({"human": 0.005, "dev": 0.06}, {}, human=people)
    shown = ladder_view(made, RATE)
    assert shown.rows[0].others == (0.03, 0.01)
    assert draw_ladder(shown).count("point other") == 2


@pytest.mark.parametrize(
    ("low", "high", "about", "expected"),
    [
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 0.113, 5, [0, 0.02, 0.04, 0.06, 0.08, 0.1]),
        (-40, 60, 5, [-40, -20, 0, 20, 40, 60]),
        (7, 7, 5, [7]),
        (0, 30, 3, [0, 10, 20, 30]),
    ],
)
def test_ticks_are_round(low, high, about, expected):
    assert ticks(low, high, about) == pytest.approx(expected)


def test_log_ticks_and_scale():
    assert log_ticks(0.015, 3) == pytest.approx([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2])
    assert log_ticks(0.001, 1) == pytest.approx([0.001, 0.01, 0.1, 1])
    assert Scale(0.01, 100, 0, 400, log=True)(1) == pytest.approx(200)
    assert Scale(0, 10, 100, 0)(2.5) == 75
    assert Scale(3, 3, 0, 10)(3) == 5


def test_tags_escape_what_they_hold():
    assert tag("text", "a<b", title='"x"') == '<text title="&#34;x&#34;">a&lt;b</text>'


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0079, "0.79 %"),
        (0.082, "8.20 %"),
        (0.0995, "9.95 %"),
        (0.09999, "10.0 %"),
        (0.143, "14.3 %"),
        (0.0, "0 %"),
        (1.0, "100.0 %"),
        (None, "–"),
        (math.nan, "–"),
        (np.float64(0.5), "50.0 %"),
    ],
)
def test_rates(value, said):
    assert RATE.value(value).replace("\N{NO-BREAK SPACE}", " ") == said


def test_other_measures_keep_their_unit():
    mae = Measure("mae", "mg/dl", bounded=False)
    assert mae.value(44.123) == "44.1 mg/dl"
    assert mae.gap(-3.5) == "−3.50 mg/dl"
    assert mae.interval(1.0, None) == ""
    assert Measure("rmse", "", bounded=False).value(12345.6) == "12,346"
    assert Measure("rmse").title == "RMSE"
    assert [mae.tick(v, 0.5) for v in (0, 0.5, -1.0)] == ["0.0", "0.5", "−1.0"]
    assert RATE.tick(0.05, 0.05) == "5\N{NO-BREAK SPACE}%"
    assert _numbers.number(0) == "0"
    assert _numbers.plain([1, None, True, 0.25]) == "1, –, yes, 0.25"


def test_confusion_counts_by_hand():
    rows = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "a"), ("b", "a"), ("10", "2"), ("2", "2")]
    seen = _confusion.confusion(pd.DataFrame(rows, columns=["y_true", "y_pred"]), ["b", "a"])
    assert seen.classes == ("b", "a", "2", "10")
    assert seen.counts.tolist() == [[1, 2, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]
    assert seen.pairs[0] == ("b", "a", 2, 3, 0.5)
    assert (seen.errors, seen.n, seen.left_out) == (4, 7, 0)


def test_many_classes_show_those_with_errors():
    true = [f"class {i}" for i in range(100)] * 2
    pred = [*true[:100], *[f"class {(i + 50) % 100}" if i < 10 else f"class {i}" for i in range(100)]]
    seen = _confusion.confusion(pd.DataFrame({"y_true": true, "y_pred": pred}))
    assert (len(seen.classes), seen.left_out, seen.errors) == (30, 70, 10)
    assert {f"class {i}" for i in (*range(10), *range(50, 60))} <= set(seen.classes)
    assert "class 50" in _confusion.draw(seen)


def test_confusion_of_one_class_and_of_no_rows():
    assert _confusion.confusion(pd.DataFrame({"y_true": [], "y_pred": []})) is None
    one = _confusion.confusion(pd.DataFrame({"y_true": ["a"], "y_pred": ["a"]}))
    assert one.pairs == ()
    assert _confusion.draw(one)


def test_labels_count_only_where_they_are_known():
    table = pd.DataFrame({"y_true": [[1, None], [1, 0], [0, 1], [0, None]], "y_pred": [[1, 1], [0, 1], [1, 1], [0, 0]]})
    a, b = sorted(_labels.by_label(table, ["a"]), key=lambda row: row.name)
    assert (a.name, a.known, a.found, a.missed, a.false_alarms, a.rejected) == ("a", 4, 1, 1, 1, 1)
    assert (b.name, b.known, b.found, b.missed, b.false_alarms, b.rejected) == ("label 2", 2, 1, 0, 1, 0)
    assert a.share("errors") == 50


def test_residuals_by_hand():
    seen = _regression.residuals(pd.DataFrame({"y_true": [0.0, 0.0, 0.0], "y_pred": [1.0, -1.0, 3.0]}))
    assert seen.mean == 1
    assert seen.counts.sum() == 3
    assert seen.edges[0] == -seen.edges[-1]
    assert _regression.residuals(pd.DataFrame({"y_true": [math.nan], "y_pred": [1.0]})) is None


@pytest.mark.parametrize("n", [1, 2, 2000])
def test_clouds_are_sampled(n):
    rng = np.random.default_rng(0)
    seen = _regression.residuals(pd.DataFrame({"y_true": rng.normal(size=n), "y_pred": rng.normal(size=n)}))
    assert len(seen.y_true) == min(n, _regression.POINTS)
    assert seen.counts.sum() == n
    assert _regression.draw_scatter(seen).count("h0") == len(seen.y_true)
    assert _regression.draw_histogram(seen)


def test_a_perfect_regression_can_be_drawn():
    seen = _regression.residuals(pd.DataFrame({"y_true": [5.0, 5.0], "y_pred": [5.0, 5.0]}))
    assert _regression.draw_scatter(seen)
    assert _regression.draw_histogram(seen)


def test_curves_of_what_was_recorded():
    history = [{"epoch": e, "loss": 10.0**-e, "learning_rate": 0.1} for e in range(1, 4)]
    (loss,) = _curves.curves(history, RATE, None)
    assert (loss.title, loss.log, [name for name, _, _ in loss.lines], loss.best) == ("Loss", True, ["train"], None)
    both = _curves.curves(
        [{"epoch": 1, "error": 0.5, "val_error": 0.6, "learning_rate": r} for r in (0.1, 0.05)], RATE, 0.2
    )
    assert [curve.title for curve in both] == ["Error", "Learning rate"]
    assert (both[0].level, both[0].best) == (0.2, (1, 0.6))
    assert _curves.curves([], RATE, None) == []


def test_one_epoch_is_a_dot_and_values_that_are_no_numbers_are_left_out():
    history = [{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": math.nan}, {"epoch": 3, "loss": None}]
    (curve,) = _curves.curves(history, RATE, None)
    assert curve.lines[0][2] == ((1.0, 1.0),)
    assert "circle" in _curves.draw(curve)


def test_long_histories_are_thinned_and_keep_their_end():
    history = [{"epoch": e, "loss": 1 / e} for e in range(1, 10_001)]
    (curve,) = _curves.curves(history, RATE, None)
    points = curve.lines[0][2]
    assert len(points) < 500
    assert points[-1] == (10_000, 1e-4)


@pytest.mark.parametrize("places", [[100.0, 101.0, 103.0], [230.0, 233.0, 234.0], [20.0], [10.0, 11.0, 200.0]])
def test_names_of_lines_do_not_overlap_and_stay_in_the_drawing(places):
    found = [end[0] for end in _curves._apart([[y, "name", "kind"] for y in places])]
    assert all(b - a >= 14 for a, b in pairwise(found))
    assert max(found) <= 234
    assert max(abs(a - b) for a, b in zip(found, places, strict=True)) <= 28


def scores(rows):
    return pd.DataFrame(rows, columns=["predictor", "metric", "split", "slice", "value", "low", "high", "n"])


def test_slices_are_worst_first_and_on_one_axis():
    table = scores(
        [
            ("model", "error", "dev", "all", 0.2, 0.1, 0.3, 100),
            ("model", "error", "dev", "class=a", 0.1, 0.0, 0.2, 50),
            ("model", "error", "dev", "class=b=c", 0.3, 0.2, 0.4, 50),
            ("model", "error", "test", "class=a", 0.9, 0.8, 1.0, 5),
            ("model", "error", "dev", "source=only", 0.2, 0.1, 0.3, 100),
            ("baseline", "error", "dev", "class=a", 0.9, 0.8, 1.0, 5),
        ]
    )
    (group,) = _scores_view.slices(table, RATE, "model", "dev")
    assert [one.name for one in group.slices] == ["b=c", "a"]
    worst = group.slices[0]
    assert worst.low < worst.at < worst.high <= 100
    assert group.overall == pytest.approx((group.slices[0].at + group.slices[1].at) / 2, abs=0.01)


def test_slices_of_a_measure_where_more_is_better_begin_with_the_least():
    table = scores([("model", "accuracy", "dev", f"class={c}", v, None, None, 9) for c, v in (("a", 0.9), ("b", 0.5))])
    (group,) = _scores_view.slices(table, RATE, "model", "dev")
    assert [one.name for one in group.slices] == ["b", "a"]
    assert group.slices[0].low is None


def test_the_summary_has_a_column_per_split_and_the_model_first():
    table = scores(
        [
            ("baseline", "error", "dev", "all", 0.9, None, None, 9),
            ("model", "accuracy", "dev", "all", 0.8, 0.7, 0.9, 9),
            ("model", "error", "dev", "all", 0.2, 0.1, 0.3, 9),
            ("model", "error", "train", "all", 0.1, 0.0, 0.2, 9),
        ]
    )
    seen = _scores_view.summary(table, RATE, "model")
    assert seen.splits == ("train", "dev")
    (model, lines), (other, _) = seen.predictors
    assert (model, other) == ("model", "baseline")
    assert [what for what, _ in lines] == ["error", "accuracy"]
    assert lines[1][1] == (("", ""), ("80.0\N{NO-BREAK SPACE}%", "[70.0, 90.0]"))


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ({"status": "decided", "focus": ["variance"]}, "No gap stands out; the largest is variance."),
        (
            {"status": "undecided", "focus": ["variance"], "n_needed": 12400},
            "Too close to call: about 12,400 dev examples would decide.",
        ),
        (
            {"status": "undecided", "focus": [], "n_needed": None},
            "Too close to call, and more data would not separate the gaps.",
        ),
        (
            {"status": "tie", "focus": ["avoidable_bias", "variance"]},
            "Avoidable bias and variance both matter; begin with avoidable bias.",
        ),
        ({"status": "need_train_dev", "focus": []}, "A train-dev set is needed to tell variance from data mismatch."),
        ({"status": "good_enough", "focus": []}, "Good enough: nothing here needs work."),
        ({"status": "undetermined", "focus": []}, "The ladder cannot say what to work on."),
        ({}, "There is no verdict."),
    ],
)
def test_headlines(verdict, said):
    assert _words.headline(verdict, []) == said


def test_a_flagged_gap_is_to_be_worked_on():
    verdict = {"status": "decided", "focus": ["variance"]}
    assert _words.headline(verdict, [{"name": "variance", "flagged": True}]) == "Work on variance first."


def test_prose_sets_commands_as_code_and_keeps_per_cents_together():
    assert _words.prose("5 % of `a <b>` & c") == "5\N{NO-BREAK SPACE}% of <code>a &lt;b&gt;</code> &amp; c"
    assert _words.prose(None) == ""
    assert _words.is_command("dlx train digits -s model.units=[256,256]")
    assert not _words.is_command("dlx data shows what is missing.")
    assert not _words.is_command("Train longer: `dlx train digits`")


def test_cards_say_what_was_said():
    example = {
        "id": "7",
        "y_true": [1, 0],
        "y_pred": [0, 0],
        "error": 0.5,
        "loss": 1.234,
        "source": "web",
        "text": "x" * 700,
    }
    (card,) = _worst.cards([example], RATE, ["cat", "dog"])
    assert (card.pred, card.true, card.kind) == ("none", "cat", "text")
    assert card.note.replace("\N{NO-BREAK SPACE}", " ") == "error 50.0 % · loss 1.2 · web"
    assert len(card.text) == 601
    assert len(_worst.cards([example] * 100, RATE)) == _worst.MOST


def test_facts_leave_out_what_is_not_known():
    assert _facts.when("2025-11-20T21:07:36+00:00") == "20 November 2025, 21:07 UTC"
    assert _facts.when("some day") == "some day"
    assert _facts.when(None) is None
    assert _facts.duration("2025-11-20T21:07:36", "2025-11-20T21:08:48") == "1 min 12 s"
    assert _facts.duration("2025-11-20T21:07:36", "2025-11-20T21:07:40.5") == "4.5 s"
    assert _facts.duration("2025-11-20T21:00:00", "2025-11-21T00:30:00") == "3 h 30 min"
    assert _facts.duration("2025-11-20T21:00:00", None) is None
    assert _facts.data_view({}).empty


def test_data_of_several_labels_shows_the_share_of_yes():
    data = _facts.data_view(
        {"class_balance": {"even": {"train known": 200, "train yes": 50, "dev known": 9, "dev yes": 9}}}
    )
    assert [(share.name, share.percent) for share in data.balance] == [("even", 25.0)]
    assert data.balance_of == "Share of yes in train, where known"


def test_many_classes_are_folded():
    data = _facts.data_view({"class_balance": {str(i): {"train": i} for i in range(1, 31)}})
    names = [share.name for share in data.balance]
    assert names[:2] == ["30", "29"]
    assert names[6] == "… 18 more …"
    assert names[-1] == "1"
