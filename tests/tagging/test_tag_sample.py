"""Samples of errors: seeded by the id, with the chance of each to be drawn, and frozen on disk."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlx.errors import DlxError, UserError
from dlx.tagging.frozen import Sample, load, save
from dlx.tagging.sample import draw, eyeball, ranks
from dlx.tagging.wrong import wrong

N = 1_000


@pytest.fixture(scope="module")
def rows():
    generator = np.random.default_rng(0)
    true = generator.choice(list("abc"), N, p=[0.6, 0.3, 0.1])
    said = np.where(generator.random(N) < 0.3, generator.choice(list("abc"), N), true)
    frame = pd.DataFrame({"id": [f"e{i}" for i in range(N)], "loss": generator.random(N)})
    kind = pd.CategoricalDtype(list("abc"))
    return frame.assign(
        y_true=pd.Series(true).astype(kind), y_pred=pd.Series(said).astype(kind), error=(true != said).astype(float)
    )


def bad(rows):
    return (rows["error"] > 0).to_numpy()


def test_a_random_sample_knows_its_chances(rows):
    sample, totals = draw(rows, bad(rows), n=50)
    n_errors = int(bad(rows).sum())
    assert len(sample) == 50
    assert (sample["error"] == 1).all()
    assert totals == {"errors": n_errors}
    assert sample["p_inclusion"].tolist() == pytest.approx([50 / n_errors] * 50)


def test_neither_order_nor_size_moves_it(rows):
    small, _ = draw(rows, bad(rows), n=30, seed=4)
    mixed = rows.sample(frac=1, random_state=1)
    assert draw(mixed, bad(mixed), n=30, seed=4)[0]["id"].tolist() == small["id"].tolist()
    assert draw(rows, bad(rows), n=60, seed=4)[0]["id"].tolist()[:30] == small["id"].tolist()
    assert draw(rows, bad(rows), n=30, seed=5)[0]["id"].tolist() != small["id"].tolist()
    assert len(draw(rows, bad(rows), n=10_000)[0]) == bad(rows).sum()


def test_ranks_are_uniform():
    assert np.histogram(ranks(pd.Series(map(str, range(20_000))), 3), 10, (0, 1))[0] == pytest.approx(
        [2_000] * 10, rel=0.1
    )


@pytest.mark.parametrize("by", ["class", "confusion"])
def test_strata_are_all_there_and_their_weights_add_up(rows, by):
    sample, totals = draw(rows, bad(rows), n=60, by=by)
    assert len(sample) == 60
    assert sum(totals.values()) == bad(rows).sum()
    assert sample["stratum"].value_counts().reindex(totals.keys()).min() >= 2
    assert (1 / sample["p_inclusion"]).sum() == pytest.approx(bad(rows).sum())


def test_many_strata_are_put_together(rows):
    _, totals = draw(rows, bad(rows), n=15, by="confusion")
    assert list(totals)[-1] == "other"
    assert len(totals) == 3
    assert sum(totals.values()) == bad(rows).sum()


def test_false_positives_and_negatives_apart(rows):
    sample, totals = draw(rows, bad(rows), n=20, by="fp-fn", positive="c")
    assert {"false positive", "false negative", "other classes"} == set(totals)
    positive = sample[sample["stratum"] == "false positive"]
    assert (positive["y_pred"] == "c").all()
    assert (sample[sample["stratum"] == "false negative"]["y_true"] == "c").all()
    assert sample["stratum"].value_counts().min() >= 6
    with pytest.raises(UserError, match="--positive"):
        draw(rows, bad(rows), n=20, by="fp-fn")
    with pytest.raises(UserError, match="class"):
        draw(rows, bad(rows), n=20, by="fp-fn", positive="d")


def test_false_positives_of_several_labels():
    frame = pd.DataFrame({"id": list("abc"), "error": [0.5, 0.5, 1.0]})
    frame = frame.assign(y_true=[[1, 0], [0, 0], [1, 0]], y_pred=[[0, 0], [0, 1], [0, 1]])
    sample, _ = draw(frame, np.ones(3, bool), n=3, by="fp-fn")
    assert sample.set_index("id")["stratum"].to_dict() == {"a": "false negative", "b": "false positive", "c": "both"}


def test_highest_losses_are_no_matter_of_chance(rows):
    sample, _ = draw(rows, bad(rows), n=10, by="loss")
    assert sample["loss"].tolist() == rows[bad(rows)]["loss"].nlargest(10).tolist()
    assert sample["p_inclusion"].isna().all()


def test_correct_examples_and_hidden_repeats(rows):
    sample, _ = draw(rows, bad(rows), n=40, correct=10, repeats=4)
    assert sample["kind"].value_counts().to_dict() == {"error": 40, "correct": 10, "repeat": 4}
    assert (sample.loc[sample["kind"] == "correct", "error"] == 0).all()
    again = sample[sample["kind"] == "repeat"]
    assert set(again["example"]) <= set(sample.loc[sample["kind"] == "error", "id"])
    assert not set(again["id"]) & set(rows["id"])
    assert sample["id"].is_unique
    assert (sample["kind"].iloc[:25] == "correct").any()  # among the errors, not after them


def test_the_black_box_stays_closed(rows):
    open_ = set(rows["id"][eyeball(rows["id"], 0.2)])
    assert 0.15 < len(open_) / N < 0.25
    for seed in range(3):
        sample, totals = draw(rows, bad(rows), n=1_000, seed=seed, share=0.2, correct=500)
        assert set(sample["id"]) <= open_
        assert totals == {"errors": int(bad(rows).sum())}
    assert open_ <= set(rows["id"][eyeball(rows["id"], 0.5)])


def test_bad_settings(rows):
    faults = [
        ({"by": "randm"}, "random"),
        ({"n": 0}, "at least 1"),
        ({"correct": -1}, "least 0"),
        ({"share": 0}, "eyeball"),
    ]
    for settings, said in faults:
        with pytest.raises(UserError, match=said):
            draw(rows, bad(rows), **{"n": 10} | settings)
    with pytest.raises(UserError, match="no errors"):
        draw(rows, np.zeros(N, bool), n=10)


def test_what_counts_as_an_error():
    error = pd.DataFrame({"error": [0.0, 0.5, 1.0, 0.0]})
    assert wrong(error, "classification").rows.tolist() == [False, True, True, False]
    assert "label" in wrong(error, "multilabel").meaning
    numbers = pd.DataFrame({"error": np.arange(1, 101, dtype=float)})
    found = wrong(numbers, "regression")
    assert (found.rows.sum(), found.threshold) == (10, 90)
    assert "90 % quantile" in found.meaning
    assert wrong(numbers, "regression", 50).rows.sum() == 50
    for bad_threshold in (-1, float("nan")):
        with pytest.raises(UserError, match="threshold"):
            wrong(numbers, "regression", bad_threshold)


def test_classes_of_several_tasks_have_no_false_positives():
    several = pd.DataFrame({"id": ["a", "b"], "error": [1.0, 0.5], "y_true": [["x", None], ["y", "p"]]})
    several["y_pred"] = [["y", "p"], ["y", "q"]]
    assert wrong(several, "multitask").meaning == "at least one label is wrong"
    with pytest.raises(UserError, match=r"yes/no labels.*--by confusion"):
        draw(several, bad(several), n=2, by="fp-fn")


def test_frozen_on_disk(rows, tmp_path):
    table, totals = draw(rows, bad(rows), n=5)
    made = Sample(
        table[["id", "example", "kind", "stratum"]], 200, N, totals, classes=("a", "b"), options={"correct": 0}
    )
    path = tmp_path / "samples" / "x.parquet"
    save(made, path)
    again = load(path)
    assert (again.n_errors, again.totals, again.classes, again.options) == (200, totals, ("a", "b"), {"correct": 0})
    assert again.table["id"].tolist() == table["id"].tolist()
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DlxError, match="no sample"):
        load(path)
