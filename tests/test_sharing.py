"""One network for all tasks against one for each: numbers by hand, verdicts, and the three conditions."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape
from rich.console import Console
from statsmodels.stats.contingency_tables import mcnemar

from dlx.comparison import Network, sharing
from dlx.errors import DlxError
from dlx.predictions import read
from dlx.reports import _sharing

NAMES = ("kind", "colour")


def tables(wrong: dict[str, dict], n: int = 400, unknown: int = 0):
    """Tables in which the first examples are wrong.

    Args:
        wrong: split → network (``shared`` or a task) → task → which examples are wrong.
        n: examples in each split.
        unknown: the last so many have no label for colour.
    """
    shared, separate = [], {name: [] for name in NAMES}
    for split, networks in wrong.items():
        for i in range(n):
            true = ["a", None if i >= n - unknown else "a"]
            said = ["b" if i in networks["shared"].get(name, ()) else "a" for name in NAMES]
            shared.append((f"{split}{i}", split, true, said))
            for t, name in enumerate(NAMES):
                if true[t] is not None:
                    answer = ["b" if i in networks[name] else "a"]
                    separate[name].append((f"{split}{i}", split, [true[t]], answer))
    columns = ["id", "split", "y_true", "y_pred"]
    frames = {name: read(pd.DataFrame(rows, columns=columns)).rows("model") for name, rows in separate.items()}
    return read(pd.DataFrame(shared, columns=columns)).rows("model"), frames


def judge(wrong, *, n_train=(400, 400), steps=(70, 70), **settings):
    shared, separate = tables(wrong, **settings)
    alone = {name: Network(80, 2.0, s) for name, s in zip(NAMES, steps, strict=True)}
    return sharing(
        shared, separate, n_train=dict(zip(NAMES, n_train, strict=True)), several=0.75, network=Network(100, 3.0, 70),
        alone=alone, bigger="dlx multitask shelf -s model.units=[8]", command=lambda name: f"dlx train shelf: {name}",
    )  # fmt: skip


NONE = {"shared": {}, "kind": (), "colour": ()}
BETTER = {"shared": {"kind": range(20), "colour": range(40)}, "kind": range(60), "colour": range(40)}
WORSE = {"shared": {"kind": range(80), "colour": range(40)}, "kind": range(20), "colour": range(40)}


def test_each_task_is_compared_on_its_known_labels():
    found = judge({"dev": BETTER, "train": NONE}, unknown=100)
    kind, colour = found.tasks
    assert (kind.shared, kind.separate, kind.n) == (20 / 400, 60 / 400, 400)
    assert (colour.shared, colour.separate, colour.n) == (40 / 300, 40 / 300, 300)
    assert kind.pair.p == pytest.approx(float(mcnemar([[0, 0], [40, 0]], exact=True).pvalue), abs=1e-9)
    assert kind.pair.p_holm == pytest.approx(2 * kind.pair.p)
    assert kind.pair.better == "shared"
    assert colour.pair.better is None
    # over all: 60 and 100 wrong of 700 known labels
    assert (found.whole.shared, found.whole.separate, found.whole.n) == (60 / 700, 100 / 700, 700)
    assert found.whole.pair.difference == pytest.approx(-40 / 700)
    assert found.whole.pair.n == 400  # examples vary, not labels


def test_the_interval_over_all_is_that_of_the_mean_over_examples():
    found = judge({"dev": BETTER, "train": NONE})
    gaps = np.zeros(400)
    gaps[20:60] = -1 / 2  # in 40 examples one of two labels is right only with the shared network
    half = 1.9659 * gaps.std(ddof=1) / 20  # t with 399 degrees of freedom
    pair = found.whole.pair
    np.testing.assert_allclose([pair.low, pair.high], [gaps.mean() - half, gaps.mean() + half], rtol=1e-3)


def test_sharing_that_helps():
    found = judge({"dev": BETTER, "train": NONE})
    assert found.status == "share"
    assert found.text.startswith("Share the network: its error is 5.00 points below that of separate ones")
    assert {c.code: c.status for c in found.conditions} == {"data": "holds", "input": "holds", "size": "holds"}
    assert "together 800" in found.conditions[0].text
    assert "75 %" in found.conditions[1].text


def test_a_network_that_is_too_small_fits_train_worse():
    found = judge({"dev": WORSE, "train": WORSE})
    assert found.status == "separate"
    assert "too small" in found.text
    size = found.conditions[-1]
    assert (size.status, size.command) == ("fails", "dlx multitask shelf -s model.units=[8]")
    assert "15.00 % against 7.50 %" in size.text


def test_a_task_that_is_worse_off_is_named_with_the_command_that_trains_it_alone():
    mixed = {"shared": {"kind": range(30), "colour": ()}, "kind": (), "colour": range(120)}
    found = judge({"dev": mixed, "train": NONE})
    assert found.status == "share"
    assert "But kind does better alone, by 7.50 points" in found.text
    assert "`dlx train shelf: kind`" in found.text


def test_no_difference_names_the_examples_that_would_show_one():
    little = {"shared": {"kind": range(4), "colour": ()}, "kind": (0, 9, 10, 11, 12, 13), "colour": ()}
    found = judge({"dev": little, "train": NONE})
    assert found.status == "need_more"
    assert found.n_needed > 400
    assert f"About {found.n_needed:,} examples" in found.text
    assert "100 parameters against 160" in found.text
    assert judge({"dev": NONE, "train": NONE}).status == "no_difference"


def test_uneven_data_and_fewer_steps_are_said():
    found = judge({"dev": BETTER, "train": NONE}, n_train=(50, 500), steps=(10, 70))
    assert found.conditions[0].status == "fails"
    assert "1 : 10. kind has most to gain: the others bring 10 times its labels" in found.conditions[0].text
    assert "kind 10, shared 70" in found.remarks[-1]


def test_a_network_that_had_not_settled_is_named():
    shared, separate = tables({"dev": BETTER, "train": NONE})  # kind gains 10 points
    for swing, said in ((0.09, False), (0.11, True)):
        alone = {"kind": Network(80, 2.0, 70, swing), "colour": Network(80, 2.0, 70, 0.5)}
        found = sharing(
            shared, separate, n_train=dict.fromkeys(NAMES, 400), several=1.0, network=Network(100, 3.0, 70), alone=alone
        )
        assert any("Not settled" in remark and "kind alone 11" in remark for remark in found.remarks) == said
        assert not any("colour alone" in remark for remark in found.remarks)  # of which nothing is claimed


def test_an_example_without_an_answer_is_a_fault():
    shared, separate = tables({"dev": NONE, "train": NONE})
    separate["kind"] = separate["kind"].iloc[1:]
    with pytest.raises(DlxError, match=r"was not asked.*dev0.*task 'kind', dev"):
        sharing(
            shared, separate, n_train=dict.fromkeys(NAMES, 9), several=1.0, network=Network(1, 1, 1),
            alone=dict.fromkeys(NAMES, Network(1, 1, 1)),
        )  # fmt: skip


def test_terminal_and_page_show_every_task_and_escape_names():
    found = judge({"dev": BETTER, "train": NONE}).to_dict()
    out = io.StringIO()
    _sharing.render(found, Console(file=out, width=80, highlight=False))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    row = next(line for line in lines if line.strip().startswith("kind"))
    assert row.split()[1:6] == ["400", "400", "5.00", "15.00", "−10.00"]
    found["tasks"][0]["name"] = "<script>"
    page = _sharing.fragment(found)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert escape(found["text"]) in page


def test_mlflow_gets_every_task_and_the_page_says_the_verdict(tmp_path):
    from dlx import runs
    from dlx.tracking.contents import measures
    from dlx.tracking.note import note

    run = runs.create("shelf", root=tmp_path)
    run.write_json("multitask.json", judge({"dev": BETTER, "train": NONE}).to_dict())
    run.finish()
    sent = {point.key: point.value for point in measures(run)}
    assert (sent["multitask/kind.shared"], sent["multitask/kind.separate"]) == (20 / 400, 60 / 400)
    assert sent["multitask/all.difference"] == pytest.approx(-0.05)
    assert "Share the network" in note(run)
