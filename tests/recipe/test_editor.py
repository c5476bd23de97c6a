"""The JSON Schema accepts every shipped recipe and refuses what dlx refuses (jsonschema is the judge)."""

from __future__ import annotations

import copy

import jsonschema
import pytest

from dlx import parts, places, yaml12
from dlx.recipe import load
from dlx.recipe.editor import json_schema

VALID = {
    "task": {"name": "classification", "positive": "cat"},
    "data": {"sources": {"web": {"reader": "csv", "path": "a.csv"}}, "split": {"dev": "20%", "test": 100}},
    "model": {"builder": "convnet", "filters": [16, 32], "dropout": 0.2},
    "train": {"batch_size": "auto", "schedule": {"name": "staircase", "every": 3}, "early_stopping": 3},
    "human": {"panel": "0.5%", "me": {"error": 0.1}},
    "goal": {"optimize": "f1", "satisfice": {"latency_ms": "<= 10"}},
    "search": {"model.filters": [[8], [16]], "train.learning_rate": {"min": 1e-4, "max": 1, "scale": "log"}},
}


@pytest.fixture(scope="module")
def judge():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_it_accepts_what_dlx_accepts(judge):
    judge.validate(VALID)
    load(VALID | {"name": "x"})


def test_it_accepts_the_shipped_recipes_as_written_and_resolved(judge):
    for name, file in places.names("recipes").items():
        judge.validate(yaml12.parse(file.read_text(encoding="utf-8"), where=name).data)
        judge.validate(load(name).to_dict())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("train.epochs", "many"),
        ("train.epochs", 0),
        ("train.lerning_rate", 0.1),
        ("train.schedule", "cosin"),
        ("train.schedule", {"name": "staircase", "evry": 3}),
        ("train.class_weight", "heavy"),
        ("model.droput", 0.1),
        ("model.filters", "wide"),
        ("model.builder", "convnt"),
        ("task", "clasification"),
        ("task.positve", "x"),
        ("data.sources.web.lable", "y"),
        ("data.split", "form:last"),
        ("data.strict", "no"),
        ("human.me.error", "high"),
        ("goal.optimize", "f2"),
        ("goal.satisfice.latency_ms", "10"),
        ("name", "my cats"),
        ("nonsense", 1),
    ],
)
def test_it_refuses_what_dlx_refuses(judge, path, value):
    data = copy.deepcopy(VALID)
    holder, *rest = data, *path.split(".")
    for key in rest[:-1]:
        holder = holder.setdefault(key, {})
    holder[rest[-1]] = value
    assert not judge.is_valid(data)
    with pytest.raises(Exception, match=rest[-1]):
        load(data if "name" in data else data | {"name": "x"})


def test_it_knows_every_part_and_every_argument(judge):
    text = str(judge.schema)
    for family in ("tasks", "builders", "readers"):
        for name in parts.names(family):
            assert f"'const': '{name}'" in text
            for argument in parts.signature(family, name):
                assert f"'{argument}': " in text
