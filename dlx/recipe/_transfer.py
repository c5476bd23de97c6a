"""The keys of ``transfer:``: which trained network to begin from, and how much of it to train on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dlx.errors import nearest
from dlx.recipe._faults import Fault, show
from dlx.recipe._kinds import Field, checked, choice, listing, number, one_of, optional, section, text, whole

__all__ = ["APPLICATIONS", "TRANSFER", "Application", "path_in", "transfer_faults"]


class Application(NamedTuple):
    """A network of ``keras.applications``.

    Attributes:
        module: where its own ``preprocess_input`` stands.
        least: smallest side of a picture that it takes, in pixels.
        native: side of the pictures that its ImageNet weights were trained on.
    """

    module: str
    least: int
    native: int


#: What may stand behind ``imagenet:``, by Keras' names.
APPLICATIONS = {
    **{f"VGG{depth}": Application(f"vgg{depth}", 32, 224) for depth in (16, 19)},
    **{f"ResNet{depth}": Application("resnet", 32, 224) for depth in (50, 101, 152)},
    **{f"ResNet{depth}V2": Application("resnet_v2", 32, 224) for depth in (50, 101, 152)},
    "InceptionV3": Application("inception_v3", 75, 299),
    "InceptionResNetV2": Application("inception_resnet_v2", 75, 299),
    "Xception": Application("xception", 71, 299),
    "MobileNet": Application("mobilenet", 32, 224),
    "MobileNetV2": Application("mobilenet_v2", 32, 224),
    "MobileNetV3Small": Application("mobilenet_v3", 32, 224),
    "MobileNetV3Large": Application("mobilenet_v3", 32, 224),
    **{f"DenseNet{depth}": Application("densenet", 32, 224) for depth in (121, 169, 201)},
    **{
        f"EfficientNetB{scale}": Application("efficientnet", 32, native)
        for scale, native in enumerate((224, 240, 260, 300, 380, 456, 528, 600))
    },
    **{
        f"EfficientNetV2B{scale}": Application("efficientnet_v2", 32, native)
        for scale, native in enumerate((224, 240, 260, 300))
    },
}
_FORMS = "imagenet:NAME, run:RUN, models:/NAME@ALIAS or models:/NAME/VERSION (MLflow's registry), or a .keras file"


def _source(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"the source is written {_FORMS}")
    kind, colon, name = value.partition(":")
    if kind == "imagenet" and name not in APPLICATIONS:
        close = nearest(name, APPLICATIONS)
        hint = f"did you mean imagenet:{close}?" if close else f"Keras has {', '.join(APPLICATIONS)}"
        raise ValueError(f"no network of that name; {hint}")
    if kind == "run" and not name:
        raise ValueError("which run? run:last, or run: and its name")
    if kind == "models" and not (name.startswith("/") and ("@" in name or name.count("/") == 2)):
        raise ValueError("a registered model is written models:/NAME@ALIAS or models:/NAME/VERSION")
    if kind in ("imagenet", "run", "models") and colon:
        return value
    if not value.endswith(".keras"):
        raise ValueError(f"the source is written {_FORMS}")
    return value


TRANSFER = section(
    {
        "from": Field(checked(_source, {"type": "string"}), help=_FORMS),
        "weights": Field(optional(text()), None, "imagenet: a file of weights, instead of Keras' download"),
        "alpha": Field(optional(number(gt=0)), None, "imagenet:MobileNet…: factor of all numbers of channels; null: 1"),
        "size": Field(
            one_of(whole(ge=1), choice("auto", "own")),
            "auto",
            "side of the pictures inside the model; auto: smaller ones are enlarged to what the source learned from",
        ),
        "range": Field(
            optional(listing(number())),
            None,
            "a .keras file: its values of black and white: [-1, 1] …; null: 0, 255",
        ),
        "depth": Field(
            one_of(whole(ge=1), choice("auto", "head", "all", "scratch")),
            "auto",
            "trained are: head, so many of the last blocks, all; scratch: its form only; auto: by amount of data",
        ),
        "head_epochs": Field(
            one_of(whole(ge=0), choice("auto")), "auto", "of train.epochs, those for the head before fine-tuning"
        ),
        "learning_rate": Field(optional(number(gt=0)), None, "of fine-tuning; null: a tenth of train.learning_rate"),
        "layer_decay": Field(
            number(gt=0, le=1), 1.0, "the rate of each block is that of the next one nearer to the head times this"
        ),
        "units": Field(listing(whole(ge=1)), [], "hidden layers of the new head"),
        "dropout": Field(number(ge=0, lt=1), 0.2, "share of features switched off before each layer of the head"),
    }
)


def transfer_faults(data: Mapping[str, Any]) -> list[Fault]:
    """What keys of ``transfer:`` must agree on, in data that may have other faults."""
    given = data.get("transfer")
    if not isinstance(given, Mapping) or not isinstance(given.get("from"), str):
        return []
    kind, _, name = given["from"].partition(":")
    faults = []
    if kind != "imagenet":
        for key in ("weights", "alpha"):
            if given.get(key) is not None:
                faults.append(Fault(("transfer", key), f"belongs to imagenet: sources only (got {show(given[key])})"))
        span = given.get("range")
        if span is not None and not (isinstance(span, list) and len(span) == 2 and span[0] < span[1]):
            faults.append(Fault(("transfer", "range"), f"is [value of black, value of white] (got {show(span)})"))
        if span is not None and kind == "run":
            faults.append(Fault(("transfer", "range"), "is for .keras files; a run knows how its pictures were read"))
        if given.get("depth") == "scratch":
            text = "the form without the weights is for imagenet: sources; leave transfer out to train the recipe's own"
            faults.append(Fault(("transfer", "depth"), text))
    elif given.get("alpha") is not None and not name.startswith("MobileNet"):
        faults.append(Fault(("transfer", "alpha"), f"only MobileNets have a width, {name} has none"))
    size = given.get("size")
    if kind == "imagenet" and name in APPLICATIONS and isinstance(size, int) and size < APPLICATIONS[name].least:
        least = APPLICATIONS[name].least
        faults.append(Fault(("transfer", "size"), f"{name} needs at least {least}×{least} pixels (got {size})"))
    return faults


def path_in(key: str, value: Any, folder: Path) -> Any:
    """A path of ``transfer.from`` or ``transfer.weights``, relative ones from that folder; other values as they are."""
    is_file = key == "weights" or value.partition(":")[0] not in ("imagenet", "run", "models")
    return os.path.normpath(folder / Path(value).expanduser()) if is_file else value
