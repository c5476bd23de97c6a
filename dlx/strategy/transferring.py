"""A trained network as a remedy: begin from one where photos are few, and train more of it where one is begun from."""

from __future__ import annotations

from dlx.strategy.action import Action
from dlx.strategy.settings import Settings
from dlx.strategy.verdict import Case

__all__ = ["begun", "deeper", "head_dropout", "pretrained"]

#: Train examples from which a network of one's own is no longer short of data.
_FEW = 50_000


def begun(settings: Settings) -> bool:
    """Whether the recipe begins from a trained network."""
    return bool(settings.get("transfer"))


def pretrained(settings: Settings, case: Case) -> list[Action]:
    """Photos are few: begin from a network that has seen a million (rules P54 and P59)."""
    examples = ((settings.data or {}).get("sizes") or {}).get("train") or 0
    in_colour = settings.image is not None and settings.image[-1] == 3
    if begun(settings) or not in_colour or not 0 < examples < _FEW:
        return []
    text = "Begin from a network that has seen a million photos: what its first layers know serves here too."
    return [Action("transfer.from", text, settings.again("transfer", None, "--from", "imagenet:MobileNetV2"))]


def deeper(settings: Settings) -> list[Action]:
    """Train more of the source than now (rule P55), at its own low rate (rule P56)."""
    depth = settings.get("transfer.depth")
    if depth == "head":
        text = "Fine-tune: train the last two blocks of the network too, at a tenth of the learning rate."
        return [Action("transfer.depth", text, settings.change({"transfer.depth": 2}))]
    if depth in ("all", "scratch"):
        return []
    text = "Fine-tune deeper: train all layers of the network, at a tenth of the learning rate."
    return [Action("transfer.depth", text, settings.change({"transfer.depth": "all"}))]


def head_dropout(settings: Settings) -> list[Action]:
    """Dropout on the features that the new head sees."""
    rate = float(settings.get("transfer.dropout") or 0.0)
    if rate >= 0.5:
        return []
    more = round(min(rate + 0.2, 0.5), 3)
    text = "Regularise: dropout on the features before the new head lowers variance."
    return [Action("transfer.dropout", text, settings.change({"transfer.dropout": more}))]
