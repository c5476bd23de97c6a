"""``dlx.human``: blind labels by people, on the same sample of dev for everybody, and the human level they give."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dlx.errors import UserError
from dlx.humans import LOG, HumanLevel, ballots, human_level
from dlx.humans._ballots import GROUP
from dlx.humans._imports import changes, take
from dlx.humans._sample import asked as draw
from dlx.humans._sample import key_of, read
from dlx.humans._steps import steps
from dlx.pipeline import blind
from dlx.pipeline.subjects import Subject, subject
from dlx.tagging.log import annotations_folder
from dlx.tagging.names import reviewer_name
from dlx.tagging.votes import VoteLog

if TYPE_CHECKING:
    import pandas as pd

    from dlx.predictions import Predictions
    from dlx.run import Run

__all__ = ["human"]


def human(
    what: str | os.PathLike | pd.DataFrame | Predictions | Run = "last",
    *,
    person: str | None = None,
    group: str | None = None,
    n: int | None = None,
    seed: int | None = None,
    front: str | None = None,
    port: int = 0,
    open_browser: bool = True,
    on_ready: Callable[[str], None] | None = None,
    export_sheet: str | os.PathLike | None = None,
    import_file: str | os.PathLike | None = None,
    label_votes: int | None = None,
    scale: str | None = None,
    predictor: str | None = None,
    task: str | None = None,
    images: str | os.PathLike | None = None,
    data: str | None = None,
    root: str | os.PathLike | None = None,
) -> HumanLevel:
    """Let people label a sample of dev without seeing labels or predictions, and say how often they are wrong.

    The sample is the same for everybody and frozen at the first call. Votes are kept in
    ``annotations/<data name>/human.jsonl``; ``dlx.diagnose`` reads them there.

    Args:
        what: a recipe (no run is needed), a run, or predictions of any framework.
        person: who labels; default: the name of the account.
        group: whom the person belongs to: experts, crowd …; default ``annotators``.
        n: examples to ask about; 100 for a new sample. A larger number adds to it.
        seed: of the sample; it can be changed as long as there are no votes.
        front: ``page`` (served on this machine only, until "Finish" or Ctrl-C) or ``terminal`` opens a desk and returns
            when the person is done; None asks nobody.
        port: for the page: where to listen; 0 for any free one.
        open_browser: show the page in the web browser, where there is a display.
        on_ready: told the page's address; by default it is printed on stderr.
        export_sheet: write the person's blind sheet as .xlsx or CSV.
        import_file: read such a sheet, votes of others (``id``, ``person``, ``label``, perhaps ``group``), or a matrix
            of counts (``id`` and one column per class): .xlsx, CSV, Parquet.
        label_votes: how many people's votes made one label of the data; remembered.
        scale: of the answers, for Krippendorff's α: nominal, ordinal, interval, ratio.
        predictor: the model to compare people with, where a table holds several.
        task: of a foreign table.
        images: folder of pictures named by the id or by a column ``meta_path``, for a foreign table.
        data: name of the data that the votes belong to; default: the recipe's or the file's.
        root: where annotations are kept; default ``annotations`` in the working directory.

    Returns:
        people, groups, agreement, the model beside them, and what to do next.

    Raises:
        UserError: data, settings or a file at fault; nothing is written to the log then.
    """
    about = subject(what, task=task, predictor=predictor, images=images, data=data)
    folder = annotations_folder(about.data, root)
    log = VoteLog(folder / LOG)
    who, notes, imported, written = reviewer_name(person), [], "", None
    if import_file is not None:
        imported, notes = _import(about, Path(import_file), log, person, group)
    asks = front is not None or export_sheet is not None
    sample = read(folder)
    if asks or n is not None or seed is not None or label_votes is not None:
        voted = bool(log.votes())
        dev = about.reference.dev
        sample, more = draw(folder, dev, n=n, seed=seed, label_votes=label_votes, voted=voted)
        notes += more
    if asks:
        belongs = _group_of(log, who, group)
        if export_sheet is not None:
            written = Path(export_sheet)
            notes += blind.sheet(about, sample, log, who, written)
        if front is not None:
            desk = blind.desk(about, sample, log, who, belongs)
            again = shlex.join(["dlx", "human", about.what, "--person", who])
            page = {"port": port, "open_browser": open_browser, "on_ready": on_ready, "command": again}
            blind.ask(desk, front, lambda: _level(about, log, sample, scale, notes), page)
    return replace(_level(about, log, sample, scale, notes), written=written, imported=imported)


def _group_of(log: VoteLog, person: str, group: str | None) -> str:
    """The group of this person.

    Raises:
        UserError: another one than that of their earlier votes.
    """
    known = _groups(log).get(person)
    if known is not None and group is not None and known != group:
        raise UserError(
            "a person belongs to one group", value=f"{person} in {group!r}", where="--group",
            hint=f"{person} is in {known!r}: leave --group out, or give another --person.",
        )  # fmt: skip
    return known or " ".join((group or GROUP).split()) or GROUP


def _groups(log: VoteLog) -> dict[str, str]:
    return {
        vote.person: str(vote.facts.get("group") or GROUP)
        for vote in log.votes().values()
        if "counts" not in vote.facts
    }


def _import(about: Subject, path: Path, log: VoteLog, person, group) -> tuple[str, list[str]]:
    table = about.reference.table
    split_of = dict(zip(table["id"].astype(str), table["split"], strict=True))
    found = take(
        path, about.reference.answers, split_of, {key_of(i): i for i in split_of},
        person=None if person is None else reviewer_name(person), group=group, groups=_groups(log),
    )  # fmt: skip
    fresh = changes(found, log.votes(), about.reference.answers)
    log.write_all(fresh, source="file", file=path.name)
    counts = sum(sum(v.facts["counts"].values()) if "counts" in v.facts else 1 for v in found.votes)
    examples = len({vote.example for vote in found.votes})
    new = f"{len(fresh):,} new or changed" if fresh else "nothing new"
    return f"Read {path.name}: {counts:,} votes on {examples:,} examples of dev, {new}.", found.notes


def _level(about: Subject, log: VoteLog, sample, scale: str | None, notes: list[str]) -> HumanLevel:
    reference = about.reference
    given = ballots(log.votes(), reference.dev.index, reference.answers)
    votes_per_label = sample.label_votes if sample is not None else None
    groups, people = human_level(reference, given, model=about.model, scale=scale, label_votes=votes_per_label)
    inside = set(sample.ids) if sample is not None else set()
    done = given.table[given.table["id"].isin(inside) & (given.table["person"] != "")]["person"].value_counts()
    counted = {str(person): int(k) for person, k in done.items()}
    how = {"bounded": reference.bounded, "unit": reference.unit}
    return HumanLevel(
        about.what, about.data, reference.answers.task, reference.unit, reference.bounded, sample, counted, groups,
        people, None if groups else blind.nearest_neighbour_bound(about.features),
        steps(about.what, groups, people, sample, counted, diagnosable=about.model is not None, **how),
        (*notes, *given.notes), log.path,
    )  # fmt: skip
