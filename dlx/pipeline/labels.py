"""``dlx.labels``: suspicious labels by held-out probabilities, an audit by people, corrections laid over the data."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dlx import overlay
from dlx.files import lines
from dlx.labelling import (
    LOG,
    SUMMARY,
    Audit,
    LabelErrorReport,
    Ranking,
    corrections,
    decide,
    draw,
    judge,
    load,
    save,
    write,
)
from dlx.labelling._result import Corrected
from dlx.labelling._steps import steps
from dlx.pipeline import labels_desk
from dlx.pipeline.labels_subject import Subject, subject
from dlx.places import annotations_folder, data_name
from dlx.tagging.names import reviewer_name
from dlx.tagging.votes import VoteLog

if TYPE_CHECKING:
    from dlx.predictions import Predictions
    from dlx.run import Run

__all__ = ["labels"]


def labels(
    what: str | os.PathLike | pd.DataFrame | Predictions | Run = "last",
    *,
    person: str | None = None,
    n: int | None = None,
    flagged: int | None = None,
    relabel: bool | None = None,
    seed: int | None = None,
    folds: int | None = None,
    from_run: bool = False,
    show_labels: bool = False,
    front: str | None = None,
    port: int = 0,
    open_browser: bool = True,
    on_ready: Callable[[str], None] | None = None,
    export_sheet: str | os.PathLike | None = None,
    import_file: str | os.PathLike | None = None,
    apply: bool = False,
    force: bool = False,
    gap: float | str | None = None,
    predictor: str | None = None,
    task: str | None = None,
    images: str | os.PathLike | None = None,
    data: str | None = None,
    root: str | os.PathLike | None = None,
    quiet: bool = True,
) -> LabelErrorReport:
    """Find labels to look at, let people say what the examples are, and judge the labels by what they said.

    The order of review comes from probabilities of models that were not trained on the example; what is flagged is no
    rate. Rate and decision come from people, who see neither label nor prediction. Votes are kept in
    ``annotations/<data name>/labels.jsonl``, by content.

    Args:
        what: a run, or predictions of any framework with ``proba_<class>``, of which dev counts as held out (all of
            them where a column ``meta_fold`` says which fold each was in).
        person: who looks; default: the name of the account.
        n: examples of each stratum: flagged, unflagged, misclassified dev, test; 50 at first, more adds.
        flagged: flagged examples; default ``n``.
        relabel: ask about all of dev and test.
        seed: of the sample, as long as there are no votes.
        folds: models of the out-of-fold predictions; 5 at first. They go on where they were killed.
        from_run: take the run's own predictions of dev instead: at once, and of dev only.
        show_labels: show label, prediction and probabilities while people look: quicker, and biased towards them.
        front: ``page`` or ``terminal`` opens a desk and returns when the person is done; None asks nobody.
        port: for the page: where to listen; 0 for any free one.
        open_browser: show the page in the web browser, where there is a display.
        on_ready: told the page's address; by default it is printed on stderr.
        export_sheet: write the person's blind sheet as .xlsx or CSV.
        import_file: read such a sheet.
        apply: write ``annotations/<data name>/corrections.jsonl``, which ``dlx train`` lays over the labels.
        force: correct dev although nobody looked at test.
        gap: difference of dev error of the models that are compared, a rate.
        predictor: whose rows, where a table holds several models.
        task: of a foreign table.
        images: folder of pictures named by id or ``meta_path``, for a foreign table.
        data: name of the data that the votes belong to; default: the recipe's or the file's.
        root: where annotations are kept; default ``annotations`` in the working directory.
        quiet: no progress on stderr.

    Returns:
        order of review, audit, rate, label line, train, contradictory labels, overlay, and what to do next.

    Raises:
        UserError: no classes or no probabilities, data that moved, a sheet or settings at fault.
        DlxError: the disk is full.
    """
    about = subject(what, task, predictor, images, data, folds, from_run, quiet)
    who, name = reviewer_name(person), about.ranking.data
    folder = annotations_folder(name, root)
    log = VoteLog(folder / LOG)
    of = about.run.id if about.run else data_name(Path(about.what).name.partition(".")[0])
    place = folder / "audits" / f"{of}.json"
    audit, notes = _audit(about.ranking, place, n, flagged, relabel, seed, bool(log.votes()))
    imported, written = "", None
    if import_file is not None:
        imported, more = labels_desk.take_in(about, audit, log, Path(import_file), person)
        notes += more
    if export_sheet is not None:
        written = Path(export_sheet)
        notes += labels_desk.sheet(about, audit, log, who, written)

    def report() -> LabelErrorReport:
        rate = None if gap is None else _rate(gap)
        return _report(about, audit, log, folder, rate, [*about.notes, *notes])

    if front is not None:
        desk = labels_desk.desk(about, audit, log, who, show_labels=show_labels)
        again = shlex.join(["dlx", "labels", about.what, *(["--person", person] if person else [])])
        page = {"port": port, "open_browser": open_browser, "on_ready": on_ready, "command": again}
        labels_desk.ask(desk, front, report, page)
    changed = _apply(about, log, folder, force=force) if apply else None
    if changed is not None:
        notes += _unlike(changed, audit)
    found = report()
    found = replace(found, imported=imported, written=written, overlay=replace(found.overlay, written=changed))
    found = replace(found, steps=steps(found, about.run))
    if about.run is not None:
        about.run.write_json(SUMMARY, {k: v for k, v in found.to_dict().items() if k != "suspicious"})
    return found


def _rate(gap: float | str) -> float:
    from dlx.diagnosis._humans import amount

    return amount(gap, bounded=True, where="--gap")


def _audit(ranking: Ranking, place: Path, n, flagged, relabel, seed, voted: bool) -> tuple[Audit, list[str]]:
    earlier = load(place)
    made = draw(ranking, earlier, n=n, flagged=flagged, relabel=relabel, seed=seed, voted=voted)
    if made == earlier:
        return made, []
    save(made, place)
    if earlier is None:
        return made, []
    return made, [f"The sample has {len(made.order):,} examples now, {len(earlier.order):,} before; no vote is lost."]


def _report(about: Subject, audit: Audit, log: VoteLog, folder: Path, gap, notes: list[str]) -> LabelErrorReport:
    votes = log.votes()
    table = about.ranking.table
    content = dict(zip(table["id"].astype(str), table["content"].astype(str), strict=True))
    asked = {content[example] for example in audit.order}
    done: dict[str, int] = {}
    for (example, person), _ in sorted(votes.items()):
        if example in asked:
            done[person] = done.get(person, 0) + 1
    decisions = decide(vote for vote in votes.values() if not vote.label or vote.label in about.ranking.classes)
    gone = sorted({v.label for v in votes.values() if v.label and v.label not in about.ranking.classes})
    if gone:
        notes = [*notes, f"Votes for labels that are no class now are left out: {', '.join(gone[:5])}."]
    if any(vote.facts.get("seen") for vote in votes.values()):
        notes = [*notes, "Some votes were given with label and prediction in view: rates lean towards them."]
    found = LabelErrorReport(
        about.what, about.ranking, audit, judge(about.ranking, audit, decisions, gap=gap), done,
        _contradictory(table), _corrected(about, folder, decisions), (), log.path, tuple(notes),
    )  # fmt: skip
    return replace(found, steps=steps(found, about.run))


def _contradictory(table: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Equal inputs with several labels."""
    repeated = table[table["raw"].duplicated(keep=False)]
    return tuple(
        {"ids": rows["id"].tolist(), "labels": sorted(set(rows["y_true"]))}
        for _, rows in repeated.groupby("raw", sort=False)
        if rows["y_true"].nunique() > 1
    )


def _corrected(about: Subject, folder: Path, decisions) -> Corrected:
    path = folder / overlay.FILE
    records = lines(path)
    says = {str(r.get("content")): str(r.get("label")) for r in records}
    table, current = about.ranking.table, None
    used = {} if about.run is None else about.run.read_json(overlay.COPY, default={}).get("labels", {})
    if about.run is not None:
        mine = table["content"].map(says)
        current = bool((mine.isna() | (mine == table["y_true"])).all()) and set(used) <= set(says)
    label = table["content"].map({c: d.label for c, d in decisions.items() if d.label is not None})
    pending = label.notna() & (label != table["y_true"]) & (label != table["content"].map(says))
    return Corrected(path, len(records), int(pending.sum()), len(used), current)


def _unlike(changed: dict[str, int], audit: Audit) -> list[str]:
    """Dev and test were looked at by different processes: the reader of the next ladder has to know (rule P33)."""
    if audit.relabel or not changed.get("dev") or not audit.totals["test"]:
        return []
    return [
        "Dev was looked at where the model is wrong, test at random: corrected so, dev looks better than test. "
        "--relabel asks about all of both."
    ]


def _apply(about: Subject, log: VoteLog, folder: Path, *, force: bool) -> dict[str, int]:
    classes = set(about.ranking.classes)
    decisions = decide(vote for vote in log.votes().values() if not vote.label or vote.label in classes)
    if about.run is None:
        given = about.ranking.table[["content", "split"]].assign(y=about.ranking.table["y_true"])
    else:
        from dlx import split
        from dlx.loading import load as read
        from dlx.recipe import load as recipe

        examples = read(recipe(about.run.file("recipe.yaml"))).examples  # with the labels that the data came with
        part = split.read(about.run.file("split.parquet")).table.drop_duplicates("id").set_index("id")["split"]
        given = examples[["content", "y"]].assign(split=examples["id"].map(part))
    records, changed = corrections(given, decisions, force=force)
    write(records, folder, decisions)
    return changed
