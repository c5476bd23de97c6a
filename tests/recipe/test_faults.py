"""Everything wrong is said at once: rule, value received, allowed values, nearest name, line."""

from __future__ import annotations

import copy

import pytest

from dlx.errors import UserError
from dlx.recipe import load

BASE = {
    "name": "x",
    "task": "classification",
    "data": {"sources": {"web": {"reader": "csv", "path": "a.csv"}, "phone": {"reader": "csv", "path": "b.csv"}}},
    "model": {"builder": "convnet", "filters": [16, 32]},
    "human": {"panel": {"error": 0.01}},
}


def fault(*overrides, base=BASE) -> str:
    with pytest.raises(UserError) as caught:
        load(copy.deepcopy(base), overrides)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("train.lerning_rate=1", "unknown key; did you mean 'learning_rate'?"),
        ("trian.epochs=1", "unknown key; did you mean 'train'?"),
        ("data.sorces=1", "unknown key; did you mean 'sources'?"),
        ("data.split={dev: 0.2, tst: 0.2}", "did you mean 'test'?"),
        ("data.split={test: 0.2}", "data.split.dev: is needed"),
        ("data.split={dev: 0, test: 0.2}", "dev needs examples"),
        ("data.split={train: 0.8, dev: 0.2, test: 0.2}", "1 together, not 1.2"),
        ("data.split={dev: 1.5}", "a share in 0–1"),
        ("data.split={dev: -5}", "a split is a share in 0–1 (0.2 or 20%) or a whole number of examples (got -5)"),
        ("data.split=form:last", "auto, own, from:RUN"),
        ("data.split_by=size", "must be 'hash' or 'time' (got 'size')"),
        ("data.normalize=true", "must be 'standardize' or 'none' (got True)"),
        ("data.strict=no", "must be true or false (got 'no')"),
        ("data.target=wb", "must be one of data.sources (got 'wb'); did you mean 'web'?"),
        ("data.target_in_train=0.5", "says nothing without data.target"),
        ("data.sources.web.path=3.5", ""),
        ("data.sources.a b={reader: csv, path: x}", "letters, digits, - and _ only (got 'a b')"),
        ("data.sources.web.reader=csvv", "unknown reader (got 'csvv'). Did you mean 'csv'?"),
        ("data.sources.web.lable=y", "has no 'lable'; did you mean 'label'?"),
        ("data.sources.new={reader: csv}", "needs 'path'"),
        ("data.dataset=digts", "unknown card (got 'digts'). Did you mean 'digits'?"),
        ("train.epochs=0", "must be at least 1 (got 0)"),
        ("train.epochs=2.0", "must be a whole number (got 2.0)"),
        ("train.epochs='3'", "must be a whole number (got '3')"),
        ("train.epochs=true", "must be a whole number (got True)"),
        ("train.batch_size=big", "must be a whole number or 'auto' (got 'big')"),
        ("train.learning_rate=0", "must be above 0 (got 0)"),
        ("train.learning_rate=.inf", "must be a finite number (got inf)"),
        ("train.learning_rate=fast", "must be a number (got 'fast')"),
        ("train.momentum=1", "must be below 1 (got 1)"),
        ("train.optimizer=sdg", "'sgd', 'momentum', 'rmsprop', 'adam' or 'adamw' (got 'sdg')"),
        ("train.schedule=cosin", "must be one of 'none', 'inverse_time'"),
        ("train.schedule={name: staircase, evry: 3}", "did you mean 'every'?"),
        ("train.schedule={decay: 3}", "a name, or a mapping with name:"),
        ("train.early_stopping=soon", "must be a mapping (key: value) (got 'soon')"),
        ("train.early_stopping={patiece: 3}", "did you mean 'patience'?"),
        ("train.class_weight=heavy", "null, balanced, or a mapping"),
        ("train.class_weight={a: -1}", "the weight of class 'a' must be a number above 0"),
        ("train.seed=-1", "must be at least 0 (got -1)"),
        ("train=3", "must be a mapping (key: value) (got 3)"),
        ("model.droput=1", "builder 'convnet' has no 'droput'; did you mean 'dropout'?"),
        ("model.filters=wide", "model.filters: must be a list (got 'wide')"),
        ("model.filters.1=x", "model.filters.1: must be a whole number (got 'x')"),
        ("model.dropout=high", "must be a number or a list (got 'high')"),
        ("model.batch_norm=1", "must be true or false (got 1)"),
        ("model.builder=convnt", "unknown builder (got 'convnt'). Did you mean 'convnet'?"),
        ("model={filters: [3]}", "model.builder: is needed"),
        ("task=clasification", "unknown task (got 'clasification'). Did you mean 'classification'?"),
        ("task.positve=a", "has no 'positve'; did you mean 'positive'?"),
        ("human.panel.error=8", "write 8% (got 8)"),
        ("human.panel.error=high", "text with a percent sign"),
        ("human.panel.error=-0.1", "at least 0"),
        ("human.panel.error=.nan", "at least 0"),
        ("human.panel.error=true", "an error is a rate"),
        ("human.panel.n=0", "must be at least 1 (got 0)"),
        ("human.panel.err=0", "did you mean 'error'?"),
        ("human.new={n: 3}", "human.new.error: is needed"),
        ("goal.target=5", "write 5%"),
        ("goal.optimize=f2", "unknown metric (got 'f2')"),
        ("goal.satisfice.latency_ms=10", 'a comparison and a number, like "<= 10" (got 10)'),
        ("search.train.epoch=[1, 2]", "did you mean 'train.epochs'?"),
        ("search.modle.units=[1]", "searches a key of train, transfer, model, task"),
        ("search.model.unit=[1, 2]", "did you mean 'model.units'?"),
        ("search.train.epochs={min: 5}", "is {values: [...]} or {min, max, scale, step}"),
        ("search.train.epochs={min: 5, max: 1}", "min below max"),
        ("search.train.epochs={min: 0, max: 1, scale: log}", "a log scale needs min above 0"),
        ("search.train.epochs={values: []}", "at least one value"),
        ("search.train.epochs={values: [3, 3]}", "holds a value twice"),
        ("search.train.epochs={min: 5, max: 5}", "nothing lies between 5 and 5"),
        ("search.train.epochs={min: 1, max: 9, stp: 2}", "did you mean 'step'?"),
        ("search.train.epochs={min: 1, max: 9, step: 0}", "step: is a number above 0"),
        ("search.train.epochs={min: 1, max: 9, step: 0.5}", "search.train.epochs.step: must be a whole number"),
        ("search.train.epochs={min: 1.5, max: 9}", "search.train.epochs.min: must be a whole number"),
        ("search.train.epochs={min: 0, max: 9}", "search.train.epochs.min: must be at least 1 (got 0)"),
        ("search.train.epochs={min: 1, max: 64, scale: log, step: 1}", "step: on a log scale is a factor above 1"),
        ("search.train.momentum={min: 0.9, max: 1, scale: one_minus_log}", "max below 1"),
        ("search.train.momentum={min: 0.5, max: 1}", "search.train.momentum.max: must be below 1 (got 1)"),
        ("search.train.learning_rate={min: 0, max: 1}", "search.train.learning_rate.min: must be above 0 (got 0)"),
        ("search.train.learning_rate={min: 1, max: 2, scale: lg}", "scale: is linear, log or one_minus_log"),
        ("search.train.optimizer=[adam, adma]", "must be 'sgd', 'momentum', 'rmsprop', 'adam' or 'adamw' (got 'adma')"),
        ("search.train.momentum={min: 0.8, max: 0.9}", "the optimizer adam does not read it"),
        ("search.model.filters=[16, 32]", "search.model.filters: must be a list (got 16)"),
        ("search.model.filters.7={min: 8, max: 16}", "model.filters is a list: its places are 0 to 1"),
        ("search.train={min: 1, max: 2}", "the recipe has no key of that name"),
        ("search.data.split=[auto]", "searches a key of train, transfer, model, task"),
        ("search.human.panel.error=[0.1]", "searches a key of train, transfer, model, task"),
        ("search.goal.target={min: 0, max: 1}", "searches a key of train, transfer, model, task"),
        ("search.name=[a]", "searches a key of train, transfer, model, task"),
        ("search.model.dropout={min: 0, max: 0.5, when: {train.epoch: 3}}", "a condition names another knob of search"),
        ("search.model.dropout={min: 0, max: 0.5, when: 3}", "when: is a mapping"),
        ("search.start=[{model.dropot: 0.2}]", "is no knob of search"),
        ("search.start=3", "search.start: must be a list"),
        ("name=my cats", "letters, digits, - and _ only (got 'my cats')"),
        ("nonsense=1", "unknown key; known here: name, task, data"),
        ("novalue", "an override is written key.sub=value"),
    ],
)
def test_each_fault_is_named(override, words):
    if not words:  # a number where text is wanted is a name
        assert load(copy.deepcopy(BASE), [override]).data["sources"]["web"]["path"].endswith("3.5")
        return
    text = fault(override)
    assert words in text
    assert override.partition("=")[0].partition(".")[0] in text


def test_all_faults_come_in_one_message_with_their_lines(folder):
    file = folder / "cats.yaml"
    file.write_text(
        "name: cats\n"
        "task: classification\n"
        "data:\n"
        "  sorces: {}\n"
        "  sources:\n"
        "    web: {reader: csv, path: a.csv, lable: x}\n"
        "model: {builder: mlp, unit: 3}\n"
        "train:\n"
        "  epochs: many\n"
    )
    text = fault("goal.target=3", base="cats.yaml")
    assert text.startswith("5 faults in cats.yaml:")
    for words in ("-s goal.target=3", "line 4: data.sorces", "line 6: data.sources.web.lable", "line 7: model.unit"):
        assert words in text
    assert "line 9: train.epochs: must be a whole number (got 'many')" in text
    assert text.index("-s goal") < text.index("line 4") < text.index("line 9")


def test_faults_of_a_card_name_the_card(folder):
    (folder / "datasets").mkdir()
    (folder / "datasets" / "pets.yaml").write_text("sources: {web: {reader: csv, path: a, lable: x}}\n")
    text = fault(base=BASE | {"data": {"dataset": "pets"}})
    assert "card pets: data.sources.web.lable" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "a recipe is a mapping"),
        ("- 1", "a recipe is a mapping"),
        ("name: x\nname: y", "the key 'name' stands twice"),
        ("name: [", "cannot be read as YAML"),
        ("name: x", "data.sources: is needed"),
        (b"\xff\xfe\x00", "no UTF-8"),
    ],
)
def test_files_that_are_no_recipe(folder, content, words):
    (folder / "r.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    text = fault(base="r.yaml")
    assert words in text
    assert "r.yaml" in text


def test_names_that_are_not_there(folder):
    assert "Did you mean 'digits'?" in fault(base="digit")
    assert "no such recipe file" in fault(base="nowhere/x.yaml")
    assert "Did you mean 'digits', without folder and ending?" in fault(base="recipes/digits.yaml")
    assert "`dlx init` writes a recipe for it" in fault(base=str(folder))


def test_figures_of_a_regression_stand_in_its_unit():
    base = BASE | {"task": "regression"}
    recipe = load(base, ["human.panel.error=8", "goal.target=40.5"])
    assert recipe.human["panel"]["error"] == 8.0
    assert recipe.goal["target"] == 40.5
    assert "no rate: write a number in its unit (got '8%')" in fault("human.panel.error=8%", base=base)
    assert "write 8%" in fault("human.panel.error=8", "goal.optimize=accuracy", base=base)
    unbounded = load(BASE, ["goal.optimize=rmse", "human.panel.error=8"])
    assert unbounded.human["panel"]["error"] == 8.0
