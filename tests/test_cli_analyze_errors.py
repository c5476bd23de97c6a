"""``dlx analyze-errors`` and ``dlx.analyze_errors``: a sample, sheets out and in, the table, and bad input."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import fake_runs
import numpy as np
import openpyxl
import pandas as pd
import pytest

import dlx
from dlx.errors import UserError
from dlx.predictions import read, write
from dlx.strategy.ceilings import share_limits

N, WRONG = 1_000, 200


@pytest.fixture(autouse=True)
def _desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def call(monkeypatch, capsys):
    """The command in this process: exit code, stdout, stderr."""

    def called(*words):
        from dlx.cli import app

        monkeypatch.setattr(sys, "argv", ["dlx", "analyze-errors", *map(str, words)])
        try:
            app.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        out = capsys.readouterr()
        return code, out.out, out.err

    return called


@pytest.fixture
def document(call):
    def made(*words):
        code, out, err = call(*words, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return made


def predictions(n=N, wrong=WRONG, **columns) -> pd.DataFrame:
    true = ["cat", "dog"] * (n // 2)
    said = [{"cat": "dog", "dog": "cat"}[t] if i < wrong else t for i, t in enumerate(true)]
    return pd.DataFrame({"id": [f"e{i}" for i in range(n)], "split": "dev", "y_true": true, "y_pred": said, **columns})


@pytest.fixture
def preds(tmp_path):
    predictions().to_csv(tmp_path / "preds.csv", index=False)
    return "preds.csv"


def ng_table(path="ng.csv", rows=100, **more):
    """Statistics 3.7: dog 8, great cat 43, blurry 61 of 100, six of them with a wrong label."""
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "dog", "great cat", "blurry", "incorrectly_labelled", "correct_label", "comment", *more])
        for i in range(rows):
            ticks = [
                "x" if i < 8 else "",
                "1" if 8 <= i < 51 else "",
                "yes" if i >= 39 else "",
                "TRUE" if i < 6 else "",
            ]
            out.writerow([f"e{i}", *ticks, "dog" if i < 6 else "", "", *more.values()])
    return path


def tick(path, **columns):
    """Fill columns of an exported CSV by a rule from row number to text."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for name, rule in columns.items():
        table[name] = [rule(i) for i in range(len(table))]
    table.to_csv(path, index=False)


def test_a_table_made_elsewhere_gets_its_ceilings(document):
    made = document("--import", ng_table(), "--n-errors", 500, "--n-dev", 5000)
    assert (made["n_errors"], made["n_tagged"], made["n_dev"], made["dev_error"]) == (500, 100, 5000, 0.1)
    tags = {tag["tag"]: tag for tag in made["tags"]}
    assert {name: tag["count"] for name, tag in tags.items()} == {"dog": 8, "great cat": 43, "blurry": 61}
    blurry = tags["blurry"]
    assert (blurry["share_low"], blurry["share"], blurry["share_high"]) == pytest.approx((0.518, 0.61, 0.696), abs=5e-4)
    assert (blurry["ceiling_low"], blurry["ceiling"], blurry["ceiling_high"]) == pytest.approx(
        (0.030, 0.039, 0.048), abs=5e-4
    )
    assert {
        "tag",
        "count",
        "share",
        "share_low",
        "share_high",
        "ceiling",
        "ceiling_low",
        "ceiling_high",
        "kappa",
    } <= set(blurry)
    labels = made["labels"]
    assert (labels["overall"], labels["due_to_labels"], labels["other"]) == pytest.approx((0.10, 0.006, 0.094))
    assert labels["worth_relabelling"] is False
    assert "small share" in labels["reason"]
    assert any("do not add" in note for note in made["notes"])
    assert any("random sample" in note for note in made["notes"])


def test_it_is_kept_and_reading_it_again_changes_nothing(document, call, tmp_path):
    first = document("--import", ng_table(), "--n-errors", 500, "--n-dev", 5000)
    log = (tmp_path / "annotations" / "ng" / "tags.jsonl").read_bytes()
    again = document("--import", "ng.csv", "--n-errors", 500, "--n-dev", 5000)
    assert again["imported"]["changes"] == 0
    assert (tmp_path / "annotations" / "ng" / "tags.jsonl").read_bytes() == log
    for words in (
        ("ng.csv", "--report"),
        ("--report", "--n-errors", 500, "--n-dev", 5000),
        ("ng.csv", "--n-errors", 500, "--n-dev", 5000),
    ):
        assert document(*words)["tags"] == first["tags"]
    code, out, _ = call("ng.csv", "--report")
    assert code == 0
    assert "3.90 % [3.04, 4.82]".replace(" %", "\N{NO-BREAK SPACE}%") in out


def test_thirty_per_cent_of_two_per_cent_is_worth_relabelling(document):
    """O33, from a table in which all errors were tagged."""
    ids = [f"e{i}" for i in range(100)]
    pd.DataFrame({"id": ids, "incorrectly_labelled": ["x"] * 30 + [""] * 70}).to_csv("t.csv", index=False)
    labels = document("--import", "t.csv", "--n-errors", 100, "--n-dev", 5000)["labels"]
    assert (labels["overall"], labels["due_to_labels"], labels["other"]) == pytest.approx((0.02, 0.006, 0.014))
    assert labels["worth_relabelling"] is True


def test_labels_nobody_looked_at_are_not_said_to_be_right(document):
    pd.DataFrame({"id": ["a", "b"], "fog": ["x", ""]}).to_csv("t.csv", index=False)
    made = document("--import", "t.csv", "--n-errors", 20, "--n-dev", 100)
    assert made["labels"]["due_to_labels"] is None
    assert made["labels"]["worth_relabelling"] is None
    assert made["untagged"] == 0.5


def test_a_tag_that_nobody_ticked_has_its_upper_limit(document):
    pd.DataFrame({"id": range(100), "fog": ""}).to_csv("t.csv", index=False)
    tag = document("--import", "t.csv", "--n-errors", 100_000, "--n-dev", 1_000_000)["tags"][0]
    assert (tag["count"], tag["share"], tag["share_low"]) == (0, 0, 0)
    assert tag["share_high"] == pytest.approx(0.030, abs=5e-4)


def test_sample_export_import_report(preds, call, document):
    code, out, err = call(preds)
    assert (code, err) == (0, "")
    assert "200 errors among 1,000 dev examples" in out
    assert "dlx analyze-errors preds.csv --export errors.xlsx" in out
    assert document(preds, "--export", "e.csv")["exported"] == "e.csv"
    tick("e.csv", fog=lambda i: "x" if i < 40 else "", reviewed=lambda i: "x" if i < 80 else "")
    made = document(preds, "--import", "e.csv")
    assert made["n_tagged"] == 80
    fog = made["tags"][0]
    assert (fog["count"], fog["share"]) == (40, 0.5)
    assert (fog["share_low"], fog["share_high"]) == pytest.approx(share_limits(40, 80, 200))
    assert fog["ceiling"] == pytest.approx(0.1)
    assert document(preds, "--report")["tags"] == made["tags"]
    assert made["sample"]["strata"] == {"errors": 200}
    _, out, _ = call(preds, "--report")
    assert "fog" in out
    assert "To tag the other 20" in out
    _, out, _ = call(preds)
    assert "fog" not in out
    assert "dlx analyze-errors preds.csv --report" in out


def test_a_workbook_with_thumbnails(tmp_path, document):
    from PIL import Image

    (tmp_path / "photos").mkdir()
    frame = predictions(20, 6)
    frame["id"] = [f"{i}.png" for i in range(20)]
    for i in range(6):
        Image.new("RGB", (200, 100), (40 * i, 0, 0)).save(tmp_path / "photos" / f"{i}.png")
    (tmp_path / "photos" / "3.png").write_bytes(b"broken")
    frame.to_parquet("p.parquet")
    made = document("p.parquet", "--export", "e.xlsx", "--images", "photos")
    assert "'3.png'" in made["notes"][0]
    sheet = openpyxl.load_workbook("e.xlsx")["errors"]
    assert len(sheet._images) == 5
    assert sheet["A1"].value == "image"
    at = sheet.max_column + 1
    sheet.cell(1, at, "dark")
    for row in range(2, 8):
        sheet.cell(row, at, "✓" if row < 5 else None)
    sheet.parent.save("e.xlsx")
    made = document("p.parquet", "--import", "e.xlsx")
    assert (made["n_tagged"], made["tags"][0]["tag"], made["tags"][0]["count"]) == (3, "dark", 3)


def test_the_sample_is_frozen_until_asked(preds, document):
    first = document(preds, "--n", 50, "--seed", 3)
    assert document(preds)["sample"] == first["sample"]
    path = first["sample"]["path"]
    ids = pd.read_parquet(path)["id"].tolist()
    larger = document(preds, "--n", 80)
    assert pd.read_parquet(path)["id"].tolist()[:50] == ids
    assert "drawn anew" in larger["notes"][0]
    assert document(preds, "--n", 80)["notes"] == []


def test_predictions_that_changed_are_noticed_and_tags_stay(preds, document):
    document(preds, "--n", 20, "--export", "e.csv")
    tick("e.csv", fog=lambda i: "x")
    assert document(preds, "--import", "e.csv")["n_tagged"] == 20
    predictions(wrong=201).to_csv("preds.csv", index=False)
    made = document(preds)
    assert made["n_errors"] == 201
    assert any("have changed" in note for note in made["notes"])
    assert made["n_tagged"] >= 15  # those who are in the new sample too
    predictions(wrong=201).to_csv("preds.csv", index=False)
    assert document(preds)["notes"] == []


def test_a_flat_table_of_one_s_own_for_predictions(preds, document):
    made = document(preds, "--import", ng_table())
    assert (made["n_errors"], made["n_tagged"], made["n_dev"]) == (200, 100, 1_000)
    assert made["tags"][0]["share_low"] == pytest.approx(share_limits(61, 100, 200)[0])
    assert document(preds, "--report")["tags"] == made["tags"]


def test_unknown_label_in_a_table_for_predictions(preds, call):
    table = pd.read_csv(ng_table(), dtype=str, keep_default_na=False)
    table.loc[2, "correct_label"] = "dgo"
    table.to_csv("ng.csv", index=False)
    code, out, err = call(preds, "--import", "ng.csv")
    assert (code, out) == (2, "")
    assert "'dgo'" in err
    assert "'dog'" in err


def test_a_run_s_tags_belong_to_its_data(tmp_path, document, monkeypatch):
    monkeypatch.setenv("DLX_RUNS", str(tmp_path / "runs"))
    for _ in range(2):
        run = fake_runs.begin(tmp_path / "runs")
        write(read(predictions()), run.predictions)
        run.write_json("data.json", {"name": "pets"})
        pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        worst = [{"id": f"e{i}", "image": f"data:image/png;base64,{pixel}"} for i in range(200)]
        run.write_json("worst.json", worst)
        run.finish()
    made = document("last", "--n", 10, "--export", "e.xlsx")
    assert made["log"] == "annotations/pets/tags.jsonl"
    assert made["sample"]["path"] == f"annotations/pets/samples/{run.id}.parquet"
    sheet = openpyxl.load_workbook("e.xlsx")["errors"]
    assert len(sheet._images) == 10
    sheet.cell(2, [c.value for c in sheet[1]].index("reviewed") + 1, "x")
    sheet.parent.save("e.xlsx")
    document("last", "--import", "e.xlsx")
    other = document(fake_runs.runs.all_runs(tmp_path / "runs")[0].id, "--n", 200)
    assert other["n_tagged"] == 1  # tags follow the example's id from run to run


def test_strata_losses_and_their_notes(tmp_path, document):
    frame = predictions(loss=np.arange(N)[::-1])
    frame.to_parquet("p.parquet")
    by_class = document("p.parquet", "--by", "class", "--n", 20, "--export", "e.csv")
    assert by_class["sample"]["strata"] == {"cat": 100, "dog": 100}
    tick("e.csv", fog=lambda i: "x" if i % 2 else "", reviewed=lambda i: "x")
    made = document("p.parquet", "--import", "e.csv")
    assert made["n_tagged"] == 20
    assert made["tags"][0]["share_low"] < made["tags"][0]["share"] < made["tags"][0]["share_high"]
    losses = document("p.parquet", "--by", "loss", "--n", 5)
    assert losses["sample"]["for_ceilings"] is False
    assert all(tag["ceiling"] is None for tag in losses["tags"])
    sides = document("p.parquet", "--by", "fp-fn", "--n", 10)
    assert set(sides["sample"]["strata"]) == {"false positive", "false negative"}


def test_labels_from_both_sides_and_repeats(preds, document):
    document(preds, "--n", 40, "--correct", 20, "--repeats", 5, "--export", "e.csv")
    table = pd.read_csv("e.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert len(table) == 65
    tick("e.csv", incorrectly_labelled=lambda i: "x" if i % 4 == 0 else "", reviewed=lambda i: "x")
    made = document(preds, "--import", "e.csv")
    assert made["n_tagged"] == 40
    wide = made["labels"]["set_wide"]
    assert wide["low"] < wide["share"] < wide["high"]
    assert wide["share"] > made["labels"]["due_to_labels"]
    assert made["self_agreement"]["n"] == 5


def test_two_reviewers(preds, document):
    document(preds, "--n", 50, "--export", "ann.csv", "--reviewer", "ann")
    document(preds, "--export", "bob.csv", "--reviewer", "bob")
    tick("ann.csv", blurry=lambda i: "x" if i < 25 else "", reviewed=lambda i: "x")
    tick("bob.csv", blurry=lambda i: "x" if i < 20 or 25 <= i < 35 else "", reviewed=lambda i: "x")
    document(preds, "--import", "ann.csv", "--reviewer", "ann")
    made = document(preds, "--import", "bob.csv", "--reviewer", "bob")
    tag = made["tags"][0]
    assert (tag["kappa"], tag["kappa_low"], tag["kappa_high"]) == pytest.approx((0.40, 0.151, 0.649), abs=5e-4)
    assert made["reviewers"] == ["ann", "bob"]
    assert tag["count"] == 35  # half of the reviewers are enough


def test_numbers_and_several_labels_have_their_own_errors(document):
    generator = np.random.default_rng(0)
    true = generator.random(500)
    frame = pd.DataFrame(
        {"id": range(500), "split": "dev", "y_true": true, "y_pred": true + generator.normal(size=500)}
    )
    frame.to_csv("numbers.csv", index=False)
    made = document("numbers.csv")
    assert made["n_errors"] == 50
    assert "90 % quantile" in made["sample"]["meaning"]
    assert document("numbers.csv", "--threshold", "0.5")["n_errors"] == (abs(frame.y_true - frame.y_pred) > 0.5).sum()
    lists = pd.DataFrame(
        {"id": ["a", "b"], "split": "dev", "y_true": ["[1, 0]", "[0, 1]"], "y_pred": ["[1, 1]", "[0, 1]"]}
    )
    lists.to_csv("lists.csv", index=False)
    made = document("lists.csv", "--export", "e.csv")
    assert (made["n_errors"], made["n_dev"]) == (1, 2)
    assert "label" in made["sample"]["meaning"]


def test_a_cut_off_log_and_effort(preds, document, call):
    document(preds, "--import", ng_table())
    with open("annotations/preds/tags.jsonl", "a") as file:
        file.write('{"id": "e1", "rev')
    made = document(preds, "--report", "--effort", "blurry=5", "--effort", "great cat=1", "--gap", "0.1%")
    assert any("cut off" in note for note in made["notes"])
    assert made["n_tagged"] == 100
    gains = {tag["tag"]: tag["gain_per_effort"] for tag in made["tags"]}
    assert (gains["blurry"], gains["great cat"]) == pytest.approx((0.2 * 0.61 / 5, 0.2 * 0.43))
    assert gains["dog"] is None
    assert made["labels"]["worth_relabelling"] is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone.csv"], "gone.csv"),
        (["preds.csv", "--by", "randm"], "random"),
        (["preds.csv", "--n", "0"], "at least 1"),
        (["preds.csv", "--import", "gone.xlsx"], "no such sheet"),
        (["preds.csv", "--export", "gone/e.csv"], "folder"),
        (["preds.csv", "--export", "e.ods"], ".xlsx"),
        (["preds.csv", "--n-errors", "5"], "--n-dev"),
        (["--n-errors", "5", "--n-dev", "50"], "--import"),
        (["--import", "ng.csv", "--n-errors", "50", "--n-dev", "500"], "100 rows"),
        (["--import", "ng.csv", "--n-errors", "500", "--n-dev", "400"], "--n-dev 400"),
        (["--import", "ng.csv", "--n-errors", "0", "--n-dev", "400"], "at least 1"),
        (["preds.csv", "--eyeball", "20"], "Write 20%"),
        (["preds.csv", "--split", "test"], "dev"),
        (["preds.csv", "--predictor", "modle"], "model"),
        (["preds.csv", "--effort", "fog"], "TAG=NUMBER"),
        (["preds.csv", "--reviewer", " "], "reviewer"),
        (["perfect.csv"], "no error"),
        (["last"], "no run"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(preds, call, words, said):
    ng_table()
    predictions(wrong=0).to_csv("perfect.csv", index=False)
    for json_too in ([], ["--json"]):
        code, out, err = call(*words, *json_too)
        assert (code, out) == (2, "")
        assert said in err
        assert "Traceback" not in err


def test_an_unknown_tag_for_effort(preds, call):
    call(preds, "--import", ng_table())
    code, _, err = call(preds, "--effort", "blury=2")
    assert code == 2
    assert "'blurry'" in err


def test_in_a_notebook():
    found = dlx.analyze_errors(predictions(), n=10)
    assert (found.n_errors, found.n_tagged) == (200, 0)
    assert "<table>" in found._repr_html_()
    assert dlx.analyze_errors(predictions(), n=10).sample.table.equals(found.sample.table)
    with pytest.raises(UserError, match="a run, a file or a table"):
        dlx.analyze_errors(3)


def test_markup_and_html_are_shown_as_they_are(document, call):
    pd.DataFrame({"id": ["<b>a", "b"], "[red]fog": ["x", ""], "comment": "<script>"}).to_csv("t.csv", index=False)
    _, out, _ = call("--import", "t.csv", "--n-errors", 20, "--n-dev", 100)
    assert "[red]fog" in out
    found = dlx.analyze_errors("t.csv")
    assert "<script>" not in found._repr_html_()


def test_it_starts_without_what_is_heavy(preds):
    heavy = ["tensorflow", "keras", "mlflow", "sklearn", "matplotlib", "statsmodels", "openpyxl"]
    code = f"import sys; from dlx.cli.app import main; sys.argv = ['dlx', 'analyze-errors', '{preds}']; main(); "
    code += f"sys.exit(str([m for m in {heavy} if m in sys.modules] or '') or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_with_plain_letters_only(preds):
    ng_table()
    words = ["dlx", "analyze-errors", "preds.csv", "--import", "ng.csv"]
    code = f"import sys; from dlx.cli.app import main; sys.argv = {words}; main()"
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert "blurry" in done.stdout


def test_parts_that_overlap_warn_and_pass_from_sheet_to_report(call, document):
    """O34: of 143 errors among 1,000, 41 wrong labels, 80 fog, 22 rain drops, 10 other: 15.3 points of 14.3."""
    rows = pd.DataFrame({"id": [f"e{i}" for i in range(143)]})
    for name, first, k in (
        ("fog", 0, 80),
        ("rain drops", 70, 22),
        ("other", 92, 10),
        ("incorrectly_labelled", 102, 41),
    ):
        rows[name] = ["x" if first <= i < first + k else "" for i in range(143)]
    rows.to_csv("cars.csv", index=False)
    made = document("--import", "cars.csv", "--n-errors", 143, "--n-dev", 1000)
    tags = {tag["tag"]: tag for tag in made["tags"]}
    assert {name: round(tag["share"], 3) for name, tag in tags.items()} == {
        "fog": 0.559, "rain drops": 0.154, "other": 0.07,
    }  # fmt: skip
    assert tags["fog"]["ceiling"] == pytest.approx(0.063)
    assert made["labels"]["share"] == pytest.approx(0.287, abs=1e-3)
    assert tags["fog"]["p_rank_1"] > 0.99
    assert tags["rain drops"]["sole_share"] == pytest.approx(12 / 143)
    assert made["overlaps"] == [{"a": "fog", "b": "rain drops", "count": 10}]
    [note] = [note for note in made["notes"] if "sum to" in note]
    assert "15.3 %" in note
    assert "14.3 %" in note
    code, out, _ = call("--n-errors", 143, "--n-dev", 1000, "--report", "--effort", "fog=8", "--effort", "other=0.5")
    assert code == 0
    assert "The largest is not always first" in " ".join(out.split())
    assert [line.split()[0] for line in out.splitlines() if line.startswith(("fog ", "rain", "other "))] == [
        "fog", "rain", "other",
    ]  # fmt: skip
