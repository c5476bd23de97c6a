"""Remedies for each gap, in the order to try them (rules P1–P7), set against what the recipe does already.

A remedy gives its actions, or none where the recipe does it already or the builder does not take the knob.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlx.strategy.action import Action
from dlx.strategy.augmenting import augmentation, names, used
from dlx.strategy.settings import Settings
from dlx.strategy.sizes import grown
from dlx.strategy.transferring import begun, deeper, head_dropout, pretrained
from dlx.strategy.verdict import Case

__all__ = ["REMEDIES", "Action", "Remedy"]


Remedy = Callable[[Settings, Case], list[Action]]


def bigger_network(settings: Settings, case: Case) -> list[Action]:
    """Double the units or filters; a linear model gets a hidden layer; of a trained network more is trained."""
    why = "a bigger network fits train better; it costs compute, and with L2 or dropout no variance"
    if not settings.known:
        return [Action("bigger network", f"More layers or units: {why}.")]
    if begun(settings):
        return deeper(settings)
    changes, what = grown(settings)
    return [Action(next(iter(changes)), f"{what}: {why}.", settings.change(changes))] if changes else []


def train_longer(settings: Settings, case: Case) -> list[Action]:
    """Double the epochs; early stopping, which ties fit to time, is switched off for it (rule P27)."""
    if not settings.known:
        return [Action("train longer", "More epochs, without early stopping, bring train closer to what it can reach.")]
    epochs = int(settings.get("train.epochs", 30))
    changes: dict[str, Any] = {"train.epochs": 2 * epochs}
    stops = settings.get("train.early_stopping") is not None
    if stops:
        changes["train.early_stopping"] = None
    text = f"Train longer: {epochs} → {2 * epochs} epochs" + (", without early stopping" if stops else "")
    return [Action("train.epochs", f"{text}, for as long as the training loss still falls.", settings.change(changes))]


def better_optimizer(settings: Settings, case: Case) -> list[Action]:
    """Adam instead of plain descent, momentum or RMSprop, at its own learning rate."""
    if not settings.known:
        return [Action("better optimizer", "Momentum, RMSprop or Adam get further than plain gradient descent.")]
    present = settings.get("train.optimizer", "adam")
    if present in ("adam", "adamw"):
        return []
    command = settings.change({"train.optimizer": "adam", "train.learning_rate": 1e-3})
    return [Action("train.optimizer", f"A better optimizer: {present} → adam, at adam's usual learning rate.", command)]


def architecture(settings: Settings, case: Case) -> list[Action]:
    """Batch normalisation, where the builder has it and it is off."""
    if not settings.known:
        return [Action("other architecture", "An architecture known to work on such data, copied from the literature.")]
    if settings.knobs().get("batch_norm") is not False:
        return []
    text = "Another architecture: batch normalisation lets deep nets train faster and at higher learning rates."
    return [Action("model.batch_norm", text, settings.change({"model.batch_norm": True}))]


def search(settings: Settings, case: Case) -> list[Action]:
    """The learning rate first: of all hyperparameters it matters most."""
    if not settings.known:
        return [Action("hyperparameter search", "Search at random from coarse to fine, the learning rate first.")]
    text = "Search from coarse to fine: the learning rate, then batch size and units, then layers and decay."
    return [Action("search", text, settings.again("tune"))]


def more_data(settings: Settings, case: Case) -> list[Action]:
    """More training data: whether it would help is measured by ``dlx curve``, and then said instead of supposed."""
    text = "More training data lowers variance and leaves bias as it is"
    if settings.curve:
        told = settings.curve["text"].partition(". ")[0]
        return [Action("data.sources", f"More training data, measured by dlx curve: {told}.", settings.about("data"))]
    if settings.known:
        return [Action("data.sources", f"{text}: measure first whether it would help.", settings.again("curve"))]
    return [Action("more data", f"{text}; where it is costly, regularise first.")]


def regularise(settings: Settings, case: Case) -> list[Action]:
    """L2, dropout, augmentation, which for photos comes first; a stronger dose where there is some.

    On a frozen network fine-tuning comes first: its features were made for other data.
    """
    if not settings.known:
        return [Action("regularisation", "L2, dropout or data augmentation lower variance at a little bias.")]
    if begun(settings):
        frozen = settings.get("transfer.depth") == "head"
        first, then = (deeper, augmentation) if frozen else (augmentation, deeper)
        return [*first(settings), *then(settings), *head_dropout(settings)]
    knobs, made, augmented = settings.knobs(), [], augmentation(settings)
    l2 = knobs.get("l2")
    if isinstance(l2, (int, float)) and l2 < 1e-2:
        more = 1e-4 if not l2 else min(10 * float(l2), 1e-2)
        text = f"Regularise: L2 {float(l2):g} → {more:g} lowers variance at a little bias."
        made.append(Action("model.l2", text, settings.change({"model.l2": more})))
    dropout = knobs.get("dropout")
    rates = list(dropout) if isinstance(dropout, (list, tuple)) else [dropout]
    if all(isinstance(rate, (int, float)) for rate in rates) and rates and min(rates) < 0.5:
        more = [round(max(rate, min(rate + 0.2, 0.5)), 3) for rate in rates]
        more = more if isinstance(dropout, (list, tuple)) else more[0]
        text = "Regularise: dropout lowers variance; keep it lowest where the weight matrix is small."
        made.append(Action("model.dropout", text, settings.change({"model.dropout": more})))
    photos = settings.image is not None and settings.image[2] == 3
    return augmented + made if photos else made + augmented


def error_analysis(settings: Settings, case: Case) -> list[Action]:
    """Look at what dev has that train has not."""
    text = "Compare train and dev by hand: what do the wrong dev examples have that train lacks?"
    return [Action("error analysis", text, settings.last("analyze-errors"))]


def similar_train(settings: Settings, case: Case) -> list[Action]:
    """Give train its share of the target source, else collect data like dev's (rule P24)."""
    target, share = settings.get("data.target"), settings.get("data.target_in_train")
    own = (
        settings.get("data.split") == "own"
    )  # dev and test are fixed: all of the target's train part is free for train
    most, words = (1.0, "all train examples of") if own else (0.5, "half of")
    if target and share is not None and share < most:
        what = f"give {words} {target} to train" if own else f"give {words} the {target} examples to train"
        text = f"Make train more like dev: {what} ({share:.0%} now)."
        return [Action("data.target_in_train", text, settings.change({"data.target_in_train": most}))]
    text = "Make train more like dev: collect more examples of the kind that dev holds"
    return [Action("data.sources" if settings.known else "data like dev", f"{text}.", settings.about("data"))]


def synthesis(settings: Settings, case: Case) -> list[Action]:
    """Synthesise what is rare in train, with as much variety as reality has; images are looked at first."""
    text = "Synthesise training data with what dev has (noise, blur, accents), as varied as in reality"
    if settings.image is None:
        return [Action("synthesis", f"{text}.", settings.about("data"))]
    present = used(settings)
    more = [name for name in ("blur", "noise") if name not in names(present)]
    text += ", and look at it first; background and overlay mix in pictures of a folder (path:)."
    values = {"augment": [*present, *more]} if more else None
    return [Action("synthesis", text, settings.again("data", values, "--augmented"))]


def bigger_dev(settings: Settings, case: Case) -> list[Action]:
    """A bigger dev set; shares and counts of the split are doubled."""
    text = "The model was fitted to the dev set by choosing on it: get a bigger dev set"
    if not settings.known:
        return [Action("bigger dev set", f"{text}, and choose anew on that.")]
    sizes = _doubled_dev(settings, case)
    if sizes is None:
        return [Action("data.split", f"{text}; all examples are in use, so label more.", settings.about("data"))]
    text = f"{text}, and choose anew on that; train gives the examples."
    return [Action("data.split", text, settings.change({"data.split": sizes}))]


def _doubled_dev(settings: Settings, case: Case) -> dict[str, Any] | None:
    """Sizes of a split whose dev is twice as large; None where the split is the user's own or nothing is left."""
    split, dev, test = settings.get("data.split"), case.rungs.get("dev"), case.rungs.get("test")
    if isinstance(split, dict) and split.get("dev"):
        present = split["dev"]
        shares = [s for name in ("dev", "test", "train_dev") if isinstance(s := split.get(name), float)]
        if isinstance(present, float) and sum(shares) + present > 0.8:
            return None
        return {"dev": 2 * present} | {name: split[name] for name in ("test", "train_dev") if split.get(name)}
    if split == "own" or settings.get("data.target_in_train") == 0 or dev is None or test is None:
        return None
    return {"dev": 2 * dev.n, "test": test.n} if dev.n and test.n else None


#: Gap → its remedies in order. Dropout and L2 are no remedy for bias, nor a bigger network for variance.
REMEDIES: dict[str, tuple[Remedy, ...]] = {
    "avoidable_bias": (bigger_network, train_longer, better_optimizer, architecture, search),
    "variance": (more_data, pretrained, regularise, search),
    "data_mismatch": (error_analysis, similar_train, synthesis),
    "overfit_to_dev": (bigger_dev,),
}
