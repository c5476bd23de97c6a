"""Every check passes the same laws, on every kind of evidence."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from dlx import parts
from dlx.findings import Evidence, Finding

sys.path.insert(0, str(Path(__file__).parents[1] / "checks"))

from check_cases import CASES

NAMES = parts.names("checks")
EXPECTED = 33
STATUSES = {"issue", "tip", "passed", "undecided", "not_applicable"}


def evidences() -> list[Evidence]:
    return [Evidence(), *(evidence for case in CASES.values() for evidence in case[1:])]


def test_the_sweep_sees_every_check_and_each_has_its_three_cases():
    assert len(NAMES) == EXPECTED
    assert set(CASES) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_check_gives_one_finding_whatever_is_known(name):
    check = parts.load("checks", name)
    seen = set()
    for evidence in evidences():
        found = check(evidence)
        seen.add(found.status)
        assert isinstance(found, Finding)
        assert found.code == name
        assert found.status in STATUSES
        assert found.title.endswith(".")
        assert found.title[0] == found.title[0].upper()
        assert bool(found.next_step) or found.status in ("passed", "not_applicable")
        json.dumps(found.to_dict())
    assert {"passed", "not_applicable"} <= seen


@pytest.mark.parametrize("name", NAMES)
def test_nothing_known_means_not_applicable(name):
    assert parts.load("checks", name)(Evidence()).status == "not_applicable"


@pytest.mark.parametrize("name", NAMES)
def test_its_file_exports_one_function_and_says_what_it_looks_for(name):
    part = parts.find("checks", name)
    assert importlib.import_module(part.module).__all__ == ["check"]
    assert part.summary.endswith(".")
