"""The analysis kept in its run: files, report, and the copy in MLflow; foreign tables get the chapter as well."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path

import fake_runs
import mlflow_copy
import numpy as np
import pandas as pd
import pytest

import dlx
from dlx.pipeline import error_report
from dlx.tagging.frozen import load
from dlx.tagging.log import TagLog
from dlx.tracking.contents import TABLE

pytestmark = [pytest.mark.filterwarnings(rule) for rule in mlflow_copy.QUIET]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    true, wrong = rng.choice(["cat", "dog"], n), np.arange(n) < n // 4
    said = np.where(wrong, np.where(true == "cat", "dog", "cat"), true)
    split = np.where(np.arange(n) % 2, "dev", "train")
    return pd.DataFrame({"id": [f"e{i}" for i in range(n)], "split": split, "y_true": true, "y_pred": said})


def judged() -> fake_runs.runs.Run:
    """A run with predictions, as training would leave it."""
    from dlx.pipeline.judging import judge
    from dlx.predictions import read, write

    run = fake_runs.begin()
    fake_runs.train(run)
    write(read(table(), "classification"), run.predictions)
    run.write_json("targets.json", fake_runs.TARGETS)
    judge(run)
    run.finish()
    return run


def tag(k: int, name: str = "digits", first: int = 0) -> None:
    folder = Path("annotations") / name
    ids = load(next((folder / "samples").glob("*.parquet"))).errors["id"].tolist()[first : first + k]
    log = TagLog(folder / "tags.jsonl")
    log.write([(i, "fog", n % 2 == 0) for n, i in enumerate(ids)], reviewer="ann")
    log.write([(i, "reviewed", True) for i in ids], reviewer="ann")


def analysed(what, **options):
    return dlx.analyze_errors(what, suggest=True, **options)


def test_table_picture_and_chapter_are_in_the_run():
    run = judged()
    analysed(run)
    tag(20)
    found = analysed(run, effort={"fog": 2})
    kept = error_report.record(found)
    assert {file.name for file in kept.files} == {
        "error_analysis.json", "error_analysis.csv", "error_analysis.svg", TABLE,
    }  # fmt: skip
    assert run.read_json("error_analysis.json") == json.loads(json.dumps(found.to_dict(), default=str))
    with run.file("error_analysis.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["tag"] for row in rows] == ["fog", "(wrong labels)"]
    assert float(rows[0]["share"]) == found.tags["share"].iloc[0] == 0.5
    made = run.read_json(TABLE)
    assert made["columns"] == list(rows[0])
    assert made["data"][0][:3] == ["fog", 10, 0.5]
    page = run.read_text("report.html")
    assert "What the errors are" in page
    assert "points per effort" in page  # what only the analysis was told is in its report
    assert kept.tracking.startswith("not copied")


def test_recording_again_writes_only_what_has_changed():
    run = judged()
    analysed(run)
    tag(20)
    error_report.record(analysed(run))
    before = {path.name: path.stat().st_mtime_ns for path in run.path.iterdir()}
    error_report.record(analysed(run))
    assert {path.name: path.stat().st_mtime_ns for path in run.path.iterdir()} == before
    tag(5, first=20)
    error_report.record(analysed(run))
    assert run.read_json("error_analysis.json")["n_tagged"] == 25
    run.file("report.html").write_text("")
    os.utime(run.file("report.html"), ns=(0, 0))  # killed before the report was written
    error_report.record(analysed(run))
    assert "What the errors are" in run.read_text("report.html")


def test_pictures_of_suggested_examples_are_kept_once_and_a_run_whose_data_moved_has_none(monkeypatch):
    from PIL import Image

    from dlx.desk import Exhibit
    from dlx.pipeline import exhibits

    out = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(out, "PNG")
    asked = []

    class Shown:
        def __init__(self, kind):
            self.kind = kind

        def example(self, name):
            asked.append(name)
            return Exhibit(self.kind, media=out.getvalue(), mime="image/png")

    run = judged()
    run.write_json("targets.json", fake_runs.TARGETS | {"kind": "image"})
    from dlx.analysis.suggesting import PAYLOAD_FEATURES

    wrong = table()["y_true"] != table()["y_pred"]
    payload = pd.DataFrame({"id": table()["id"], "sharpness": np.where(wrong, 0.0, 1.0)})
    payload.to_parquet(run.file(PAYLOAD_FEATURES), index=False)
    analysed(run)
    tag(40)
    monkeypatch.setattr(exhibits, "of_run", lambda run: Shown("none"))
    error_report.record(analysed(run))
    assert asked
    assert not run.has("error_examples.json")
    monkeypatch.setattr(exhibits, "of_run", lambda run: Shown("image"))
    error_report.record(analysed(run))
    assert run.read_text("report.html").count("data:image/png") == len(run.read_json("error_examples.json")) > 0
    asked.clear()
    error_report.record(analysed(run))
    assert not asked


def test_nothing_tagged_or_no_run_keeps_nothing():
    run = judged()
    assert error_report.record(analysed(run)) is None
    table().to_csv("preds.csv")
    analysed("preds.csv")
    tag(20, "preds")
    assert error_report.record(analysed("preds.csv")) is None


def test_the_table_of_somebody_elses_run_is_shown_and_not_kept(monkeypatch):
    run = judged()
    analysed(run)
    tag(20)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # for root every folder is writable
    assert error_report.record(analysed(run)) is None
    assert not run.has("error_analysis.json")


def test_report_of_a_run_follows_newer_tags_and_keeps_the_analysis_elsewhere(monkeypatch, tmp_path):
    run = judged()
    analysed(run)
    tag(20)
    error_report.record(analysed(run))
    tag(5, first=20)
    assert "25 of 50 errors" in dlx.report(run).read_text()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # fetched without the annotations
    assert "20 of 50 errors" in dlx.report(run).read_text()


def test_report_of_a_foreign_table_has_the_chapter_once_there_are_tags():
    table().to_csv("preds.csv")
    assert "What the errors are" not in dlx.report("preds.csv").read_text()
    assert not Path("annotations").exists()  # reading draws no sample
    analysed("preds.csv")
    assert "What the errors are" not in dlx.report("preds.csv").read_text()
    tag(20, "preds")
    assert "20 of 50 errors, drawn at random" in dlx.report("preds.csv").read_text()


def test_the_command_says_where_report_and_copy_are(monkeypatch, capsys):
    from dlx.cli import app

    run = judged()
    analysed(run)
    tag(20)
    monkeypatch.setattr(sys, "argv", ["dlx", "analyze-errors", run.id, "--report"])
    with pytest.raises(SystemExit) as end:
        app.main()
    assert not end.value.code
    out = capsys.readouterr().out
    assert str(run.file("report.html")) in out
    assert f"dlx sync {run.id}" in out


def test_a_run_that_is_copied_is_copied_again_when_the_analysis_has_changed(monkeypatch):
    from dlx import tracking

    followed = []
    monkeypatch.setattr(tracking, "follow", lambda run: followed.append(run) or tracking.Follower(run, "a process"))
    run = judged()
    analysed(run)
    tag(20)
    assert error_report.record(analysed(run)).tracking == f"not copied; `dlx sync {run.id}` does it"
    run.write_json("mlflow.json", {})  # what tracking leaves; without it the run was made with --no-mlflow
    assert error_report.record(analysed(run)).tracking == "unchanged"
    assert not followed
    tag(5, first=20)
    assert error_report.record(analysed(run)).tracking == "being copied"
    assert followed == [run]


def test_mlflow_holds_the_table_as_a_table_and_the_picture(tmp_path):
    """Sent twice it has the rows of the last time only, where MLflow's own ``log_table`` would append."""
    from dlx import tracking

    mlflow_copy.make_store(tmp_path)
    run = judged()
    analysed(run)
    for first, k in ((0, 20), (20, 10)):
        tag(k, first=first)
        error_report.record(analysed(run))
        assert [row.outcome for row in tracking.sync(run.id).rows] == ["sent"]
    found = mlflow_copy.snapshot(run.id)
    assert {"error_analysis.svg", "error_analysis.csv", "error_analysis.json", TABLE} <= set(found["files"])
    assert json.loads(found["tags"]["mlflow.loggedArtifacts"]) == [{"path": TABLE, "type": "table"}]
    place = mlflow_copy.client().download_artifacts(found["info"][0], TABLE, str(tmp_path))
    made = pd.read_json(place, orient="split")  # as mlflow.load_table reads it
    assert made["tag"].tolist() == ["fog", "(wrong labels)"]
    assert made["count"].tolist()[0] == 15
