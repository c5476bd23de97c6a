"""The wheel: recipes, cards and tested versions travel in it, and it works where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_wheel_brings_recipes_and_cards(tmp_path):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheels = tmp_path / "wheels"
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", wheels, ROOT], check=True, capture_output=True)
    (wheel,) = wheels.glob("dlx-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for kind in ("recipes", "datasets"):
        shipped = {Path(name).name for name in names if name.startswith(f"dlx/_shipped/{kind}/")}
        assert shipped == {file.name for file in (ROOT / kind).iterdir()}
    assert "dlx/_shipped/constraints.txt" in names
    assert not [name for name in names if name.startswith("tests") or "__pycache__" in name]

    folder = tmp_path / "installed"
    subprocess.run([*pip, "install", "--no-deps", "--target", folder, wheel], check=True, capture_output=True)
    # a fresh interpreter that finds the installed copy first, and dlx's dependencies where they are
    environment = dict(os.environ) | {"PYTHONPATH": str(folder)}
    for arguments in (
        ["check", "digits-shift"],
        ["list", "recipes"],
        ["show", "cards/wine-shift"],
        ["doctor", "--quick"],
    ):
        order = [sys.executable, "-m", "dlx", *arguments]
        done = subprocess.run(order, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
        assert done.returncode == 0, done.stderr
    where = [sys.executable, "-c", "import dlx.places; print(dlx.places.shipped('recipes'))"]
    done = subprocess.run(where, capture_output=True, text=True, cwd=tmp_path, env=environment, check=True)
    assert done.stdout.strip() == str(folder / "dlx" / "_shipped" / "recipes")


def test_make_test_is_what_ci_runs():
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert text.rstrip().endswith("exec make test")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_make_demo_trains_the_first_recipe():
    dry = subprocess.run(["make", "--dry-run", "demo"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert "dlx train digits-shift" in dry
