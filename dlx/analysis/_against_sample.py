"""The sample of a run that is held against an earlier one: old errors with their tags, and new ones apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlx.analysis._against import Against, Rows, compare
from dlx.analysis._sampling import AGAINST, Settings, Subject, read_rows, saved
from dlx.errors import UserError
from dlx.predictions import Predictions
from dlx.tagging.frozen import Sample, load
from dlx.tagging.sample import eyeball, ranks
from dlx.tagging.state import State
from dlx.tagging.wrong import Wrong, wrong

__all__ = ["against"]

#: Ways to sample of which what is left is a random sample of all that are left.
_PLAIN = ("random", "given")
#: The strata.
NEW, OLD = "the new ones", "the old ones"


def against(about: Subject, earlier: Subject, state: State, asked: Settings) -> tuple[Sample, Against]:
    """Compare with an earlier run, and draw the sample of the later one: old and new errors apart.

    Args:
        about: the later run or file.
        earlier: the earlier one.
        state: what the log says.
        asked: how to sample; the eyeball part is that of either run's sample where it is not said.

    Raises:
        UserError: no examples in common, or predictions at fault.
    """
    known, before = (load(each.path) if each.path.exists() else None for each in (about, earlier))
    settings = _wanted(asked, known, before) | {"against": earlier.name}
    part, found, predictor = read_rows(about, settings)
    past, other, _ = read_rows(earlier, settings | {"predictor": None})
    if not part["id"].isin(set(past["id"])).any():
        raise UserError(
            "the two have no examples in common", value=[about.what, earlier.what], where="--against",
            hint="Were they made from the same data, with the same ids?",
        )  # fmt: skip
    old = wrong(past, other.task, asked.threshold)
    relative = asked.threshold is None and found.task not in ("classification", "multilabel", "multitask")
    bad = wrong(part, found.task, old.threshold if relative else asked.threshold)
    now, then = Rows(part, bad.rows), Rows(past, old.rows)
    sample = known if known is not None and _is_this(known, about, settings) else None
    if sample is None:
        still = None if before is None or before.by not in _PLAIN else before.errors["id"].tolist()
        sample = _drawn(about, part, bad, then.wrong, found, predictor, still=still, settings=settings)
    names = (about.name, earlier.name)
    return sample, compare(now, then, state, names=names, share=settings["eyeball"], sample=sample)


def _wanted(asked: Settings, known: Sample | None, before: Sample | None) -> dict[str, Any]:
    """What was asked for, over an earlier comparison's settings, over the defaults."""
    same = known if known is not None and known.by == AGAINST else None
    parts = [sample.options.get("eyeball") for sample in (known, before) if sample is not None]
    part = next((part for part in parts if part), 1.0)
    return asked.over({"eyeball": part} | ({} if same is None else {"n": same.n, "seed": same.seed}))


def _is_this(known: Sample, about: Subject, settings: dict[str, Any]) -> bool:
    """Whether a sample is the one that would be drawn now."""
    same = all(known.options.get(name) == settings[name] for name in ("against", "eyeball", "threshold", "predictor"))
    frozen = (known.by, known.n, known.seed, known.split) == (AGAINST, *(settings[k] for k in ("n", "seed", "split")))
    return same and frozen and known.stamp == about.stamp


def _drawn(
    about: Subject, part: pd.DataFrame, bad: Wrong, then: pd.Series, found: Predictions, predictor: str, *,
    still: list[str] | None, settings: dict[str, Any],
) -> Sample:  # fmt: skip
    """The sample of a run that is held against an earlier one, in two strata.

    Errors that the earlier run made too are those of its random sample that are left, which is a random sample of all
    that are left; they bring their tags with them. New errors are drawn.

    Args:
        about: the later run.
        part: its rows.
        bad: which of them are errors.
        then: id → whether the earlier run got it wrong.
        found: the later run's predictions.
        predictor: whose.
        still: errors in the earlier run's sample; None where that tells nothing.
        settings: n (new errors to draw), seed, split, eyeball, threshold …, and ``against``.
    """
    old = bad.rows & part["id"].isin(set(then.index[then.to_numpy(bool)])).to_numpy()
    new = bad.rows & ~old
    share = settings.get("eyeball") or 1.0
    open_ = eyeball(part["id"], share) if share < 1 else np.ones(len(part), bool)
    rank = ranks(part["id"], settings["seed"])
    drawn = np.flatnonzero(new & open_)
    drawn = drawn[np.argsort(rank[drawn], kind="stable")[: settings["n"]]]
    left = np.flatnonzero(old & part["id"].isin(set(still or ())).to_numpy())
    chosen_rows = np.concatenate([drawn, left[np.argsort(rank[left], kind="stable")]])
    totals = {NEW: int(new.sum()), OLD: int(old.sum())}
    stratum = np.where(new[chosen_rows], NEW, OLD)
    shares = [len(drawn) / max(totals[NEW], 1), len(left) / max(totals[OLD], 1)]
    table = part.iloc[chosen_rows].assign(
        kind="error", stratum=stratum, p_inclusion=np.where(stratum == NEW, *shares),
        example=part["id"].iloc[chosen_rows].to_numpy(),
    )  # fmt: skip
    kept = {name: size for name, size in totals.items() if size}
    return saved(about, settings | {"by": AGAINST}, table, kept, part, bad, found, predictor)
