"""What to do next: the order of the rules, what the recipe does already, and commands that run."""

import copy
import functools
import itertools
import json
import shlex

import pytest

import dlx
from dlx import recipe as recipes
from dlx.cli.app import command_names
from dlx.strategy.augmenting import written
from dlx.strategy.intervals import rate_rung
from dlx.strategy.ladder import HumanFigure, build
from dlx.strategy.settings import Settings

COMMANDS = set(command_names())


@functools.cache
def _loaded(raw):
    return recipes.load(json.loads(raw)).to_dict()


def recipe(model=None, train=None, **data):
    raw = {
        "name": "tiny",
        "task": "classification",
        "data": {"sources": {"web": {"reader": "csv", "path": "web.csv", "label": "y"}}} | data,
        "model": model or {"builder": "mlp", "units": [128, 128]},
        "train": train or {},
    }
    return copy.deepcopy(_loaded(json.dumps(raw)))


def advice(errors, resolved=None, command="dlx train tiny", human=0.0, n=None, **options):
    rungs = [rate_rung(name, error, n) for name, error in errors.items()]
    figures = [] if human is None else [HumanFigure("panel", human)]
    return build(rungs, human=figures, recipe=resolved, command=command, **options)


def knobs(ladder):
    return [action.knob for action in ladder.actions]


def commands(ladder):
    return {action.knob: action.command for action in ladder.actions}


HIGH_BIAS = {"train": 0.15, "dev": 0.16}
HIGH_VARIANCE = {"train": 0.01, "dev": 0.11}
BOTH = {"train": 0.15, "dev": 0.30}
MISMATCHED = {"train": 0.01, "train_dev": 0.015, "dev": 0.10}
OVERFITTED = {"train": 0.02, "dev": 0.021, "test": 0.07}


def test_bias_bigger_longer_optimizer_architecture_search():  # P1
    made = advice(HIGH_BIAS, recipe(train={"optimizer": "sgd"}))
    assert knobs(made) == ["model.units", "train.epochs", "train.optimizer", "model.batch_norm", "search"]
    assert made.actions[0].command == "dlx train tiny -s 'model.units=[256,256]'"
    assert commands(made)["train.epochs"] == "dlx train tiny -s train.epochs=60"
    assert "train.optimizer=adam" in commands(made)["train.optimizer"]


def test_neither_dropout_nor_l2_is_advised_for_bias():  # P48
    for human, resolved in itertools.product((0.0, None), (recipe(), None)):
        text = " ".join(f"{a.knob} {a.command}" for a in advice(HIGH_BIAS, resolved, human=human).actions)
        assert "dropout" not in text
        assert "l2" not in text


def test_variance_data_regularisation_search():  # P2
    made = advice(HIGH_VARIANCE, recipe())
    assert knobs(made) == ["data.sources", "model.l2", "model.dropout", "search"]
    assert commands(made)["model.l2"] == "dlx train tiny -s model.l2=0.0001"
    assert commands(made)["model.dropout"] == "dlx train tiny -s model.dropout=0.2"
    assert commands(made)["data.sources"] == "dlx curve tiny"


def photos(channels=3, side=96):
    return {"kind": "image", "inputs": [{"name": "image", "shape": [side, side, channels], "dtype": "uint8"}]}


def with_augment(*names):
    return recipe() | {"augment": recipes.load(recipe() | {"augment": list(names)}).augment}


def test_photos_are_augmented_before_other_regularisation():  # P2, P3
    made = advice(HIGH_VARIANCE, recipe(), data=photos())
    assert knobs(made) == ["data.sources", "augment", "model.l2", "model.dropout", "search"]
    assert commands(made)["augment"] == "dlx train tiny -s 'augment=[mirror,crop,colour]'"
    # digits and letters are no longer themselves in a mirror
    grey = advice(HIGH_VARIANCE, recipe(), data=photos(1))
    assert commands(grey)["augment"] == "dlx train tiny -s 'augment=[rotation,warp]'"
    assert knobs(grey) == ["data.sources", "model.l2", "model.dropout", "augment", "search"]
    table = {"kind": "table", "inputs": [{"name": "numbers", "shape": [3], "dtype": "float32"}]}
    for other in (None, table, photos(1, side=8)):  # on 8 pixels resampling blurs what there is
        assert "augment" not in knobs(advice(HIGH_VARIANCE, recipe(), data=other))


def test_few_photos_begin_from_a_network_that_has_seen_many():  # P54, P59
    few = photos() | {"sizes": {"train": 2_640}}
    made = advice(HIGH_VARIANCE, recipe(), data=few)
    assert knobs(made)[:3] == ["data.sources", "transfer.from", "augment"]
    assert commands(made)["transfer.from"] == "dlx transfer tiny --from imagenet:MobileNetV2"
    many, grey = photos() | {"sizes": {"train": 200_000}}, photos(1) | {"sizes": {"train": 2_640}}
    for other in (many, grey, photos()):
        assert "transfer.from" not in knobs(advice(HIGH_VARIANCE, recipe(), data=other))
    assert "transfer.from" not in knobs(advice(HIGH_BIAS, recipe(), data=few))


def begun(**transfer):
    return recipes.load(recipe() | {"transfer": {"from": "imagenet:MobileNet"} | transfer}).to_dict()


def test_what_is_advised_to_a_network_begun_from_another_is_what_it_has():
    """Knobs of the recipe's own builder would change nothing (P55, P56)."""
    frozen = advice(HIGH_VARIANCE, begun(depth="head"), data=photos())
    assert knobs(frozen) == ["data.sources", "transfer.depth", "augment", "transfer.dropout", "search"]
    assert commands(frozen)["transfer.depth"] == "dlx train tiny -s transfer.depth=2"
    tuned = advice(HIGH_VARIANCE, begun(), data=photos())
    assert knobs(tuned) == ["data.sources", "augment", "transfer.depth", "transfer.dropout", "search"]
    assert commands(tuned)["transfer.depth"] == "dlx train tiny -s transfer.depth=all"
    every = advice(HIGH_VARIANCE, begun(depth="all", dropout=0.5), data=photos())
    assert knobs(every) == ["data.sources", "augment", "search"]
    assert knobs(advice(HIGH_BIAS, begun(depth="head")))[0] == "transfer.depth"
    assert not [k for k in knobs(advice(HIGH_BIAS, begun(depth="all"))) if k.startswith("model.")]


def test_one_augmentation_after_the_other_and_what_was_set_stays():
    kept = with_augment("mirror", {"name": "crop", "least": 0.5}, "colour")
    command = "dlx train tiny -s 'augment=[mirror,crop]' -s train.epochs=9"
    made = commands(advice(HIGH_VARIANCE, kept, command, data=photos()))["augment"]
    assert made == "dlx train tiny -s train.epochs=9 -s 'augment=[mirror,{name: crop, least: 0.5},colour,cutout]'"
    override = shlex.split(made)[-1]
    assert recipes.load(kept, [override]).augment[1] == {"name": "crop", "least": 0.5, "aspect": 1.25}
    every = with_augment("mirror", "crop", "colour", "cutout", "rotation", "pca_colour")
    assert "augment" not in knobs(advice(HIGH_VARIANCE, every, data=photos()))


def test_synthesis_of_images_is_looked_at_first():  # P6, P60
    made = commands(advice(MISMATCHED, recipe(), data=photos()))["synthesis"]
    assert made == "dlx data tiny -s 'augment=[blur,noise]' --augmented"
    beside = with_augment("mirror", "noise", {"name": "overlay", "path": "a, b"})
    made = shlex.split(commands(advice(MISMATCHED, beside, data=photos()))["synthesis"])
    names = [each["name"] for each in recipes.load(beside, [made[4]]).augment]
    assert names == ["mirror", "noise", "overlay", "blur"]
    assert recipes.load(beside, [made[4]]).augment[2]["path"].endswith("a, b")
    assert commands(advice(MISMATCHED, recipe()))["synthesis"] == "dlx data tiny"


def test_an_augmentation_is_written_as_people_write_it():
    sections = with_augment({"name": "crop", "least": 0.5, "aspect": 1.25}, "colour")["augment"]
    assert written(sections) == "[{name: crop, least: 0.5},colour]"
    assert written([]) == "none"
    assert [each["name"] for each in recipes.load(recipe(), [f"augment={written(sections)}"]).augment] == [
        "crop",
        "colour",
    ]


def test_mismatch_error_analysis_similar_train_synthesis():  # P6, P24
    sources = {name: {"reader": "csv", "path": f"{name}.csv", "label": "y"} for name in ("web", "mobile")}
    made = advice(MISMATCHED, recipe(sources=sources, target="mobile", target_in_train=0))
    assert knobs(made) == ["error analysis", "data.target_in_train", "synthesis"]
    assert commands(made)["data.target_in_train"] == "dlx train tiny -s data.target_in_train=0.5"
    given = advice(MISMATCHED, recipe(sources=sources, target="mobile"))
    assert knobs(given) == ["error analysis", "data.sources", "synthesis"]


@pytest.mark.parametrize(("share", "advised"), [(0, True), (0.5, True), (1, False), (None, False)])
def test_all_of_the_targets_own_train_part_may_go_into_train(share, advised):  # dev and test stay what they are
    sources = {name: {"reader": "csv", "path": f"{name}.csv", "label": "y"} for name in ("web", "mobile")}
    made = advice(MISMATCHED, recipe(sources=sources, target="mobile", target_in_train=share, split="own"))
    assert commands(made).get("data.target_in_train") == (
        "dlx train tiny -s data.target_in_train=1" if advised else None
    )


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("auto", "{dev: 2000, test: 1000}"),
        ({"train": 0.8, "dev": 0.1, "test": 0.1}, "{dev: 0.2, test: 0.1}"),
        ({"dev": 500, "test": 400}, "{dev: 1000, test: 400}"),
    ],
)
def test_overfitting_to_dev_gets_a_bigger_dev_set(split, expected):  # P7
    made = advice(OVERFITTED, recipe(split=split), human=0.001, n=1000)
    assert knobs(made) == ["data.split"]
    assert shlex.split(made.actions[0].command)[-1] == f"data.split={expected}"


def test_a_split_of_ones_own_cannot_be_cut_anew():
    made = advice(OVERFITTED, recipe(split="own"), human=0.001, n=1000)
    assert commands(made) == {"data.split": "dlx data tiny"}


def test_both_high_bigger_regularised_first_then_bias_then_variance():  # P4, P5
    made = advice(BOTH, recipe())
    assert knobs(made)[:2] == ["model.units", "search"]
    assert made.actions[0].command == "dlx train tiny -s 'model.units=[256,256]' -s model.l2=0.0001"
    assert knobs(made).index("train.epochs") < knobs(made).index("data.sources") < knobs(made).index("model.l2")


def test_what_the_recipe_does_already_is_not_advised():
    assert "train.optimizer" not in knobs(advice(HIGH_BIAS, recipe(train={"optimizer": "adam"})))
    strong = recipe(model={"builder": "mlp", "units": [8], "l2": 0.01, "dropout": 0.5, "batch_norm": True})
    assert knobs(advice(HIGH_VARIANCE, strong)) == ["data.sources", "search"]
    assert "model.batch_norm" not in knobs(advice(HIGH_BIAS, strong))


def test_weak_regularisation_is_raised():
    some = recipe(model={"builder": "mlp", "units": [8, 8], "l2": 1e-4, "dropout": [0.0, 0.4]})
    found = commands(advice(HIGH_VARIANCE, some))
    assert found["model.l2"].endswith("model.l2=0.001")
    assert shlex.split(found["model.dropout"])[-1] == "model.dropout=[0.2,0.5]"


def test_early_stopping_is_switched_off_to_train_longer():
    found = commands(advice(HIGH_BIAS, recipe(train={"epochs": 10, "early_stopping": 3})))
    assert found["train.epochs"] == "dlx train tiny -s train.epochs=20 -s train.early_stopping=null"


def test_a_builder_without_knobs_is_given_only_what_it_takes():
    linear = recipe(model={"builder": "linear"})
    assert knobs(advice(HIGH_VARIANCE, linear)) == ["data.sources", "search"]
    assert shlex.split(advice(HIGH_BIAS, linear).actions[0].command)[-1] == "model={builder: mlp, units: [64]}"


def test_networks_grow_by_what_they_have():
    lenet = recipe(model={"builder": "lenet5"})
    words = shlex.split(advice(HIGH_BIAS, lenet).actions[0].command)
    assert words[3:] == ["-s", "model.filters=[12,32]", "-s", "model.units=[240,168]"]
    wide = recipe(model={"builder": "mlp", "units": [2048]})
    assert shlex.split(advice(HIGH_BIAS, wide).actions[0].command)[-1] == "model.units=[2048,2048]"


def test_a_users_own_builder_is_judged_by_its_keys():
    own = recipe()
    own["model"] = {"builder": "mine.models:build", "width": 32, "rate": 0.1}
    made = advice(HIGH_BIAS, own)
    assert made.actions[0].command == "dlx train tiny -s model.width=64"
    assert "model.l2" not in knobs(advice(HIGH_VARIANCE, own))


def test_earlier_overrides_are_kept_or_replaced():
    command = "dlx train tiny -s 'model.units=[128, 128]' -s train.epochs=10 --seed 3"
    made = advice(HIGH_BIAS, recipe(train={"epochs": 10}), command=command)
    assert shlex.split(commands(made)["train.epochs"])[3:] == [
        "-s",
        "model.units=[128, 128]",
        "--seed",
        "3",
        "-s",
        "train.epochs=20",
    ]
    assert shlex.split(made.actions[0].command)[3:] == [
        "-s",
        "train.epochs=10",
        "--seed",
        "3",
        "-s",
        "model.units=[256,256]",
    ]


def test_paths_with_spaces_are_quoted():
    made = advice(HIGH_BIAS, recipe(), command="dlx train 'my recipes/a b.yaml'")
    assert shlex.split(made.actions[0].command)[2] == "my recipes/a b.yaml"


def test_a_missing_train_dev_set_is_carved():  # P9
    different = {"different_sources": True}
    words = advice({"train": 0.01, "dev": 0.1}, None, **different)
    assert knobs(words) == ["train-dev set"]
    own = advice({"train": 0.01, "dev": 0.1}, recipe(split="own"), **different)
    assert own.actions[0].command == "dlx train tiny -s data.split=auto"
    sized = advice({"train": 0.01, "dev": 0.1}, recipe(split={"dev": 0.1, "test": 0.1}), **different)
    assert sized.actions[0].command == "dlx train tiny -s data.split.train_dev=0.1"


def test_beyond_the_human_figure_people_are_asked():  # P10, P11
    made = advice({"train": 0.01, "dev": 0.015}, recipe(), human=0.02)
    assert (made.verdict.status, knobs(made)) == ("undetermined", ["human", "dev set"])


def test_good_enough_is_confirmed_on_test_once():
    good = {"n": 10_000, "target": 0.1}
    assert knobs(advice({"train": 0.01, "dev": 0.02}, recipe(), **good)) == ["test set", "deployment"]
    assert knobs(advice({"train": 0.01, "dev": 0.02, "test": 0.02}, recipe(), **good)) == ["deployment"]


def test_undecided_gives_what_serves_both_and_what_would_decide():
    errors = {"train": 0.03, "train_dev": 0.06, "dev": 0.08}
    made = advice(errors, recipe(), human=0.01, n=1000)
    assert made.verdict.status == "undecided"
    assert {"data.sources", "train-dev set", "dev set"} <= set(knobs(made))
    assert f"{made.verdict.n_needed:,} dev examples" in next(a.reason for a in made.actions if a.knob == "dev set")


def test_an_assumed_human_level_is_to_be_measured():  # P13
    assert knobs(advice(HIGH_BIAS, recipe(), human=None))[-1] == "human"
    assert "human" not in knobs(advice(HIGH_BIAS, recipe()))


def test_a_model_no_better_than_the_baseline_is_said_first():
    made = advice(HIGH_BIAS, recipe(), baseline=0.16)
    assert made.verdict.reason.startswith("The model is no better on dev (16 %) than a trivial baseline (16 %).")
    assert made.actions[0].command == "dlx train tiny -s train.learning_rate=0.0001"
    assert "baseline" not in advice(HIGH_BIAS, recipe(), baseline=0.5).verdict.reason


def _situations():
    plain, other = {}, {"optimizer": "momentum", "early_stopping": 5}
    models = [({"builder": "mlp"}, plain), ({"builder": "linear"}, other), ({"builder": "lenet5"}, plain)]
    models.append(({"builder": "convnet", "units": [32]}, other))
    splits = ["auto", {"dev": 0.2, "test": 0.1}]
    ladders = [HIGH_BIAS, HIGH_VARIANCE, BOTH, MISMATCHED, OVERFITTED, {"train": 0.03, "train_dev": 0.06, "dev": 0.08}]
    return itertools.product(models, splits, ladders, (None, 1000), (False, True))


def test_every_command_runs_as_it_stands():
    """Each is a known command; each override loads, changes the recipe, and changes what the knob says."""
    tried = set()
    for (model, train), split, errors, n, different in _situations():
        resolved = recipe(model=model, train=train, split=split)
        made = advice(errors, resolved, human=0.005, n=n, different_sources=different)
        assert made.actions
        assert len(set(knobs(made))) == len(made.actions)
        for action in made.actions:
            words = shlex.split(action.command)
            assert words[0] == "dlx"
            assert words[1] in COMMANDS, action
            case = (model["builder"], str(split), action.command)
            if words[1] == "train" and case not in tried:
                changed = recipes.load(resolved, [word for word in words[3:] if word != "-s"]).to_dict()
                assert Settings(changed).get(action.knob) != Settings(resolved).get(action.knob), action
                tried.add(case)
    assert len(tried) > 50


def test_bare_numbers_get_words():
    made = dlx.ladder(human=0, train="15%", dev="16%")
    assert knobs(made) == [
        "bigger network",
        "train longer",
        "better optimizer",
        "other architecture",
        "hyperparameter search",
    ]
    assert {action.command for action in made.actions} == {""}
    assert all(action.reason.endswith(".") for action in made.actions)


def test_a_gap_below_zero_is_not_to_be_closed():
    """Rule P14: dev error below train error is accepted; more data or regularisation would be the wrong advice."""
    from dlx.strategy.ladder import ladder

    found = ladder(human=0.01, train=0.01, dev=0.005)
    assert found.gap("variance").value == -0.005
    knobs = {action.knob for action in found.actions}
    assert "test set" in knobs
    assert not any("more" in action.reason.lower() and "data" in action.reason.lower() for action in found.actions)
