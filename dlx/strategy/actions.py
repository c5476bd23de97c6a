"""What to do next: the remedies of the gaps in focus, or what is missing to name one (rules P1–P16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dlx.strategy import remedies
from dlx.strategy.remedies import REMEDIES, Action
from dlx.strategy.settings import Settings
from dlx.strategy.sizes import grown
from dlx.strategy.verdict import Case, Verdict
from dlx.strategy.words import title

__all__ = ["Action", "next_actions"]


def next_actions(
    case: Case,
    verdict: Verdict,
    *,
    recipe: Mapping[str, Any] | None = None,
    command: str | None = None,
    curve: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> tuple[Action, ...]:
    """Actions in the order to try them.

    Args:
        case: the ladder that was judged.
        verdict: what it says.
        recipe: the resolved recipe; what it does already is not advised again.
        command: the command to complete with ``-s``; without a recipe actions are in words.
        curve: what ``dlx curve`` measured of this recipe; more data that would not help are advised last.
        data: the data report; images can be augmented.
    """
    settings = Settings(recipe, command, curve, data)
    made = {
        "decided": _decided,
        "tie": _tie,
        "undecided": _undecided,
        "need_train_dev": _need_train_dev,
        "undetermined": _undetermined,
        "good_enough": _good_enough,
    }[verdict.status](settings, case, verdict)
    first = [] if case.beats_baseline else _learn_at_all(settings)
    # with no gap above zero nothing is to be closed: what remains is the test set and the application
    found = _once([*first, *(made or _good_enough(settings, case, verdict))])
    if curve and curve.get("status") == "not_the_bottleneck":
        return tuple(sorted(found, key=lambda action: action.knob == "data.sources"))
    return found


def _decided(settings: Settings, case: Case, verdict: Verdict) -> list[Action]:
    made = [action for name in verdict.focus for action in _remedies(name, settings, case)]
    return made + (_human_level(settings, case) if "avoidable_bias" in verdict.focus else [])


def _tie(settings: Settings, case: Case, verdict: Verdict) -> list[Action]:
    """What serves both, the first gap's remedies in full, the best of the others', and what would separate them."""
    first, *others = verdict.focus
    made = _serving_both(verdict.focus, settings, case) + _remedies(first, settings, case)
    for name in others:
        made += _remedies(name, settings, case)[:2]
    return made + _separating(settings, case, verdict)


def _undecided(settings: Settings, case: Case, verdict: Verdict) -> list[Action]:
    """What serves both, the cheaper measurement that separates them, and the first remedy of each."""
    made = _serving_both(verdict.focus, settings, case) + _separating(settings, case, verdict)
    for name in verdict.focus:
        made += _remedies(name, settings, case)[:1]
    return made


def _need_train_dev(settings: Settings, case: Case, verdict: Verdict) -> list[Action]:
    text = "Hold out a train-dev set: rows of the training sources that are not trained on tell variance from mismatch"
    split = settings.get("data.split")
    if not settings.known:
        carve = Action("train-dev set", f"{text}; predict them too and give them as split train_dev (--train-dev).")
    elif isinstance(split, Mapping):
        carve = Action(
            "data.split.train_dev", f"{text}.", settings.change({"data.split.train_dev": split.get("dev", 0.1)})
        )
    elif split == "auto":
        carve = Action("data.sources", f"{text}; the automatic split found too few for one.", settings.about("data"))
    else:
        command = settings.change({"data.split": "auto"})
        carve = Action("data.split", f"{text}; the automatic split carves one.", command)
    return [carve, *(action for name in verdict.focus for action in _remedies(name, settings, case))]


def _undetermined(settings: Settings, case: Case, verdict: Verdict) -> list[Action]:
    missing = [name for name in ("train", "dev") if name not in case.rungs]
    if missing:
        return [
            Action(f"{title(name)} error", f"Measure the {title(name)} error: predict those rows too.")
            for name in missing
        ]
    beyond = "Beyond the human figure: let better or more people label what the model gets wrong, and see why."
    return [
        Action("human", beyond, _asks(settings)),
        Action("dev set", "If it fails in use all the same, change the dev set or the measure to what counts there.",
               settings.about("data")),
    ]  # fmt: skip


def _good_enough(settings: Settings, case: Case, verdict: Verdict) -> list[Action]:
    made = []
    if "test" not in case.rungs:
        text = "Confirm it on the test set, once: choosing on dev makes dev a little too good."
        made.append(Action("test set", text, settings.last("evaluate", "--on", "test")))
    text = "Put it to use; if it disappoints there, change the dev set or the measure."
    return [*made, Action("deployment", text, settings.last("export"))]


def _learn_at_all(settings: Settings) -> list[Action]:
    text = "The model has learnt nothing beyond the baseline: check labels and inputs, try another learning rate first"
    if not settings.known:
        return [Action("learning rate", f"{text}.")]
    rate = float(settings.get("train.learning_rate", 1e-3)) / 10
    return [Action("train.learning_rate", f"{text}.", settings.change({"train.learning_rate": rate}))]


def _human_level(settings: Settings, case: Case) -> list[Action]:
    """Where no figure is known, bias is only an upper bound (rule P13)."""
    if case.rungs["human"].basis != "assumed":
        return []
    figure = "1%" if case.bounded else "1"
    text = f"Label a sample of dev blind, or cite a figure (--human {figure}): if people err as much, this is no bias."
    return [Action("human", text, _asks(settings))]


def _asks(settings: Settings) -> str:
    """``dlx human last``; empty for several classes of one example, which it cannot ask for."""
    return "" if settings.get("task.name") == "multitask" else settings.last("human")


def _serving_both(focus: Sequence[str], settings: Settings, case: Case) -> list[Action]:
    pair = set(focus[:2])
    if pair == {"avoidable_bias", "variance"}:
        return _bigger_and_regularised(settings) + remedies.search(settings, case)
    if pair == {"variance", "data_mismatch"}:
        return remedies.similar_train(settings, case)
    if pair == {"avoidable_bias", "data_mismatch"}:
        return remedies.error_analysis(settings, case)
    if pair == {"variance", "overfit_to_dev"}:
        return remedies.more_data(settings, case)
    return remedies.similar_train(settings, case) if pair == {"data_mismatch", "overfit_to_dev"} else []


def _bigger_and_regularised(settings: Settings) -> list[Action]:
    """Bias falls and variance is not hurt (rule P5)."""
    text = "a bigger, regularised network lowers bias without raising variance; it costs compute only"
    if not settings.known:
        return [Action("bigger network", text[0].upper() + text[1:] + ".")]
    changes, what = grown(settings)
    if not changes:
        return []
    if settings.knobs().get("l2") == 0:
        changes, what = changes | {"model.l2": 1e-4}, f"{what}, L2 0.0001"
    return [Action(next(iter(changes)), f"{what}: {text}.", settings.change(changes))]


def _separating(settings: Settings, case: Case, verdict: Verdict) -> list[Action]:
    """The cheapest measurement that tells the gaps in focus apart."""
    made = _human_level(settings, case) if "avoidable_bias" in verdict.focus else []
    if {"variance", "data_mismatch"} <= set(verdict.focus) and "train_dev" in case.rungs:
        text = "A larger train-dev set separates variance from mismatch, and its labels are there already."
        made.append(Action("train-dev set", text, settings.about("data")))
    elif {"avoidable_bias", "variance"} <= set(verdict.focus):
        text = "Evaluate more train rows: they are there already, and the train error is part of both gaps."
        made.append(Action("train rung", text, settings.about("data")))
    if verdict.n_needed:
        have = case.rungs["dev"].n
        text = f"{verdict.n_needed:,} dev examples instead of {have:,}, the other sets growing alike, would decide."
        made.append(Action("dev set", text, settings.about("data")))
    return made


def _remedies(name: str, settings: Settings, case: Case) -> list[Action]:
    if case.measured[name].value <= 0:  # nothing to close: dev may be easier than train (rule P14)
        return []
    return [action for remedy in REMEDIES[name] for action in remedy(settings, case)]


def _once(actions: Iterable[Action]) -> tuple[Action, ...]:
    """The first action of each knob, and of each command that does something."""
    kept: dict[str, Action] = {}
    for action in actions:
        kept.setdefault(action.knob, action)
    return tuple(kept.values())
