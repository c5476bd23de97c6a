"""Names, notes and pruning of runs; ``dlx runs``."""

from __future__ import annotations

import json

import fake_runs
import pytest
from typer.testing import CliRunner

from dlx import housekeeping, runs
from dlx.cli.app import app
from dlx.errors import UserError


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLX_RUNS", raising=False)
    return tmp_path / "runs"


def ids(root):
    return [run.id for run in runs.all_runs(root)]


def test_a_run_at_a_glance(here):
    run = fake_runs.complete(here)
    run.update(started="2026-01-02T03:04:05+00:00", finished="2026-01-02T03:05:15+00:00", note="wider")
    (row,) = housekeeping.list_runs().rows
    assert (row.id, row.state, row.seconds, row.dev, row.note) == (run.id, "complete", 70.0, 0.1, "wider")
    assert row.verdict == "decided: variance"
    assert not row.mlflow
    assert run.id in housekeeping.list_runs()._repr_html_()


def test_rename_keeps_the_folder_and_is_understood_everywhere(here):
    run = fake_runs.complete(here)
    housekeeping.rename("last", "my best")
    assert (run.name, run.path.exists()) == ("my best", True)
    assert runs.find("my best") == runs.find(run.id) == run
    housekeeping.rename("my best", run.id)
    assert run.name == run.id


@pytest.mark.parametrize("name", ["last", "", "a/b", ".hidden", " x", "x" * 101, "digits"])
def test_a_name_that_would_not_be_understood_is_refused(here, name):
    fake_runs.complete(here)
    fake_runs.complete(here)
    with pytest.raises(UserError, match="name"):
        housekeeping.rename("last", name)


def test_an_empty_note_removes_the_note(here):
    run = fake_runs.complete(here)
    housekeeping.annotate(run, "wider")
    assert run.info["note"] == "wider"
    housekeeping.annotate(run, " ")
    assert run.info["note"] is None


def test_prune_lets_go_of_what_did_not_finish_and_never_without_yes(here):
    good, bad, dead = fake_runs.complete(here), fake_runs.begin(here), fake_runs.killed(here)
    bad.finish("failed")
    running = fake_runs.begin(here)
    looked_at = housekeeping.prune()
    assert (set(looked_at.runs), looked_at.done) == ({bad.id, dead.id}, False)
    assert len(ids(here)) == 4
    housekeeping.prune(yes=True)
    assert ids(here) == [good.id, running.id]


def test_prune_keeps_the_newest_of_each_recipe(here):
    old, new = fake_runs.complete(here, "cats"), fake_runs.complete(here, "cats")
    other = fake_runs.complete(here, "dogs")
    pruned = housekeeping.prune(keep=1, yes=True)
    assert pruned.runs == pruned.only_here == (old.id,)
    assert ids(here) == [new.id, other.id]


def test_prune_keeps_what_is_named_noted_or_used_and_says_why(here):
    named, noted, base, user = (fake_runs.complete(here) for _ in range(4))
    named.update(name="paper")
    noted.update(note="before the fix")
    user.write_text("recipe.yaml", f"data:\n  split: from:{base.id}\n")
    user.update(name="grown")
    pruned = housekeeping.prune(keep=0)
    assert pruned.runs == ()
    assert set(pruned.kept) == {named.id, noted.id, base.id, user.id}
    assert user.id in pruned.kept[base.id]


def test_prune_leaves_recent_runs_alone(here):
    old, recent = fake_runs.begin(here), fake_runs.begin(here)
    for run in (old, recent):
        run.finish("failed")
    old.update(started="2020-01-01T00:00:00+00:00")
    assert housekeeping.prune(days=30).runs == (old.id,)
    with pytest.raises(UserError, match="0 or more"):
        housekeeping.prune(days=-1)


def test_looks_at_test_sets_outlive_the_runs(here):
    fake_runs.begin(here).finish("failed")
    runs.record_look("one", "gone")
    housekeeping.prune(yes=True)
    assert len(runs.looks("one")) == 1


def say(*words):
    return CliRunner().invoke(app, ["runs", *words], catch_exceptions=False)


def test_the_command(here):
    assert "Train one: dlx train digits" in say().stdout
    run = fake_runs.complete(here)
    assert say("--note", "last", "wider [bold]").stdout == f"{run.id} is called {run.id}. Note: wider [bold]\n"
    assert "wider [bold]" in say().stdout
    assert json.loads(say("--json").stdout)["runs"][0]["id"] == run.id
    fake_runs.begin(here).finish("failed")
    assert "add --yes" in say("--prune").stdout
    assert json.loads(say("--prune", "--yes", "--json").stdout)["done"] is True
    assert ids(here) == [run.id]


def test_yes_alone_is_refused(here):
    with pytest.raises(UserError, match="belong to --prune"):
        say("--yes")
