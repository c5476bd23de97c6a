"""A desk on which examples are labelled blind: no label, no prediction, no name or neighbour that tells them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.desk import Exhibit, Exhibits, Item, NoExhibits, VoteDesk
from dlx.desk.opening import open_desk
from dlx.errors import UserError
from dlx.humans._result import Asked, HumanLevel
from dlx.humans._sample import key_of
from dlx.humans._view import tables
from dlx.tagging.vote_sheet import CANNOT_TELL, VoteRow, write_votes
from dlx.tagging.votes import VoteLog

if TYPE_CHECKING:
    from dlx.pipeline.subjects import Subject

__all__ = ["Blind", "ask", "desk", "nearest_neighbour_bound", "sheet", "unseen"]


class Blind:
    """Exhibits without what could tell the label: captions (a path may name the class) and the nearest neighbour."""

    def __init__(self, shown: Exhibits):
        self._shown = shown

    def ready(self) -> bool:
        return self._shown.ready()

    def example(self, example: str) -> Exhibit:
        made = self._shown.example(example)
        if made.kind == "none":  # the reason may hold a path
            return replace(made, text="This example cannot be shown (--images FOLDER names the folder of pictures).")
        return replace(made, text="", label="") if made.kind in ("image", "audio") else replace(made, label="")

    def neighbour(self, example: str) -> Exhibit | None:
        return None


def desk(about: Subject, asked: Asked, log: VoteLog, person: str, group: str) -> VoteDesk:
    """The sample, blind, for one person.

    Args:
        about: the data.
        asked: the sample.
        log: where votes are kept.
        person: who labels.
        group: whom they belong to.
    """
    answers = about.reference.answers
    items = [Item(_name(about, example), example) for example in asked.ids]
    facts = {"group": group, "sample": f"{len(asked.ids)} of {asked.n_dev}, seed {asked.seed}"}
    return VoteDesk(
        items,
        log,
        person,
        labels=answers.labels,
        title=f"Human level on {about.data}",
        question=answers.question,
        exhibits=Blind(about.exhibits),
        key={item.id: item.example for item in items},
        facts={item.id: facts for item in items},
        form=answers.form,
    )


def ask(made: VoteDesk, front: str, level: Callable[[], HumanLevel], options: Mapping[str, Any]) -> None:
    """Open the desk and wait until the person is done.

    Args:
        made: the desk.
        front: ``page`` or ``terminal``.
        level: what is known when the person has finished.
        options: of :func:`dlx.desk.page.serve`.

    Raises:
        UserError: as :func:`dlx.desk.opening.open_desk`.
    """
    open_desk(made, front, summary=lambda: _summary(level()), **options)


def _summary(found: HumanLevel) -> dict[str, Any]:
    """What the page shows at the end: counts, and errors of groups, but no label of any example."""
    lines = [reason for reason, command in found.steps if not command]
    commands = [command for _, command in found.steps if command]
    return {"headline": f"Human level on {found.data}", "lines": lines, "next": commands} | tables(found)


def sheet(about: Subject, asked: Asked, log: VoteLog, person: str, path: Path) -> list[str]:
    """Write one person's blind sheet, with what they have said already; returns notes.

    Raises:
        UserError: a place that cannot be written to.
        DlxError: the disk is full.
    """
    if not path.absolute().parent.is_dir():
        raise UserError("no such folder to write to", value=str(path.parent), where="--export")
    said, shown, rows, kinds = log.votes(), Blind(about.exhibits), [], set()
    for example in asked.ids:
        seen, vote = shown.example(example), said.get((example, person))
        kinds.add(seen.kind)
        rows.append(
            VoteRow(
                _name(about, example),
                image=seen.media if seen.kind == "image" else None,
                text="" if seen.kind == "none" else seen.text,
                row=seen.row,
                label="" if vote is None else vote.label or CANNOT_TELL,
                comment="" if vote is None else str(vote.facts.get("comment", "")),
            )
        )
    answers = about.reference.answers
    notes = write_votes(rows, path, labels=answers.labels, form=answers.form, title=about.data)
    command = shlex.join(["dlx", "human", about.what, "--import", str(path), "--person", person])
    return [
        *notes, *unseen(kinds, path),
        f"{answers.question} Fill in the column label ({CANNOT_TELL} for cannot tell), then: {command}",
    ]  # fmt: skip


def unseen(kinds: set[str], path: Path) -> list[str]:
    """What to say where a sheet cannot show all of its examples."""
    if "none" in kinds:
        return ["Some examples cannot be shown: look them up by their ids (--images FOLDER shows pictures)."]
    if "audio" in kinds or ("image" in kinds and path.suffix.lower() != ".xlsx"):
        return ["This sheet shows no pictures or sounds: export an .xlsx for pictures, or label in the page."]
    return []


def _name(about: Subject, example: str) -> str:
    """What an example is called: its id only where there is nothing else to go by."""
    return example if isinstance(about.exhibits, NoExhibits) else key_of(example)


def nearest_neighbour_bound(features: Path | None) -> float | None:
    """The bound of Cover and Hart from the features of a run, dev against train; None where there are none."""
    import numpy as np

    from dlx.strategy.bayes_error import cover_hart

    if features is None or not features.exists():
        return None
    with np.load(features) as kept:
        split, y, x = kept["split"], kept["y"], kept["features"].astype("float32")
    train, dev = split == "train", split == "dev"
    classes = len(np.unique(y[train]))
    if classes < 2 or classes > 0.5 * train.sum() or not dev.any():
        return None  # numbers or lists, not classes
    from sklearn.neighbors import KNeighborsClassifier

    try:
        wrong = KNeighborsClassifier(1).fit(x[train], y[train]).predict(x[dev]) != y[dev]
    except ValueError as error:
        raise UserError("the run's features cannot be compared", where=str(features)) from error
    return cover_hart(float(wrong.mean()), classes)
