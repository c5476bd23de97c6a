"""Part families: the folder is the registry, the signature is the schema, and nothing is imported to know them."""

from __future__ import annotations

import importlib
import inspect
import math

import pytest

from dlx import parts, source_code
from dlx.errors import UserError


def every_part():
    return [parts.find(family, name) for family in parts.FAMILIES for name in parts.names(family)]


def test_every_file_of_a_family_is_a_part():
    swept = 0
    for family in parts.FAMILIES:
        files = [f for f in (parts._ROOT / family).glob("*.py") if not f.stem.startswith("_")]
        modules = {part.module for part in every_part() if part.family == family}
        assert modules == {f"dlx.{family}.{f.stem}" for f in files}
        swept += len(files)
    assert swept == len({part.module for part in every_part()}) >= 40


def test_every_part_has_a_summary_and_exports_what_it_says():
    swept = 0
    for part in every_part():
        assert part.summary, part
        assert len(part.summary) <= 160, part
        if part.module == "dlx.readers.keras_datasets":
            continue
        assert callable(getattr(importlib.import_module(part.module), part.attribute)), part
        swept += 1
    assert swept == len(every_part()) - 1


def test_a_signature_read_is_the_signature_imported():
    swept = 0
    for part in every_part():
        read = source_code.parameters(part.module, part.attribute)
        imported = inspect.signature(getattr(importlib.import_module(part.module), part.attribute)).parameters
        if read is not None:
            assert [(p.name, p.kind, p.default) for p in read] == [
                (p.name, p.kind, p.default) for p in imported.values()
            ], part
            swept += 1
    assert swept >= 40


def test_the_first_parameter_of_a_builder_is_dlx_s():
    assert "spec" not in parts.signature("builders", "mlp")
    assert next(iter(parts.signature("readers", "csv"))) == "path"
    assert "self" not in parts.signature("tasks", "classification")


def test_defaults_are_written_out_and_faults_named():
    bound, faults = parts.bind("builders", "mlp", {"units": [3], "drop": 1})
    assert bound["units"] == [3]
    assert bound["activation"] == "relu"
    assert [key for key, _ in faults] == ["drop"]
    assert "did you mean 'dropout'" in faults[0][1]
    assert parts.bind("readers", "csv", {})[1] == [("path", "reader 'csv' needs 'path'")]


def test_unknown_names_give_the_nearest():
    with pytest.raises(UserError, match=r"unknown builder \(got 'mpl'\). Did you mean 'mlp'"):
        parts.find("builders", "mpl")
    with pytest.raises(UserError, match="unknown part family"):
        parts.names("bilders")
    with pytest.raises(UserError, match="Choose one of"):
        parts.find("builders", "transformer")
    with pytest.raises(UserError, match="unknown builder"):
        parts.find("builders", "_layers")


def test_constants_are_read():
    assert parts.constant("tasks", "regression", "BOUNDED", True) is False
    assert parts.constant("metrics", "rmse", "BOUNDS") == (0, math.inf)
    assert parts.constant("metrics", "accuracy", "GREATER_IS_BETTER") is True
    assert parts.constant("metrics", "accuracy", "NOTHING", 3) == 3


def test_own_parts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_parts_of_test.py").write_text(
        "BOUNDS = (0, 5)\nnumber = 3\n"
        'def build(spec, /, *, width=4, **more):\n    "Mine."\n'
        "class Task:\n    BOUNDED = False\n"
    )
    assert list(parts.signature("builders", "own_parts_of_test:build")) == ["width", "more"]
    assert parts.bind("builders", "own_parts_of_test:build", {"deep": 1}) == ({"width": 4, "deep": 1}, [])
    assert parts.document("builders", "own_parts_of_test:build") == "Mine."
    assert parts.constant("tasks", "own_parts_of_test:Task", "BOUNDED") is False
    assert parts.constant("metrics", "own_parts_of_test:build", "BOUNDS") == (0, 5)
    with pytest.raises(UserError, match="must be a function or a class"):
        parts.load("builders", "own_parts_of_test:number")
    with pytest.raises(UserError, match="Did you mean own_parts_of_test:build"):
        parts.load("builders", "own_parts_of_test:biuld")
    with pytest.raises(UserError, match="cannot import"):
        parts.load("builders", "no_module_of_test:x")
    for name in (":x", "..x:y", "a:b:c", "a b:c", "a:"):
        with pytest.raises(UserError, match=r"written package\.module:attribute"):
            parts.load("builders", name)
    (tmp_path / "broken_parts_of_test.py").write_text("def build(:\n")
    with pytest.raises(UserError, match="cannot import"):
        parts.load("builders", "broken_parts_of_test:build")
