"""From votes to human level: errors with intervals, agreement, the Bayes error, and the model beside people."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from dlx.humans._ballots import Ballots
from dlx.humans._reference import Reference
from dlx.humans._result import GroupLevel, Kappa, Model, PersonLevel
from dlx.humans._rows import class_counts, decisions, people_rows
from dlx.resolution import needed
from dlx.scores import difference
from dlx.strategy.agreement import cohen, fleiss
from dlx.strategy.bayes_error import soft_label_error
from dlx.strategy.crossed import crossed_rung
from dlx.strategy.human import proxy
from dlx.strategy.intervals import mean_rung
from dlx.strategy.krippendorff import Alpha, alpha, counts_of
from dlx.strategy.paired import mcnemar_mid_p
from dlx.strategy.panels import panel_error
from dlx.strategy.rungs import HumanFigure, Rung

__all__ = ["human_level"]

#: Panels of so many votes are looked at.
_PANELS = (1, 3, 5, 7, 9, 15, 25, 51)


def human_level(
    reference: Reference,
    votes: Ballots,
    *,
    model: tuple[str, pd.DataFrame] | None = None,
    scale: str | None = None,
    label_votes: int | None = None,
    seed: int = 0,
) -> tuple[tuple[GroupLevel, ...], tuple[PersonLevel, ...]]:
    """All groups, the one that stands for human level first, and all people.

    Args:
        reference: dev with its labels.
        votes: what people say.
        model: a model's name and its rows on dev (``id``, ``error``), to be compared with people.
        scale: of the answers, for α: nominal, ordinal, interval or ratio; None takes interval for numbers, else
            nominal.
        label_votes: votes behind one label of the data: a panel of so many is looked at as well.
        seed: of resamples.

    Raises:
        UserError: an unknown scale.
    """
    groups, people = [], []
    for group in votes.groups:
        mine = votes.of(group)
        persons = _people(reference, group, mine)
        found = _group(reference, group, mine, scale, label_votes, seed)
        if found is None:
            continue
        if model is not None:
            found = replace(found, against=_against(reference, mine, *model))
        groups.append(found)
        people += persons
    return _ranked(groups, reference.bounded), tuple(sorted(people, key=lambda p: (p.group, p.level.error, p.person)))


def _people(reference: Reference, group: str, mine: pd.DataFrame) -> list[PersonLevel]:
    made = []
    for person, part in mine[mine["person"] != ""].groupby("person", sort=True):
        said = people_rows(reference, part)
        if len(said.rows):
            made.append(PersonLevel(str(person), group, _rung(reference, said.rows), said.unsure))
    return made


def _rung(reference: Reference, rows: pd.DataFrame) -> Rung:
    return mean_rung(
        "human", rows["error"], size=rows["size"], weight=rows["weight"], groups=_clusters(rows),
        bounded=reference.bounded,
    )  # fmt: skip


def _clusters(rows: pd.DataFrame) -> pd.Series | None:
    return rows["group"] if rows["group"].notna().any() else None


def _group(
    reference: Reference, group: str, mine: pd.DataFrame, scale: str | None, label_votes: int | None, seed: int
) -> GroupLevel | None:
    decided = decisions(reference, mine)
    if not len(decided.rows):
        return None
    said = mine[(mine["label"] != "").to_numpy()]
    known = (mine["person"] != "").all()
    n_people = int(mine["person"].nunique()) if known else None
    each = said.groupby("id")["n"].sum()
    counts = None
    if reference.answers.task == "classification":
        counts = class_counts(said, list(each.index), reference.answers.labels)
    return GroupLevel(
        group,
        n_people,
        examples=int(mine["id"].nunique()),
        votes=int(mine["n"].sum()),
        votes_per_label=float(each.median()) if len(each) else 0.0,
        level=_rung(reference, decided.rows),
        one=_one(reference, mine, seed) if known and n_people > 1 else None,
        by_votes=_by_votes(reference, counts, each, label_votes),
        ties=decided.ties,
        unsure=decided.unsure,
        alpha=_alpha(reference, said, scale, seed),
        kappa=_kappa(said, counts, n_people) if counts is not None else None,
        bayes=soft_label_error(counts) if counts is not None and len(counts) else None,
    )


def _one(reference: Reference, mine: pd.DataFrame, seed: int) -> Rung:
    """The error of one person, with people and examples as samples."""
    parts = [
        people_rows(reference, part).rows.assign(person=person) for person, part in mine.groupby("person", sort=True)
    ]
    rows = pd.concat(parts, ignore_index=True)
    items = rows["id"] if _clusters(rows) is None else rows["group"].where(rows["group"].notna(), rows["id"])
    return crossed_rung(
        "human", rows["error"], people=rows["person"], items=items.astype(str), weight=rows["size"] * rows["weight"],
        bounded=reference.bounded, seed=seed,
    )  # fmt: skip


def _by_votes(reference, counts: np.ndarray | None, each: pd.Series, label_votes: int | None):
    """Errors of panels of fewer people, as far as all examples have enough votes."""
    if counts is None or not len(each) or each.max() < 2:
        return ()
    dev = reference.dev
    rows = dev.iloc[dev.index.get_indexer(each.index)]
    truth = pd.Index(reference.answers.labels).get_indexer(rows["y_true"])
    weight = rows["weight"].to_numpy(float)
    sizes = sorted({*_PANELS, *([label_votes] if label_votes else [])})
    return tuple(
        (size, float(np.average(panel_error(counts, truth, size), weights=weight)))
        for size in sizes
        if size <= each.min()
    )


def _alpha(reference: Reference, said: pd.DataFrame, scale: str | None, seed: int) -> Alpha | None:
    task = reference.answers.task
    if not len(said):
        return None
    items, labels = said["id"].repeat(said["n"]), said["label"].repeat(said["n"])
    if task == "multilabel":  # each label of each example is something to agree on
        lists = [reference.answers.bits(label) for label in labels]
        items = [f"{i}\n{k}" for i, row in zip(items, lists, strict=True) for k in range(len(row))]
        labels = [value for row in lists for value in row]
    numeric = task == "regression" or scale in ("interval", "ratio", "ordinal")
    answers = pd.to_numeric(pd.Series(list(labels)), errors="coerce") if numeric else pd.Series(list(labels))
    if numeric and answers.isna().any():  # classes that are words: their order is that of the task
        answers = pd.Series(pd.Index(reference.answers.labels).get_indexer(list(labels)))
    counts, values = counts_of(list(items), answers.to_numpy())
    default = "interval" if task == "regression" else "nominal"
    found = alpha(counts, values if numeric else None, scale=scale or default, seed=seed)
    return found if found.items else None


def _kappa(said: pd.DataFrame, counts: np.ndarray, n_people: int | None) -> Kappa | None:
    """Cohen's κ of two people on what both labelled; Fleiss' of several with equally many votes."""
    people = sorted(said["person"].unique())
    if n_people == 2 and len(people) == 2:
        wide = said.pivot(index="id", columns="person", values="label").dropna()
        if not len(wide):
            return None
        found = cohen(wide[people[0]].tolist(), wide[people[1]].tolist())
        return None if found.kappa is None else Kappa("cohen", found.kappa, found.low, found.high, found.n)
    each = counts.sum(axis=1)
    if len(counts) and each.min() >= 2 and (each == each[0]).all():
        value = fleiss(counts.astype(int))
        return None if value is None else Kappa("fleiss", value, None, None, len(counts))
    return None


def _against(reference: Reference, mine: pd.DataFrame, predictor: str, rows: pd.DataFrame) -> Model | None:
    """The model and the group on the examples that both judged."""
    decided = decisions(reference, mine).rows
    place = pd.Index(rows["id"]).get_indexer(decided["id"])
    people = decided[place >= 0]
    if not len(people):
        return None
    model, human = rows["error"].to_numpy(float)[place[place >= 0]], people["error"].to_numpy(float)
    scale = (people["weight"] * people["size"]).to_numpy(float)
    groups = _clusters(people)
    found = difference(model, human, scale=scale, groups=groups)
    made = Model(
        predictor, found.n, float(np.average(human, weights=scale)), float(np.average(model, weights=scale)),
        found.value, found.low, found.high,
    )  # fmt: skip
    if found.cells is None:
        return made
    _, only_human, only_model, _ = found.cells
    more = None
    if found.value and found.low is not None and found.low <= 0 <= found.high:
        wanted = math.ceil(needed(abs(found.value), (only_human + only_model) / found.n))
        more = wanted if wanted > found.n else None
    return replace(
        made, p=mcnemar_mid_p(only_model, only_human), only_human_wrong=only_human, only_model_wrong=only_model,
        n_needed=more,
    )  # fmt: skip


def _ranked(groups: list[GroupLevel], bounded: bool) -> tuple[GroupLevel, ...]:
    """The groups by what they say of the least possible error: the lowest upper limit, panels before one person."""
    left, ranked = list(groups), []
    while left:
        figures = [
            HumanFigure(
                g.group, g.level.error, n=g.level.n, n_annotators=g.people, low=g.level.low, high=g.level.high,
                basis="measured",
            )
            for g in left
        ]  # fmt: skip
        best = proxy(figures, bounded=bounded)
        ranked.append(left.pop([g.group for g in left].index(best.group)))
    return tuple(ranked)
