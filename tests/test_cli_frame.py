"""The command line as a whole: help, exit codes, streams, JSON, completion."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from command_line import hears_interrupts
from typer.testing import CliRunner

import dlx
from dlx.cli import _complete
from dlx.cli.app import app, build, command_names

COMMANDS = sorted(command_names())


def run(*arguments: str, cwd=None, **environment: str) -> subprocess.CompletedProcess:
    order = [sys.executable, "-m", "dlx", *arguments]
    env = dict(os.environ) | {"NO_COLOR": "1", "COLUMNS": "100"} | environment
    return subprocess.run(order, capture_output=True, text=True, cwd=cwd, env=env, timeout=60, check=False)


def invoke(*arguments: str):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})


def test_every_file_of_the_folder_is_a_command():
    assert len(COMMANDS) >= 15
    assert {"train", "check", "list", "show", "new", "doctor", "ladder"} <= set(COMMANDS)
    text = invoke("--help").stdout
    assert all(f" {name} " in text for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_and_json(name):
    result = invoke(name, "--help")
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert re.search(rf"Examples?: .*dlx {name}\b", text), text
    assert "--json" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_built_alone_is_the_one_built_with_all(name):
    alone = CliRunner().invoke(build(full=[name]), [name, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert alone.stdout == invoke(name, "--help").stdout


def test_exports_of_the_package():
    for name in dlx.__all__:
        assert callable(getattr(dlx, name)), name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = dlx.nonsense
    assert set(dlx.__all__) <= set(dir(dlx))


def test_the_version_is_the_package_s():
    from importlib.metadata import version

    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"dlx {dlx.__version__}\n")
    assert version("dlx") == dlx.__version__


def test_no_arguments_show_help_and_unknown_commands_the_nearest():
    assert "Usage: dlx" in run().stdout
    wrong = run("chek")
    assert wrong.returncode == 2
    assert "check" in wrong.stderr
    assert wrong.stdout == ""


def test_the_user_s_fault_is_one_message_on_stderr_and_exit_2(tmp_path):
    done = run("check", "digits", "-s", "train.epoch=3", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "did you mean 'epochs'" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_failure_is_exit_1_and_a_bug_keeps_its_traceback(tmp_path):
    for error, code, words in (("DlxError('disk full')", 1, "disk full"), ("ValueError('bug')", 1, "Traceback")):
        script = (
            "import sys, dlx.recipe; from dlx.errors import DlxError\n"
            f"def broken(*a): raise {error}\n"
            "dlx.recipe.check = broken; sys.argv = ['dlx', 'check', 'digits']\n"
            "from dlx.cli.app import main; main()\n"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == code
        assert words in done.stderr
        assert ("Traceback" in done.stderr) == (words == "Traceback")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_is_exit_130(tmp_path):
    script = (
        "import sys, time, dlx.recipe\n"
        "def slow(*a): print('begun', flush=True); time.sleep(30)\n"
        "dlx.recipe.check = slow; sys.argv = ['dlx', 'check', 'digits']\n"
        "from dlx.cli.app import main; main()\n"
    )
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", script], preexec_fn=hears_interrupts, **streams) as process:
        assert process.stdout.readline() == b"begun\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
        assert process.returncode == 130
        assert b"Traceback" not in stderr


def test_json_is_one_document_on_stdout(tmp_path):
    for arguments in (
        ["list", "--json"],
        ["list", "builders", "--json"],
        ["show", "digits", "--json"],
        ["show", "digits", "--resolved", "--json"],
        ["show", "cards/digits", "--json"],
        ["show", "mlp", "--json"],
        ["show", "--schema"],
        ["check", "wine-shift", "--json"],
        ["new", "mine", "--from", "digits", "--json"],
        ["doctor", "--quick", "--json"],
    ):
        done = run(*arguments, cwd=tmp_path, DLX_DATA=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout), arguments


def test_check_says_what_is_still_to_fetch(tmp_path):
    done = run("check", "wine-shift", cwd=tmp_path, DLX_DATA=str(tmp_path))
    assert done.returncode == 0
    assert done.stdout == "wine-shift: no faults.\n"
    assert "winequality-red.csv; it comes from" in done.stderr
    missing = json.loads(run("check", "wine-shift", "--json", cwd=tmp_path, DLX_DATA=str(tmp_path)).stdout)["missing"]
    assert len(missing) == 2


def test_show_resolved_is_a_recipe_that_loads(tmp_path):
    done = run("show", "digits", "--resolved", "-s", "train.epochs=2", cwd=tmp_path)
    (tmp_path / "kept.yaml").write_text(done.stdout)
    recipe = dlx.load_recipe(tmp_path / "kept.yaml")
    assert recipe.train["epochs"] == 2
    assert recipe == dlx.load_recipe("digits", ["train.epochs=2"])
    assert run("show").returncode == 2


def test_new_refuses_to_overwrite(tmp_path):
    assert run("new", "mine", "--from", "digits", cwd=tmp_path).returncode == 0
    assert run("check", "mine.yaml", cwd=tmp_path).stdout == "mine: no faults.\n"
    again = run("new", "mine", "--from", "digits", cwd=tmp_path)
    assert again.returncode == 2
    assert "is here already" in again.stderr


def test_no_colour_where_it_is_not_wanted(tmp_path):
    for arguments in (["--help"], ["list"], ["check", "nonsense"], ["doctor", "--quick"]):
        done = run(*arguments, cwd=tmp_path)
        assert "\x1b" not in done.stdout + done.stderr, arguments


def test_tab_completion(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cats.yaml").touch()
    (tmp_path / "runs" / "digits-20250101-000000-abcd").mkdir(parents=True)
    assert "digits" in _complete.recipes("dig")
    assert _complete.recipes("ca") == ["cats.yaml"]
    assert _complete.recipes("nowhere/") == []
    assert _complete.runs("") == ["last", "digits-20250101-000000-abcd"]
    assert _complete.families("bu") == ["builders"]
    others = [f"cards/digits-{name}" for name in ("attributes", "shift", "tasks")]
    assert _complete.named("cards/dig") == ["cards/digits", *others]
    assert "builders/mlp" in _complete.named("builders/")
    monkeypatch.setenv("DLX_RUNS", "elsewhere")
    assert _complete.runs("l") == ["last"]
    done = run(_DLX_COMPLETE="complete_bash", COMP_WORDS="dlx check dig", COMP_CWORD="2")
    assert "digits-shift" in done.stdout.split()
