"""What a user should know about a split before trusting its numbers (rules P9, P21, P23)."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["left_out", "moved", "warnings"]


def left_out(part: np.ndarray, said: int = 0) -> list[str]:
    """A note on examples that are in no part, if there are more than another note has ``said``."""
    missing = int(sum(p is None for p in part)) - said
    why = "the sizes asked for are smaller than the data, or they are of the target and train has a copy"
    return [f"{missing:,} examples are in no part: {why}"] if missing else []


def warnings(examples: pd.DataFrame, part: np.ndarray, target: str | None) -> list[str]:
    """One sentence each."""
    source = examples["source"].to_numpy(object)
    of = {name: source[part == name] for name in ("train", "train_dev", "dev", "test")}
    found = []
    if not len(of["test"]):
        found.append(
            "no test set: once a model is chosen by dev, dev's error is no unbiased estimate (allowed, discouraged)"
        )
    elif set(of["dev"]) != set(of["test"]):
        found.append(f"dev holds {_names(of['dev'])}, test holds {_names(of['test'])}: they should be alike")
    if not len(of["train_dev"]) and set(of["train"]) != set(of["dev"]):
        found.append("train's sources differ from dev's and there is no train-dev set: variance cannot be named")
    names, counts = np.unique(of["dev"].astype(str), return_counts=True)
    if target is None and len(names) > 1:
        share = ", ".join(f"{count:,} {name}" for name, count in zip(names, counts, strict=True))
        found.append(f"dev mixes sources ({share}): if one of them is what the model is for, set data.target")
    return found + _unseen(examples["y"], part)


def moved(table: pd.DataFrame, earlier: pd.DataFrame) -> int:
    """Examples, known by content, that the earlier split had in another part."""
    before = earlier.drop_duplicates("content").set_index("content")["split"]
    was = table["content"].map(before)
    now = table["split"]
    return int((was.notna() & now.notna() & (was != now)).sum())


def _unseen(y: pd.Series, part: np.ndarray) -> list[str]:
    if not y.map(type).eq(str).all():
        return []
    labels = y.to_numpy(object)
    if len(set(labels)) * 5 > len(labels):  # numbers written without a fraction: ages, prices
        return []
    seen = set(labels[part == "train"])
    found = []
    for name in ("dev", "test"):
        if unseen := sorted(set(labels[part == name]) - seen):
            found.append(f"{len(unseen)} classes are in {name} but not in train: {_some(unseen)}")
    if unjudged := sorted(seen - set(labels[part == "dev"])):
        found.append(
            f"{len(unjudged)} classes are in train but not in dev, so their errors are not seen: {_some(unjudged)}"
        )
    return found


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def _names(sources: np.ndarray) -> str:
    return " and ".join(sorted(set(map(str, sources))))
