"""``dlx.human``: blind labels by people, on the same sample of dev for everybody, and the human level they give."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dlx.errors import UserError
from dlx.humans import HumanLevel, Reference, ballots, human_level
from dlx.humans._imports import changes, take
from dlx.humans._sample import asked as draw
from dlx.humans._sample import key_of, read
from dlx.humans._steps import steps
from dlx.humans._table import LOG
from dlx.pipeline import blind
from dlx.tagging.log import annotations_folder
from dlx.tagging.names import reviewer_name
from dlx.tagging.votes import VoteLog

if TYPE_CHECKING:
    from dlx.desk import Exhibits
    from dlx.predictions import Predictions
    from dlx.run import Run

__all__ = ["human"]

_FILES = (".csv", ".tsv", ".txt", ".gz", ".parquet", ".pq")


@dataclass(frozen=True)
class Subject:
    """The data that people are asked about.

    Attributes:
        what: how a command names it.
        data: name of the data.
        reference: its examples with their labels.
        exhibits: makes them visible.
        model: name and dev rows of a model to compare people with; None for a recipe.
        features: of a run, for the bound by nearest neighbours; None without.
    """

    what: str
    data: str
    reference: Reference
    exhibits: Exhibits
    model: tuple[str, pd.DataFrame] | None = None
    features: Path | None = None


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
    about = _subject(what, task, predictor, images, data)
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
    from dlx.humans._ballots import GROUP

    return known or " ".join((group or GROUP).split()) or GROUP


def _groups(log: VoteLog) -> dict[str, str]:
    from dlx.humans._ballots import GROUP

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


def _subject(what: Any, task: str | None, predictor: str | None, images, data: str | None) -> Subject:
    """A file of predictions first, then a recipe of that name, then a run.

    Raises:
        UserError: none of these.
    """
    from dlx.predictions import Predictions
    from dlx.recipe import Recipe
    from dlx.run import Run

    if isinstance(what, (pd.DataFrame, Predictions, Run)):
        return _of_predictions(what, task, predictor, images, data)
    if isinstance(what, Recipe):
        return _of_recipe(what, data)
    path = Path(what)
    if path.suffix.lower() in _FILES:
        return _of_predictions(path, task, predictor, images, data)
    if str(what) != "last" and not (path / "run.json").is_file() and _is_recipe(what):
        return _of_recipe(what, data)
    return _of_predictions(str(what), task, predictor, images, data)


def _is_recipe(what: str | os.PathLike) -> bool:
    from dlx import places

    try:
        return places.find("recipes", what).is_file()
    except UserError:
        return False


def _of_predictions(what: Any, task, predictor, images, data: str | None) -> Subject:
    from dlx.diagnosis._sources import case, chosen
    from dlx.pipeline import exhibits
    from dlx.run import Run

    run = what if isinstance(what, Run) else _run(what) if isinstance(what, str) else None
    found = case(what if run is None else run, task)
    model = chosen(found.predictions, predictor)
    unit = str(((found.recipe or {}).get("task") or {}).get("unit") or "")
    targets = {} if run is None else run.read_json("targets.json", default={}).get("targets", {})
    reference = Reference.of_predictions(
        found.predictions, model, names=tuple(targets.get("label_names") or ()), unit=unit
    )
    rows = found.predictions.rows(model, "dev")[["id", "error"]]
    if run is not None:
        told = run.read_json("data.json", default={}).get("name") or run.info.get("recipe") or run.id
        word = what if isinstance(what, str) else run.id
        return Subject(
            word, data or str(told), reference, exhibits.of_run(run), (model, rows), run.file("features.npz")
        )
    name = what.name.partition(".")[0] if isinstance(what, Path) else "predictions"
    shown = exhibits.of_files(found.predictions.table, images)
    return Subject(str(what) if isinstance(what, Path) else name, data or name, reference, shown, (model, rows))


def _run(name: str) -> Run:
    """The run of that name.

    Raises:
        UserError: neither a run nor a recipe is called so.
    """
    from dlx import runs

    try:
        return runs.find(name)
    except UserError as error:
        rule = "no such recipe, run or file" if error.rule == "no such run" else error.rule
        raise UserError(rule, value=error.value, where=error.where, hint=error.hint) from error


def _of_recipe(what: Any, data: str | None) -> Subject:
    from dlx import loading
    from dlx.pipeline import exhibits
    from dlx.recipe import load

    recipe = load(what)
    dataset, split = loading.load_and_split(recipe)
    settings = recipe.to_dict()["task"]
    part = split.table["split"].to_numpy(object)
    reference = Reference.of_examples(
        dataset.examples, part, settings["name"], names=dataset.label_names, unit=str(settings.get("unit") or "")
    )
    return Subject(str(what), data or recipe.name, reference, exhibits.of_recipe(recipe))
