"""``dlx compare``: the document, the screen, bad input."""

from __future__ import annotations

import json
import sys

import pandas as pd
import pytest


def erring(wrong, n: int = 200) -> pd.DataFrame:
    true = ["cat" if k % 2 else "dog" for k in range(n)]
    said = [("dog" if t == "cat" else "cat") if k in set(wrong) else t for k, t in enumerate(true)]
    rows = {"id": range(n), "split": "dev", "y_true": true, "y_pred": said}
    return pd.DataFrame({**rows, "source": ["web", "web", "[phone]", "[phone]"] * (n // 4)})


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """The command in this process, beside three tables: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name, wrong in (("good", range(8)), ("fair", range(4, 20)), ("bad", range(10, 80))):
        erring(wrong).to_csv(f"{name}.csv", index=False)

    def called(*words):
        from dlx.cli import _print, app

        for name in ("console", "log"):
            vars(_print).pop(name, None)
        monkeypatch.setattr(sys, "argv", ["dlx", "compare", *words])
        try:
            app.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        out = capsys.readouterr()
        return code, out.out, out.err

    return called


def test_the_document_holds_what_it_promises(call):
    code, out, err = call("good.csv", "bad.csv", "--satisfice", "error <= 20%", "--json")
    assert (code, err) == (0, "")
    made = json.loads(out)
    assert made["winner"] == "good"
    assert made["feasible"] == {"good": True, "bad": False}
    assert {"a", "b", "difference", "low", "high", "p"} <= made["pairs"][0].keys()
    assert made["pairs"][0]["difference"] == pytest.approx((8 - 70) / 200)
    assert isinstance(made["reason"], str)
    assert (made["n"], made["metric"]) == (200, "error")


@pytest.mark.parametrize(
    "words",
    [
        ["good.csv", "bad.csv"],
        ["good.csv", "fair.csv", "bad.csv", "--satisfice", "recall(positive=cat) >= 80%"],
        ["good.csv", "fair.csv", "--metric", "f1", "--weight", "class=cat:3"],
        ["good.csv", "bad.csv", "--prefer", "bad", "--because", "[bold]looks[/] better"],
    ],
    ids=len,
)
def test_the_screen_is_eighty_columns_wide(call, words):
    code, out, _ = call(*words)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80 or "--prefer" in words  # the path is on one line
    assert "same 200 dev examples" in out
    assert "[phone]" in out or "f1" in words


def test_the_screen_ends_with_the_verdict(call):
    _, out, _ = call("good.csv", "bad.csv")
    assert "good is better: its error is 31.00 points below bad" in " ".join(out.split())


def test_plain_letters_where_the_terminal_knows_no_others(call, monkeypatch):
    import io

    from rich.console import Console

    import dlx
    from dlx.reports._comparison import render

    raw = io.BytesIO()
    page = Console(file=io.TextIOWrapper(raw, encoding="ascii"), width=80)
    render(dlx.compare("good.csv", "bad.csv"), page)
    page.file.flush()
    assert b"good - bad" in raw.getvalue()
    assert b"?" not in raw.getvalue()


def test_a_page_alone(call, tmp_path):
    code, out, _ = call("good.csv", "bad.csv", "--out", "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert (code, out.splitlines()[-1]) == (0, "Page: page.html")
    assert "good is better" in text
    assert "http" not in text


def test_curves_are_overlaid():
    from dlx.comparison._curves import curves, overlaid

    history = [{"epoch": k, "val_error": 1 / k, "val_loss": float("nan")} for k in range(1, 6)]
    key, found = curves({"one": history, "<two>": history[:3], "file": []})
    assert (key, set(found), len(found["<two>"])) == ("val_error", {"one", "<two>"}, 3)
    drawing = overlaid(key, found)
    assert drawing.count("<path") == 2
    assert "<two>" not in drawing
    assert overlaid(*curves({"one": history})) == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["good.csv"], "two models or more"),
        (["good.csv", "gone.csv"], "no such predictions file"),
        (["good.csv", "gone"], "no such run"),
        (["good.csv", "bad.csv", "--satisfice", "error"], "comparison with a number"),
        (["good.csv", "bad.csv", "--satisfice", "error <= 0.1%"], "no candidate is feasible"),
        (["good.csv", "bad.csv", "--weight", "class=cat"], "SLICE:NUMBER"),
        (["good.csv", "bad.csv", "--weight", "class=cat:heavy"], "SLICE:NUMBER"),
        (["good.csv", "bad.csv", "--metric", "happiness"], "no metric measures"),
        (["good.csv", "bad.csv", "--prefer", "best"], "unknown candidate"),
        (["good.csv", "bad.csv", "--out", "nowhere/page.html"], "no such folder"),
    ],
    ids=str,
)
def test_bad_input_is_one_message_and_exit_code_2(call, words, message):
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())
    assert "Traceback" not in err
