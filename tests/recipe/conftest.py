"""Recipes to load: parts of this folder's own, and the smallest recipe of dlx's."""

from __future__ import annotations

import pytest

SMALLEST = """\
# dlx train cats.yaml
task: classification          # two or more classes
data:
  sources:
    web: {reader: csv, path: web.csv, label: y}
model:
  builder: mlp
  units: [32, 16]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cats(folder):
    """The smallest recipe, in the working directory."""
    file = folder / "cats.yaml"
    file.write_text(SMALLEST, encoding="utf-8")
    return file
