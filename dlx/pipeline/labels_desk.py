"""The desk, and the sheet, on which labels are audited: blind unless it is asked to be open."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.desk import Exhibits, Item, NoExhibits, VoteDesk
from dlx.desk.opening import open_desk
from dlx.humans._answers import Answers
from dlx.humans._imports import take
from dlx.humans._sample import key_of
from dlx.labelling import Audit, LabelErrorReport
from dlx.labelling._view import HEAD, conclusions, rows
from dlx.pipeline.blind import Blind, unseen
from dlx.tagging.names import reviewer_name
from dlx.tagging.vote_sheet import CANNOT_TELL, VoteRow, write_votes
from dlx.tagging.votes import Vote, VoteLog

if TYPE_CHECKING:
    from dlx.pipeline.labels_subject import Subject

__all__ = ["ask", "desk", "sheet", "take_in"]


def desk(about: Subject, audit: Audit, log: VoteLog, person: str, *, show_labels: bool = False) -> VoteDesk:
    """The sample for one person.

    Args:
        about: run or file.
        audit: the sample.
        log: where votes are kept.
        person: who looks.
        show_labels: label and prediction are in view, the most suspicious first; every vote keeps that they were.
    """
    table = about.ranking.table.drop_duplicates("id").set_index("id")
    order = audit.order
    if show_labels:
        place = table["rank"].where(table["rank"] >= 0, len(table))
        order = sorted(order, key=lambda example: place[example])
    members = {stratum: set(ids) for stratum, ids in audit.ids.items()}
    rows = table.loc[order, ["y_true", "y_pred", "content"]].to_dict("index")
    items, key, facts = [], {}, {}
    for example in order:
        row = rows[example]
        name = _name(about, example)
        items.append(
            Item(name, example, str(row["y_true"]), None if row["y_pred"] is None else str(row["y_pred"]))
            if show_labels
            else Item(name, example)
        )
        key[name] = str(row["content"])
        facts[name] = {
            "example_id": example,
            "given": str(row["y_true"]),
            "strata": [stratum for stratum, ids in members.items() if example in ids],
            "p_inclusion": round(audit.p_inclusion[example], 6),
        } | ({"seen": True} if show_labels else {})
    return VoteDesk(
        items,
        log,
        person,
        labels=about.ranking.classes,
        title=f"Labels of {about.ranking.data}",
        exhibits=about.exhibits if show_labels else _blind(about.exhibits),
        key=key,
        facts=facts,
    )


def _blind(exhibits: Exhibits) -> Exhibits:
    return exhibits if isinstance(exhibits, NoExhibits) else Blind(exhibits)


def _name(about: Subject, example: str) -> str:
    """What an example is called: its id only where there is nothing else to go by."""
    return example if isinstance(about.exhibits, NoExhibits) else key_of(example)


def ask(made: VoteDesk, front: str, report: Callable[[], LabelErrorReport], options: Mapping[str, Any]) -> None:
    """Open the desk and wait until the person is done.

    Args:
        made: the desk.
        front: ``page`` or ``terminal``.
        report: what is known when the person has finished.
        options: of :func:`dlx.desk.page.serve`.

    Raises:
        UserError: as :func:`dlx.desk.opening.open_desk`.
    """
    open_desk(made, front, summary=lambda: _summary(report()), **options)


def _summary(found: LabelErrorReport) -> dict[str, Any]:
    """What the page shows at the end: counts, and no label of any example."""
    return {
        "headline": f"Labels of {found.ranking.data}",
        "columns": [HEAD[0], *HEAD[2:]],
        "rows": [[row[0], *row[2:]] for row in rows(found)],
        "lines": conclusions(found),
        "next": [command for _, command in found.steps if command],
    }


def sheet(about: Subject, audit: Audit, log: VoteLog, person: str, path: Path) -> list[str]:
    """Write one person's blind sheet, with what they have said already; returns notes.

    Raises:
        UserError: a place that cannot be written to.
        DlxError: the disk is full.
    """
    made = desk(about, audit, log, person)
    shown, kinds = [], set()
    for item in made.items:
        seen, said = made.exhibits.example(item.example), made.answer(item.id)
        kinds.add(seen.kind)
        shown.append(
            VoteRow(
                item.id,
                image=seen.media if seen.kind == "image" else None,
                text="" if seen.kind == "none" else seen.text,
                row=seen.row,
                label="" if said["label"] is None else said["label"] or CANNOT_TELL,
                comment=said["comment"],
            )
        )
    notes = write_votes(shown, path, labels=made.labels, title=about.ranking.data)
    command = shlex.join(["dlx", "labels", about.what, "--import", str(path), "--person", person])
    return [
        *notes, *unseen(kinds, path),
        f"{made.question} Fill in the column label ({CANNOT_TELL} for cannot tell), then: {command}",
    ]  # fmt: skip


def take_in(about: Subject, audit: Audit, log: VoteLog, path: Path, person: str | None) -> tuple[str, list[str]]:
    """Read a sheet into the log: (what it brought, notes). Votes that the log holds are not written again.

    Raises:
        UserError: cells that cannot be understood, all of them in one message.
    """
    made = desk(about, audit, log, reviewer_name(person))
    ids = about.ranking.table["id"].astype(str)
    content = dict(zip(ids, about.ranking.table["content"].astype(str), strict=True))
    found = take(
        path, Answers("classification", tuple(about.ranking.classes)), dict.fromkeys(content, "dev"),
        {key_of(example): example for example in content}, person=made.person, group=None, groups={},
    )  # fmt: skip
    known, fresh = log.votes(), []
    names = {item.example: item.id for item in made.items}
    for vote in found.votes:
        key = content[vote.example]
        facts = {"example_id": vote.example} | dict(made.facts(names[vote.example]) if vote.example in names else {})
        if "comment" in vote.facts:
            facts["comment"] = vote.facts["comment"]
        old = known.get((key, vote.person))
        if old is None or old.label != vote.label or old.facts.get("comment", "") != facts.get("comment", ""):
            fresh.append(Vote(key, vote.person, vote.label, facts))
    log.write_all(fresh, source="file", file=path.name)
    new = f"{len(fresh):,} new or changed" if fresh else "nothing new"
    return f"Read {path.name}: {len(found.votes):,} votes, {new}.", list(found.notes)
