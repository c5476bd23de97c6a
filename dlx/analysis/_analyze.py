"""``dlx.analyze_errors``: sample, spreadsheet, and the table of tags, in one call."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dlx.analysis import _counting, _sampling, _sheets, suggesting
from dlx.analysis._result import ErrorAnalysis
from dlx.errors import UserError, unknown
from dlx.strategy import tag_table
from dlx.strategy.agreement import UNRELIABLE
from dlx.strategy.ceilings import Estimate, stratified, sum_note
from dlx.strategy.intervals import mover, wilson
from dlx.strategy.label_errors import LabelErrors, label_errors, unchecked
from dlx.strategy.rates import count, rate
from dlx.strategy.words import chance
from dlx.tagging.frozen import Sample, load
from dlx.tagging.log import TagLog
from dlx.tagging.names import reviewer_name
from dlx.tagging.state import State, state

if TYPE_CHECKING:
    from dlx.predictions import Predictions
    from dlx.run import Run

__all__ = ["analyze_errors", "existing", "newer"]

_ENOUGH = 0.05


def analyze_errors(
    what: str | os.PathLike | pd.DataFrame | Predictions | Run = "last",
    *,
    n: int | None = None,
    seed: int | None = None,
    by: str | None = None,
    positive: str | None = None,
    correct: int | None = None,
    repeats: int | None = None,
    eyeball: float | str | None = None,
    threshold: float | None = None,
    predictor: str | None = None,
    split: str | None = None,
    task: str | None = None,
    data: str | None = None,
    reviewer: str | None = None,
    export_sheet: str | os.PathLike | None = None,
    import_sheet: str | os.PathLike | None = None,
    images: str | os.PathLike | None = None,
    picture: Callable[[str], bytes | None] | None = None,
    n_errors: int | None = None,
    n_dev: int | None = None,
    effort: Mapping[str, float] | None = None,
    gap: float | str | None = None,
    root: str | os.PathLike | None = None,
    suggest: bool = False,
) -> ErrorAnalysis:
    """Sample the errors of a model, take in what people say about them, and say what each category could give.

    The sample is frozen on the first call; later calls use it until other settings are asked for. Tags are kept in
    ``annotations/<data name>/tags.jsonl`` and follow the example's id.

    Args:
        what: a run (``last``, a name, an id prefix, a folder), a predictions file or table of any framework; with
            ``n_errors`` and ``n_dev`` a sheet made elsewhere.
        n: errors to look at; 100 unless a sample exists.
        seed: of the sample.
        by: ``random``, ``class``, ``confusion``, ``fp-fn`` or ``loss`` (not for ceilings).
        positive: for ``fp-fn``: the class that is looked for.
        correct: correct examples to look at as well, for judging labels from both sides.
        repeats: errors to show twice, for a reviewer's agreement with themselves.
        eyeball: the share of dev that people may look at; the rest stays a black box.
        threshold: the error above which a row counts, for numbers.
        predictor: whose errors, where the table holds several models.
        split: whose rows; dev.
        task: of a foreign table.
        data: name of the data that the tags belong to; default: the run's data, or the file's name.
        reviewer: who tags; default: the name of the account.
        export_sheet: write the sample as .xlsx or CSV.
        import_sheet: read such a sheet, or one made elsewhere: ``id``, a column per tag, ``incorrectly_labelled``,
            ``correct_label``, ``comment``.
        images: folder of the pictures named by the id or by a column ``meta_path``.
        picture: example → its picture as PNG, JPEG … or None, for a sheet of examples that are no files of their own.
        n_errors: for a sheet made elsewhere: all errors on dev.
        n_dev: for a sheet made elsewhere: examples on dev.
        effort: tag → how much work it would be, in any unit.
        gap: difference of dev error between the models you choose from.
        root: where annotations are kept; default ``annotations`` in the working directory.
        suggest: also look for slices, clusters and confusions, once 30 errors (30 % of a smaller sample) are reviewed.

    Returns:
        the table with shares, ceilings and intervals.

    Raises:
        UserError: predictions, settings or a sheet at fault; nothing is written to the log then.
    """
    part = None if eyeball is None else rate(eyeball, where="--eyeball")
    asked = _sampling.Settings(n, seed, by, correct, repeats, part, positive, threshold, predictor, split, task)
    who = reviewer_name(reviewer)
    made_elsewhere = _numbers(n_errors, n_dev)
    imported, exported, notes = None, None, []
    if made_elsewhere is not None:
        about, sheet = _sheets.elsewhere(what, import_sheet, data, root)
        log = TagLog(about.folder / "tags.jsonl")
        sample, imported = _sheets.take_elsewhere(about, sheet, log, who, *made_elsewhere)
    else:
        about = _sampling.subject(what, data, root)
        log = TagLog(about.folder / "tags.jsonl")
        if import_sheet is not None:
            sample, imported, notes = _sheets.take(about, Path(import_sheet), log, who, asked)
        else:
            sample, notes = _sampling.frozen(about, asked)
    if export_sheet is not None:
        exported = Path(export_sheet)
        folder = None if images is None else Path(images)
        notes += _sheets.give(about, exported, sample, log, who, folder, picture)
    records, damaged = log.read()
    said = state(records)
    found = analysed(sample, said, effort=effort, gap=None if gap is None else rate(gap, where="--gap"))
    if damaged:
        notes.append(f"{damaged} line(s) of {log.path} are cut off or no record, and are left out; all others count.")
    if suggest and made_elsewhere is None:
        found = replace(found, suggestions=suggesting.suggest(about, sample, said))
    return replace(
        found, sample_path=about.path, log_path=log.path, what=about.what, run=about.run, imported=imported,
        exported=exported, notes=(*notes, *found.notes),
    )  # fmt: skip


def existing(what: Any, *, root: str | os.PathLike | None = None, suggest: bool = True) -> ErrorAnalysis | None:
    """What was found so far in the errors of a run or file; nothing is drawn or written.

    Args:
        what: as for :func:`analyze_errors`.
        root: where annotations are kept.
        suggest: with suggestions.

    Returns:
        None where no sample was drawn or nothing is tagged.

    Raises:
        UserError: no such run or file.
    """
    about = _sampling.subject(what, None, root)
    if not about.path.exists():
        return None
    sample, log = load(about.path), TagLog(about.folder / "tags.jsonl")
    said = log.state()
    found = analysed(sample, said)
    if not found.n_tagged:
        return None
    made = suggesting.suggest(about, sample, said) if suggest else None
    return replace(found, sample_path=about.path, log_path=log.path, what=about.what, run=about.run, suggestions=made)


def newer(what: Any, file: Path, *, root: str | os.PathLike | None = None) -> bool:
    """Whether there are tags or a sample of these predictions that were written after a file.

    Raises:
        UserError: no such run or file.
    """
    about = _sampling.subject(what, None, root)
    own = [path for path in (about.path, about.folder / "tags.jsonl") if path.exists()]
    return about.path.exists() and max(path.stat().st_mtime_ns for path in own) > file.stat().st_mtime_ns


def _numbers(n_errors: int | None, n_dev: int | None) -> tuple[int, int] | None:
    if n_errors is None and n_dev is None:
        return None
    if n_errors is None or n_dev is None:
        raise UserError(
            "a sheet made elsewhere needs both numbers", value=n_errors if n_dev is None else n_dev,
            where="--n-errors and --n-dev", hint="All errors on dev, and all examples on dev.",
        )  # fmt: skip
    return count(n_errors, where="--n-errors"), count(n_dev, where="--n-dev")


def analysed(
    sample: Sample, state: State, *, effort: Mapping[str, Any] | None = None, gap: float | None = None
) -> ErrorAnalysis:
    """The table of a sample and of what the log says: a pure function of both.

    Args:
        sample: the frozen sample.
        state: what the log says.
        effort: tag → how much work it would be.
        gap: difference of dev error between the models that are compared.

    Raises:
        UserError: effort for an unknown tag, or none above 0.
    """
    seen = _counting.marks(sample, state)
    overall = Estimate(sample.dev_error, *wilson(sample.dev_error, sample.n_dev))
    empty = ErrorAnalysis(sample, Path(), Path(), "", overall, 0, _no_tags(), unchecked(sample.n_errors, sample.n_dev))
    if not len(seen.table):
        return empty
    strata = None if len(sample.totals) == 1 else seen.strata.loc[seen.table.index]
    tags = tag_table.tag_table(
        seen.table, n_dev=sample.n_dev, totals=sample.totals, strata=strata, effort=_effort(effort, state),
        ceilings=sample.for_ceilings,
    )  # fmt: skip
    agreed = _counting.agreements(sample, state)
    for name in ("kappa", "low", "high", "n"):
        column = name if name == "kappa" else f"kappa_{name}"
        tags[column] = [None if tag not in agreed else getattr(agreed[tag], name) for tag in tags["tag"]]
    labels = _labels(sample, seen, tags, gap)
    weight = None if strata is None else _weights(strata, sample.totals)
    return replace(
        empty,
        n_tagged=len(seen.table),
        tags=tags,
        labels=labels,
        set_wide=_set_wide(sample, state, labels),
        untagged=_untagged(seen, strata, sample),
        new_tag_chance=tag_table.new_tag_chance(seen.table),
        overlaps=tag_table.overlaps(seen.table),
        coverage=tag_table.coverage(seen.table, weight),
        reviewers=seen.reviewers,
        self_agreement=_counting.self_agreement(sample, state),
        notes=tuple(_notes(sample, seen, tags, labels, strata)),
    )


def _no_tags() -> pd.DataFrame:
    columns = ["tag", "count", "share", "share_low", "share_high", "ceiling", "ceiling_low", "ceiling_high", "kappa"]
    return pd.DataFrame(columns=columns)


def _effort(effort: Mapping[str, Any] | None, state: State) -> dict[str, float]:
    made = {}
    for name, value in (effort or {}).items():
        tag = state.tag(name)
        if tag is None:
            raise unknown("tag", name, state.tags, where="--effort")
        if not float(value) > 0:
            raise UserError("effort is a number above 0", value=value, where=f"--effort {name}")
        made[tag] = float(value)
    return made


def _weights(strata: pd.Series, totals: Mapping[str, int]):
    """(tagged errors,) how many errors each stands for."""
    n = strata.map(strata.value_counts())
    return (strata.map(totals) / n).to_numpy(float)


def _hits(hit: pd.Series, sample: Sample, strata: pd.Series | None) -> Estimate:
    """The share of all errors that a yes or no of the tagged ones stands for."""
    names = list(sample.totals)
    code = [0] * len(hit) if strata is None else [names.index(s) for s in strata.loc[hit.index]]
    frame = pd.DataFrame({"code": code, "hit": hit.to_numpy()})
    n = frame.groupby("code").size().reindex(range(len(names)), fill_value=0)
    seen = frame.groupby("code")["hit"].sum().reindex(range(len(names)), fill_value=0)
    return stratified(seen.tolist(), n.tolist(), list(sample.totals.values()))


def _untagged(seen: _counting.Marks, strata: pd.Series | None, sample: Sample) -> float:
    none = ~seen.table.any(axis=1)
    none &= ~seen.wrong.reindex(none.index, fill_value=False)
    return _hits(none, sample, strata).share if sample.for_ceilings else float(none.mean())


def _labels(sample: Sample, seen: _counting.Marks, tags: pd.DataFrame, gap: float | None) -> LabelErrors:
    if not len(seen.wrong):
        return unchecked(sample.n_errors, sample.n_dev)
    if not sample.for_ceilings:
        made = unchecked(sample.n_errors, sample.n_dev)
        return replace(made, reason="Errors chosen by their loss do not tell how many labels are wrong.")
    strata = None if len(sample.totals) == 1 else seen.strata
    share = _hits(seen.wrong, sample, strata)
    top = None if tags.empty else (str(tags["tag"].iloc[0]), float(tags["share"].iloc[0]))
    return label_errors(
        sample.dev_error, share, n_dev=sample.n_dev, n_errors=sample.n_errors, n_checked=len(seen.wrong), gap=gap,
        largest=top,
    )  # fmt: skip


def _set_wide(sample: Sample, state: State, labels: LabelErrors) -> Estimate | None:
    """Label errors over all of dev, from misclassified and correct examples (statistics 3.8); by MOVER."""
    right = _counting.marks(sample, state, "correct").wrong
    if labels.share is None or not len(right):
        return None
    rest = sample.n_dev - sample.n_errors
    among = stratified([int(right.sum())], [len(right)], [rest])
    weight = rest / sample.n_dev
    a = labels.due_to_labels
    b = Estimate(*(weight * value for value in (among.share, among.low, among.high)))
    low, high = mover((-b.share, -b.high, -b.low), (a.share, a.low, a.high))
    return Estimate(a.share + b.share, max(low, 0.0), min(high, 1.0))


def _notes(sample: Sample, seen: _counting.Marks, tags: pd.DataFrame, labels: LabelErrors, strata) -> list[str]:
    notes = []
    if not sample.for_ceilings:
        notes.append("The errors were chosen by their loss: shares are of these alone, and there are no ceilings.")
    parts = {str(row.tag): sample.dev_error * row.share for row in tags.itertuples()}
    if labels.due_to_labels is not None and labels.due_to_labels.share:
        parts["wrong labels"] = labels.due_to_labels.share
    if len(parts) > 1 and (note := sum_note(sample.dev_error, parts)):
        notes.append(note)
    if strata is not None and (without := [s for s in sample.totals if s not in set(strata)]):
        notes.append(f"No error of {', '.join(without)} was tagged yet: the shares are those of the others.")
    few = [str(row.tag) for row in tags.itertuples() if row.kappa is not None and row.kappa < UNRELIABLE]
    if few:
        notes.append(f"Reviewers hardly agree on {', '.join(few)} (κ below {UNRELIABLE:g}): say what the tag means.")
    if sample.by == _sampling.GIVEN:
        notes.append("The rows of the sheet are taken as a random sample of the errors.")
    new = tag_table.new_tag_chance(seen.table)
    if sample.for_ceilings and len(tags) and new >= _ENOUGH:
        notes.append(f"The next error needs a new tag with a chance of {chance(new)}: go on tagging.")
    return notes
