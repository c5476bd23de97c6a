"""Errors: one message with rule, value, place and remedy; exit codes; they survive a process boundary."""

from __future__ import annotations

import pickle

import pytest

from dlx.errors import DlxError, UserError, all_faults, nearest, unknown


def test_the_message_has_rule_value_place_and_hint():
    error = UserError("epochs is at least 1", value=0, where="cats.yaml", hint="Write 1 or more.")
    assert str(error) == "epochs is at least 1 (got 0), in cats.yaml. Write 1 or more."
    assert str(DlxError("the disk is full")) == "the disk is full"
    assert str(UserError("x", value="")) == "x (got '')"


@pytest.mark.parametrize(("kind", "code"), [(DlxError, 1), (UserError, 2)])
def test_exit_codes(kind, code):
    assert kind("x").exit_code == code


def test_they_survive_a_process_boundary():
    error = pickle.loads(pickle.dumps(UserError("rule", value=[1], where="here", hint="Do that.")))
    assert (type(error), str(error)) == (UserError, "rule (got [1]), in here. Do that.")


def test_the_nearest_name():
    assert nearest("learning_rat", ["learning_rate", "epochs"]) == "learning_rate"
    assert nearest("zzz", ["learning_rate"]) is None
    assert nearest("1", [1, 2]) == "1"
    assert "Did you mean 'mlp'?" in str(unknown("builder", "mpl", ["mlp", "linear"]))
    assert "Choose one of: linear, mlp." in str(unknown("builder", "xyz", ["mlp", "linear"]))
    assert "none here" in str(unknown("builder", "xyz", []))


def test_all_faults_in_one():
    assert str(all_faults(["a is wrong"], where="f")) == "a is wrong, in f"
    assert str(all_faults(["a", "b"], where="f")) == "2 faults in f:\n  - a\n  - b"
