"""``dlx ladder``: the examples of its help, JSON, and bad input."""

import json
import os
import subprocess
import sys

import pytest


def run(*words, **environment):
    command = [sys.executable, "-c", "from dlx.cli.app import main; main()", "ladder", *words]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"COLUMNS": "80"} | environment)


@pytest.fixture
def call(monkeypatch, capsys):
    """The command in this process: exit code, stdout, stderr."""

    def called(*words):
        from dlx.cli import app

        monkeypatch.setattr(sys, "argv", ["dlx", "ladder", *words])
        try:
            app.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        out = capsys.readouterr()
        return code, out.out, out.err

    return called


def document(call, *words):
    code, out, err = call(*words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_the_document_holds_what_it_promises(call):
    words = "--human 1% --train 3% --train-dev 6% --dev 8% --n-train 5000 --n-train-dev 1000 --n-dev 1000"
    made = document(call, *words.split())
    assert [rung["name"] for rung in made["rungs"]] == ["human", "train", "train_dev", "dev"]
    assert {"name", "error", "low", "high", "n"} <= made["rungs"][0].keys()
    assert made["rungs"][0] | {"name": "human", "error": 0.01, "low": None, "high": None, "n": None} == made["rungs"][0]
    assert [gap["name"] for gap in made["gaps"]] == ["avoidable_bias", "variance", "data_mismatch", "overfit_to_dev"]
    assert {"name", "value", "low", "high", "p_largest", "flagged"} == made["gaps"][0].keys()
    assert made["gaps"][3] == {
        "name": "overfit_to_dev", "value": None, "low": None, "high": None, "p_largest": None, "flagged": False,
    }  # fmt: skip
    assert {"status", "focus", "reason", "n_needed"} == made["verdict"].keys()
    assert made["verdict"]["status"] == "undecided"
    assert made["verdict"]["n_needed"] > 1000
    assert {"knob", "reason", "command"} == made["actions"][0].keys()
    assert all({"code", "title", "status"} <= finding.keys() for finding in made["findings"])
    assert (made["metric"], made["unit"], made["bounded"]) == ("error", "", True)


def test_the_examples_of_the_guide(call):
    first = document(call, "--human", "0.5%", "--train", "0.7%", "--dev", "0.8%")
    assert (first["verdict"]["status"], first["verdict"]["focus"]) == ("decided", ["avoidable_bias"])
    second = document(call, "--human", "0", "--train", "1%", "--dev", "10%", "--different-sources")
    assert second["verdict"]["status"] == "need_train_dev"


def test_the_picture_is_printed(call):
    code, out, err = call("--human", "0.5%", "--train", "0.7%", "--dev", "0.8%")
    assert (code, err) == (0, "")
    assert "avoidable bias" in out
    assert "What to do next" in out


def test_several_human_groups(call):
    words = ["--human", "team=0.5%", "--human", "doctor=1%", "--deployment", "doctor", "--train", "5%", "--dev", "6%"]
    made = document(call, *words)
    assert made["rungs"][0]["error"] == 0.005
    assert [figure["group"] for figure in made["human"]] == ["team", "doctor"]
    assert made["deployment"]["group"] == "doctor"


def test_a_target(call):
    made = document(call, "--train", "1%", "--dev", "2%", "--n-train", "9000", "--n-dev", "9000", "--target", "3%")
    assert made["verdict"]["status"] == "good_enough"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--train", "8", "--dev", "10%"], "Write 8%"),
        (["--train", "nan", "--dev", "10%"], "rate"),
        (["--train", "-1%", "--dev", "10%"], "rate"),
        (["--train", "120%", "--dev", "10%"], "100%"),
        (["--train", "ten", "--dev", "10%"], "ten"),
        (["--target", "5", "--dev", "10%"], "Write 5%"),
        (["--human", "9", "--dev", "10%"], "Write 9%"),
        (["--dev", "10%", "--n-dev", "0"], "at least 1"),
        (["--dev", "10%", "--n-dev", "-4"], "at least 1"),
        (["--dev", "10%", "--n-dev", "some"], "some"),
        (["--dev", "10%", "--n-train", "50"], "n_train"),
        (["--dev", "10%", "--n-human", "50"], "n_human"),
        ([], "at least one error"),
        (["--human", "1%"], "at least one error"),
        (["--human", "a=1%", "--human", "a=2%", "--dev", "9%"], "each group once"),
        (["--human", "1%", "--human", "2%", "--dev", "9%"], "GROUP=RATE"),
        (["--human", "a=1%", "--deployment", "b", "--dev", "9%"], "human group"),
        (["--devil", "10%"], "--dev"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(call, words, said):
    for json_too in ([], ["--json"]):
        code, out, err = call(*words, *json_too)
        assert (code, out) == (2, "")
        assert said in err
        assert "Traceback" not in err


def test_help_has_an_example(call):
    code, out, _ = call("--help")
    assert code == 0
    assert "dlx ladder --human 0.5%" in out


def test_it_starts_without_what_is_heavy():
    heavy = ["tensorflow", "keras", "mlflow", "sklearn", "matplotlib", "scipy.stats", "statsmodels"]
    words = ["dlx", "ladder", "--train", "5%", "--dev", "9%", "--n-train", "90", "--n-dev", "90"]
    code = f"import sys; from dlx.cli.app import main; sys.argv = {words}; main(); "
    code += f"sys.exit(str([m for m in {heavy} if m in sys.modules] or '') or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_with_plain_letters_only():
    done = run("--human", "2%", "--train", "1%", "--dev", "9%", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
