"""A run against an earlier one: tags follow the id, counts by hand, paired limits, the queue, and the eyeball part."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dlx
from dlx.analysis._against import Rows, compare
from dlx.errors import UserError
from dlx.strategy.ceilings import share_limits
from dlx.strategy.paired import tango
from dlx.tagging.frozen import load
from dlx.tagging.log import TagLog
from dlx.tagging.sample import eyeball
from dlx.tagging.state import state


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def rows(wrong: set[int], n: int = 100, label: str = "cat") -> Rows:
    ids = [f"e{i}" for i in range(n)]
    bad = np.array([i in wrong for i in range(n)])
    part = pd.DataFrame({"id": ids, "y_true": label, "error": bad.astype(float)})
    return Rows(part, bad)


def said(tags: dict[str, list[int]], reviewed: list[int] = ()):
    records = [{"id": f"e{i}", "reviewer": "ann", "tag": tag, "value": True} for tag, ids in tags.items() for i in ids]
    records += [{"id": f"e{i}", "reviewer": "ann", "tag": "reviewed", "value": True} for i in reviewed]
    return state(records)


def test_counts_by_hand_and_limits_of_tango():
    """Before: 0–19 wrong. Now: 10–19 still, 20–24 new. Fog on 5–14, rain on 15–22."""
    found = compare(
        rows(set(range(10, 25))), rows(set(range(20))), names=("b", "a"),
        state=said({"fog": list(range(5, 15)), "rain": list(range(15, 23))}, list(range(25))),
    )  # fmt: skip
    assert (found.n, found.fixed, found.regressed, found.still_wrong, found.n_new) == (100, 10, 5, 10, 5)
    assert (found.change.share, found.change.low, found.change.high) == pytest.approx((-0.05, *tango(5, 10, 100)))
    table = found.tags.set_index("tag")
    assert table.loc["fog", ["n", "fixed", "still_wrong", "regressed"]].tolist() == [10, 5, 5, 0]
    assert table.loc["rain", ["n", "fixed", "still_wrong", "regressed"]].tolist() == [8, 0, 5, 3]
    assert table.loc["fog", ["change", "low", "high"]].tolist() == pytest.approx([-0.5, *tango(0, 5, 10)])
    assert table.loc["rain", ["change", "low", "high"]].tolist() == pytest.approx([3 / 8, *tango(3, 0, 8)])
    # all errors are tagged: on this dev set the change is a count
    assert table.loc["fog", ["dev_change", "dev_low", "dev_high"]].tolist() == pytest.approx([-0.05] * 3)
    assert table.loc["rain", ["dev_change", "dev_low", "dev_high"]].tolist() == pytest.approx([0.03] * 3)


def test_what_got_worse_is_unknown_while_no_new_error_is_tagged():
    found = compare(rows(set(range(10, 25))), rows(set(range(20))), said({"fog": list(range(20))}), names=("b", "a"))
    row = found.tags.iloc[0]
    assert (row["fixed"], row["still_wrong"]) == (10, 10)
    assert row["regressed"] is None
    assert row["change"] is None
    assert any("unknown" in note for note in found.notes)
    assert any("50 %" in note for note in found.notes)  # what any other model fixes: 10 of 20
    json.dumps(found.to_dict())


def test_a_tag_weighs_its_errors_by_how_many_of_each_kind_were_tagged():
    """Half of 40 old errors and all of 10 new ones are tagged; fog: 6 of 20 fixed, 5 of 10 new."""
    then, now = rows(set(range(40)), 1_000), rows({*range(20, 40), *range(50, 60)}, 1_000)
    fog = [*range(6), *range(50, 55)]
    reviewed = [*range(10), *range(20, 30), *range(50, 60)]
    row = compare(now, then, said({"fog": fog}, reviewed), names=("b", "a")).tags.iloc[0]
    assert row["dev_change"] == pytest.approx((5 - 12) / 1_000)
    low, high = share_limits(6, 20, 40)
    assert row["dev_low"] == pytest.approx(5 / 1_000 - 40 / 1_000 * high)  # the new ones are known exactly
    assert row["dev_high"] == pytest.approx(5 / 1_000 - 40 / 1_000 * low)


def test_counts_are_set_against_each_other_only_where_both_kinds_were_tagged_alike():
    """All 10 old errors of fog are tagged, of 8 new ones first 2, then 6: 25 % against 100 %, then 75 %."""
    then, now = rows(set(range(10))), rows({*range(5, 10), *range(50, 58)})
    few = compare(now, then, said({"fog": [*range(10), 50, 51]}), names=("b", "a"))
    assert few.tags["regressed"].tolist() == [2]
    assert few.tags["change"].isna().all()
    assert few.tags["dev_change"].tolist() == pytest.approx([(8 - 5) / 100])
    assert any("cannot be set against each other" in note for note in few.notes)
    more = compare(now, then, said({"fog": [*range(10), *range(50, 56)]}), names=("b", "a"))
    assert more.tags["change"].tolist() == pytest.approx([(6 - 5) / 16])
    assert not any("cannot be set" in note for note in more.notes)


def test_examples_the_earlier_run_never_saw_are_new_but_not_compared():
    then = Rows(rows(set(range(10)), 50).part, rows(set(range(10)), 50).bad)
    found = compare(rows({0, 1, 60, 61, 62}), then, said({}), names=("b", "a"))
    assert (found.n, found.fixed, found.still_wrong, found.regressed) == (50, 8, 2, 0)
    assert (found.n_new, found.unseen) == (3, 3)


def test_tags_on_examples_that_both_get_right_do_not_count():
    found = compare(rows({1}), rows({0, 1}), said({"fog": [0, 1, 50]}), names=("b", "a"))
    assert found.tags[["n", "fixed", "still_wrong"]].values.tolist() == [[2, 1, 1]]


def test_labels_that_changed_are_said():
    found = compare(rows({1}), rows({1}, label="dog"), said({}), names=("b", "a"))
    assert any("100 examples have another label" in note for note in found.notes)


def test_an_overfitted_eyeball_part_warns_and_an_honest_one_does_not():
    n = 4_000
    ids = pd.Series([f"e{i}" for i in range(n)])
    looked = eyeball(ids, 0.5)
    rng = np.random.default_rng(0)
    then = rng.random(n) < 0.2
    part = pd.DataFrame({"id": ids, "y_true": "cat", "error": 0.0})
    honest = then & (rng.random(n) < 0.5)
    overfitted = then & (rng.random(n) < np.where(looked, 0.2, 0.9))
    for now, warns in ((honest, False), (overfitted, True)):
        found = compare(Rows(part, now), Rows(part, then), said({}), names=("b", "a"), share=0.5)
        assert found.parts.overfitted is warns
        assert found.parts.eyeball.share == pytest.approx(now[looked].mean())
        assert found.parts.blackbox_change.share == pytest.approx(now[~looked].mean() - then[~looked].mean())
        assert any(("is overfitted:" in note) and note.startswith("The eyeball") for note in found.notes) is warns
    from statsmodels.stats.proportion import confint_proportions_2indep

    k, m = int(overfitted[~looked].sum()), int(overfitted[looked].sum())
    limits = confint_proportions_2indep(k, (~looked).sum(), m, looked.sum(), compare="diff", method="newcomb")
    assert (found.parts.gap.low, found.parts.gap.high) == pytest.approx(limits)


def test_by_chance_the_eyeball_part_is_seldom_called_overfitted():
    """Two looks at 2.5 % each: at most 5 % of honest pairs of runs, 14 of 150 would show more (p < 0.02)."""
    ids = pd.Series([f"e{i}" for i in range(1_000)])
    part, rng, called = pd.DataFrame({"id": ids, "y_true": "cat", "error": 0.0}), np.random.default_rng(1), 0
    for _ in range(150):
        then = rng.random(1_000) < 0.15
        now = np.where(rng.random(1_000) < 0.1, rng.random(1_000) < 0.15, then)
        called += compare(Rows(part, now), Rows(part, then), said({}), names=("b", "a"), share=0.4).parts.overfitted
    assert called <= 13


def predictions(name: str, wrong: np.ndarray, n: int = 1_000) -> None:
    true = np.where(np.arange(n) % 2, "cat", "dog")
    flip = np.where(true == "cat", "dog", "cat")
    said_ = np.where(wrong, flip, true)
    pd.DataFrame({"id": [f"e{i}" for i in range(n)], "split": "dev", "y_true": true, "y_pred": said_}).to_csv(name)


@pytest.fixture
def two(_here):
    """1.csv: 0–199 wrong; 2.csv: 100–199 still, 200–259 new. Both share the name of their data."""
    place = np.arange(1_000)
    predictions("one.csv", place < 200)
    predictions("two.csv", (place >= 100) & (place < 260))
    return {"data": "cars"}


def review(file: str, tag: str, k: int | None = None, only: set[str] | None = None) -> list[str]:
    folder = Path("annotations/cars")
    sample = load(folder / "samples" / f"{file}.parquet")
    ids = [i for i in sample.errors["id"] if only is None or i in only][:k]
    TagLog(folder / "tags.jsonl").write([(i, tag, True) for i in ids], reviewer="ann")
    return ids


def test_only_new_errors_are_queued_and_old_tags_count_for_the_later_run(two):
    dlx.analyze_errors("one.csv", **two)
    tagged = review("one", "fog")
    found = dlx.analyze_errors("two.csv", against="one.csv", **two)
    place = {f"e{i}" for i in range(200, 260)}
    assert set(found.against.queue) == place  # 60 of at most 100
    still = [i for i in tagged if int(i[1:]) >= 100]
    assert found.n_tagged == len(still)
    assert found.sample.totals == {"the new ones": 60, "the old ones": 100}
    review("two", "rain", only=place)
    again = dlx.analyze_errors("two.csv", against="one.csv", **two)
    assert again.against.queue == ()
    shares = again.tags.set_index("tag")["share"]
    assert shares["fog"] == pytest.approx(100 / 160)  # by strata, whatever was sampled of each
    assert shares["rain"] == pytest.approx(60 / 160)
    table = again.against.tags.set_index("tag")
    assert table.loc["fog", "fixed"] == len(tagged) - len(still)
    assert table.loc["rain", "regressed"] == 60


def test_the_sample_stays_until_something_else_is_asked_for(two):
    dlx.analyze_errors("one.csv", **two)
    first = dlx.analyze_errors("two.csv", against="one.csv", n=20, **two)
    assert (first.sample.table["stratum"] == "the new ones").sum() == 20
    again = dlx.analyze_errors("two.csv", against="one.csv", **two)
    pd.testing.assert_frame_equal(first.sample.table, again.sample.table)
    plain = dlx.analyze_errors("two.csv", **two)  # a report later, without --against
    pd.testing.assert_frame_equal(first.sample.table, plain.sample.table)
    assert (
        dlx.analyze_errors("two.csv", against="one.csv", n=40, **two).sample.table["stratum"] == "the new ones"
    ).sum() == 40
    assert dlx.analyze_errors("two.csv", n=50, **two).sample.by == "random"


def test_new_errors_of_the_black_box_stay_closed(two):
    dlx.analyze_errors("one.csv", eyeball=0.5, **two)
    found = dlx.analyze_errors("two.csv", against="one.csv", **two)
    assert found.against.parts.share == 0.5
    seen = eyeball(pd.Series(found.sample.table["id"]), 0.5)
    assert seen.all()
    assert 0 < len(found.against.queue) < 60


def test_of_a_stratified_sample_the_old_errors_are_left_out(two):
    dlx.analyze_errors("one.csv", by="class", **two)
    found = dlx.analyze_errors("two.csv", against="one.csv", **two)
    assert set(found.sample.table["stratum"]) == {"the new ones"}


def test_nothing_in_common_is_refused(two):
    pd.DataFrame({"id": ["x", "y"], "split": "dev", "y_true": ["a", "b"], "y_pred": ["b", "b"]}).to_csv("other.csv")
    with pytest.raises(UserError, match="no examples in common"):
        dlx.analyze_errors("two.csv", against="other.csv", **two)


def test_command_report_and_json(two, monkeypatch, capsys):
    from dlx.cli import app

    dlx.analyze_errors("one.csv", **two)
    review("one", "fog")

    def told(*words) -> str:
        monkeypatch.setattr(sys, "argv", ["dlx", "analyze-errors", "two.csv", "--data", "cars", *words])
        with pytest.raises(SystemExit):
            app.main()
        return capsys.readouterr().out

    out = " ".join(told("--against", "one.csv", "--report").split())
    assert "two against one, on 1,000 examples: 100 errors fixed, 60 new, 100 still wrong" in out
    assert "New errors: 60; to look at now: 60." in out
    made = json.loads(told("--against", "one.csv", "--json"))["against"]
    assert len(made["queue"]) == 60
    assert made["tags"][0]["tag"] == "fog"
    assert made["tags"][0]["regressed"] is None


def test_the_desk_holds_only_new_errors_and_is_not_opened_without_any(two, monkeypatch):
    from dlx.desk import page

    dlx.analyze_errors("one.csv", **two)
    desks = []
    monkeypatch.setattr(page, "serve", lambda desk, **more: desks.append(desk))
    dlx.annotate_errors("two.csv", against="one.csv", **two)
    assert {item.id for item in desks[0].items} == {f"e{i}" for i in range(200, 260)}
    desks[0].act([item.id for item in desks[0].items], {"tag": "rain"}, source="page")
    dlx.annotate_errors("two.csv", against="one.csv", reviewer=desks[0].person, **two)
    assert len(desks) == 1
