"""The report of a run folder: read from its files, written into it whole."""

from __future__ import annotations

import json

import pytest

from dlx import predictions, yaml12
from dlx.errors import UserError
from dlx.reporting import contents, report
from dlx.run import Run

ID = "digits-shift-20251120-210736-kqzt"


@pytest.fixture
def run(made_up, tmp_path) -> Run:
    """A complete run of classification."""
    made = made_up["digits"]
    folder = tmp_path / "runs" / ID
    folder.mkdir(parents=True)
    run = Run(folder)
    run.write_json("run.json", dict(made.info))
    run.write_text("recipe.yaml", yaml12.dump(dict(made.recipe)))
    run.write_json("diagnosis.json", made.diagnosis)
    run.write_json("data.json", made.data)
    run.write_json("worst.json", list(made.worst))
    run.write_json("targets.json", {"classes": list(made.classes), "task": "classification"})
    for record in made.history:
        run.append("history.jsonl", dict(record))
    predictions.write(predictions.read(made.predictions), run.predictions)
    made.scores.to_parquet(run.file("scores.parquet"))
    return run


def test_a_run_is_read_from_its_folder(run, made_up):
    made, read = made_up["digits"], contents(run)
    assert read.title == run.id
    assert list(read.classes) == list(made.classes)
    assert read.recipe == made.recipe
    assert "name: digits-shift" in read.recipe_text
    assert read.history == made.history
    assert len(read.predictions) == len(made.predictions)
    assert len(read.worst) == 12


def test_the_report_is_written_into_the_run(run):
    path = report(run)
    assert path == run.file("report.html")
    page = path.read_text(encoding="utf-8")
    for said in (
        "Work on data mismatch first.",
        "235 errors among 898 examples of dev",
        "20 November 2025",
        "data:image/png",
    ):
        assert said in page
    assert [file.name for file in run.path.iterdir() if file.name.startswith(".")] == []


def test_a_run_is_found_by_its_name_and_written_elsewhere(run, tmp_path, monkeypatch):
    monkeypatch.setenv("DLX_RUNS", str(run.path.parent))
    path = report(ID[:14], out=tmp_path / "here.html")
    assert path == tmp_path / "here.html"
    assert "kqzt" in path.read_text(encoding="utf-8")
    assert not run.has("report.html")


@pytest.mark.parametrize(
    "name", ["recipe.yaml", "data.json", "worst.json", "targets.json", "history.jsonl", "scores.parquet"]
)
def test_what_a_run_lacks_is_left_out(run, name):
    run.file(name).unlink()
    assert "Work on data mismatch first." in report(run).read_text(encoding="utf-8")


def test_without_pictures_the_worst_rows_are_shown(run):
    run.file("worst.json").unlink()
    worst = contents(run).worst
    assert len(worst) == 12
    assert {example["error"] for example in worst} == {1.0}
    losses = [example["loss"] for example in worst]
    assert losses == sorted(losses, reverse=True)


def test_a_run_that_did_not_come_to_predictions_shows_its_curves(run):
    run.predictions.unlink()
    run.update(status="failed")
    page = report(run).read_text(encoding="utf-8")
    assert "There is no verdict." in page
    assert "dlx train --resume" in page
    assert "Learning curves" in page


def test_a_run_without_anything_is_refused(tmp_path):
    empty = Run(tmp_path / "x-20251120-210736-kqzt")
    empty.path.mkdir()
    empty.write_json("run.json", {"id": empty.id, "status": "failed"})
    with pytest.raises(UserError, match=r"predictions\.parquet"):
        report(empty)
    assert not empty.has("report.html")


def test_it_can_be_opened(run, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    path = report(run, open=True)
    assert opened == [path.absolute().as_uri()]


def test_the_command_prints_the_file(run, capsys, monkeypatch):
    from dlx.cli.report import command

    command(str(run.path))
    assert capsys.readouterr().out.strip() == str(run.file("report.html"))
    command(str(run.path), json=True)
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"report": str(run.file("report.html")), "bytes": run.file("report.html").stat().st_size}


@pytest.fixture
def table(made_up, tmp_path):
    """Somebody's predictions in a CSV file, labels and a column of their own."""
    frame = made_up["digits"].predictions.assign(meta_writer="w7")
    path = tmp_path / "their.predictions.csv"
    frame[["id", "split", "source", "y_true", "y_pred", "meta_writer"]].to_csv(path, index=False)
    return path


def test_a_foreign_table_is_diagnosed_first(table):
    path = report(table, human="0.2%")
    page = path.read_text(encoding="utf-8")
    assert path == table.with_name("their-report.html")
    for said in (
        "Work on data mismatch first.",
        "235 errors among 898 examples of dev",
        "writer",
        "their.predictions.csv",
    ):
        assert said in page
    assert "Learning curves" not in page


def test_a_table_in_memory_and_its_diagnosis_give_one_page(table, tmp_path, monkeypatch):
    import pandas as pd

    from dlx.diagnosis import diagnose

    monkeypatch.chdir(tmp_path)
    frame = pd.read_csv(table, dtype=str)
    first = report(frame, human=0.002)
    assert first.name == "predictions-report.html"
    page = first.read_text(encoding="utf-8")
    assert report(diagnose(frame, human=0.002)).read_text(encoding="utf-8") == page


def test_a_run_can_be_diagnosed_with_another_human_figure(run):
    assert "0.20\N{NO-BREAK SPACE}%" in report(run).read_text(encoding="utf-8")
    again = report(run, human="5%", target="10%").read_text(encoding="utf-8")
    assert "5.00\N{NO-BREAK SPACE}%" in again
    assert "target 10\N{NO-BREAK SPACE}%" in again
    assert run.read_json("diagnosis.json")["rungs"][0]["error"] == 0.002


def test_a_run_without_a_diagnosis_is_diagnosed(run):
    run.file("diagnosis.json").unlink()
    assert "235 errors among 898 examples of dev" in report(run).read_text(encoding="utf-8")


@pytest.mark.parametrize("what", ["no_such_file.csv", "no-such-run"])
def test_what_is_not_there_is_refused(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no such"):
        report(what)
    assert list(tmp_path.glob("*.html")) == []


def test_a_folder_that_is_not_there_is_said(table, tmp_path):
    with pytest.raises(UserError, match="folder"):
        report(table, out=tmp_path / "nowhere" / "report.html")
