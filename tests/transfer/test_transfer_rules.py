"""Depth by amount of data (P55), whether it makes sense (P54), and what a recipe may say of it; no model is built."""

from __future__ import annotations

import json

import pytest

from dlx.errors import UserError
from dlx.recipe import load
from dlx.search import default_space
from dlx.strategy.transfer_sense import makes_sense, probed, sense
from dlx.transfer import depth


def test_the_more_data_the_more_of_the_network_is_trained():
    """P55: tiny, medium, large; a new head is always trained."""
    trained = [depth("auto", n, 1_281_167).blocks for n in (10, 999, 1_000, 9_999, 10_000, 1_000_000)]
    assert trained == [0, 0, 2, 2, None, None]
    assert "scratch may do as well" in depth("auto", 2_000_000, 1_281_167).reason
    assert depth("head", 10**6, None).head_only
    assert depth(3, 10, None).blocks == 3
    assert depth("all", 10, None).blocks is None


@pytest.mark.parametrize(
    ("there", "here", "expected"),
    [
        (10_000_000, 1_000, True),  # worked example O41: pictures to X-rays
        (10_000 * 3600, 3600, True),  # hours of speech to one hour of a wake word, in seconds
        (900, 1_000, False),  # A smaller than B: not suitable
        (1_000, 1_000, False),  # as much: not suitable either (P54)
        (2_000, 1_000, True),
        (None, 1_000, None),
    ],
)
def test_more_data_is_needed_there_than_here(there, here, expected):
    assert makes_sense(sense("image", "image", there, here)) is expected


def test_twice_as_much_holds_weakly_and_another_kind_of_input_not_at_all():
    assert sense("image", "image", 2_000, 1_000)[1].holds == "weakly"
    other = sense("table", "image", 10**6, 10)
    assert other[0].holds == "no"
    assert makes_sense(other) is False


def test_features_help_where_the_interval_lies_below_zero():
    assert probed(0.4, 0.9, -0.6, -0.4, 0.95).holds == "yes"
    assert probed(0.5, 0.4, 0.05, 0.15, 0.95).holds == "no"
    assert probed(0.4, 0.41, -0.05, 0.03, 0.95).holds == "unknown"
    assert probed(0.96, 0.97, -0.05, 0.03, 0.95).holds == "no"  # no better than a constant guess


FAULTS = {
    "imagenet:MobilNet": r"did you mean imagenet:MobileNet\?",
    '"imagenet:"': "no network of that name",
    '"run:"': "which run",
    "models:thing": r"models:/NAME@ALIAS",
    "foo": "a .keras file",
    "weights.h5": "a .keras file",
}


@pytest.mark.parametrize("source", FAULTS)
def test_a_source_is_written_in_one_of_four_ways(source):
    with pytest.raises(UserError, match=FAULTS[source]):
        load("digits", [f"transfer.from={source}"])


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["transfer.from=run:x", "transfer.alpha=0.5"], "belongs to imagenet"),
        (["transfer.from=imagenet:VGG16", "transfer.alpha=0.5"], "only MobileNets have a width"),
        (["transfer.from=imagenet:InceptionV3", "transfer.size=50"], "at least 75×75"),
        (["transfer.from=imagenet:VGG16", "transfer.layer_decay=1.5"], "layer_decay"),
        (["transfer.from=imagenet:VGG16", "transfer.depht=head"], "did you mean 'depth'"),
        (["transfer.from=x.keras", "transfer.range=[1, 0]"], "value of black"),
        (["transfer.from=run:x", "transfer.depth=scratch"], "leave transfer out"),
        (["transfer.depth=head"], "from"),
    ],
)
def test_all_that_is_wrong_is_said_before_data_are_read(overrides, message):
    with pytest.raises(UserError, match=message):
        load("digits", overrides)


def test_a_resolved_recipe_loads_back_unchanged_and_paths_are_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = load("digits", ["transfer.from=imagenet:MobileNet", "transfer.weights=w.h5", "transfer.depth=2"])
    assert made.transfer["weights"] == str(tmp_path / "w.h5")
    assert load(made.to_dict()) == made
    assert load(made.to_yaml() and made.to_dict(), ["transfer=null"]).transfer is None
    assert load("digits", ["transfer.from=m.keras"]).transfer["from"] == str(tmp_path / "m.keras")
    assert load("digits").transfer is None
    json.dumps(made.to_dict())


def test_the_default_search_turns_what_a_transferred_network_has():
    """A knob of the recipe's own network would make every trial the same in it."""
    frozen = {knob.path for knob in default_space(load("digits", ["transfer.from=run:x", "transfer.depth=head"])).knobs}
    assert {"train.learning_rate", "transfer.dropout", "transfer.units"} <= frozen
    assert not [path for path in frozen if path.startswith("model.")]
    assert "transfer.learning_rate" not in frozen
    tuned = {knob.path for knob in default_space(load("digits", ["transfer.from=run:x"])).knobs}
    assert "transfer.learning_rate" in tuned
    with pytest.raises(UserError, match="did you mean"):
        load("digits", ["transfer.from=run:x", "search.transfer.dropuot={min: 0, max: 0.5}"])
