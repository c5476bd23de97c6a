"""The chapter on tagged errors: one row per tag, the label line, overlaps and suggestions, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlx.reports._numbers import Measure, chance, count, known
from dlx.reports._worst import IMAGE
from dlx.strategy.words import level, listed

__all__ = ["Chapter", "TagRow", "chapter"]

_RATE = Measure()
_WORTH = {True: "worth work", False: "small", None: ""}
#: more pairs than this nobody reads
_PAIRS = 5


@dataclass(frozen=True)
class TagRow:
    """One tag, or the wrong labels, with the numbers it is drawn by.

    Attributes:
        name: the tag.
        count: tagged errors with it, as text.
        share: its share of the errors, 0–1.
        low: lower limit of the share; None where the sample tells nothing of all errors.
        high: upper limit.
        ceiling: dev error if all of it were fixed; None likewise.
        ceiling_low: lower limit.
        ceiling_high: upper limit.
        first: the chance that it is the largest, in words.
        alone: its share without any other tag, in words.
        kappa: agreement of two reviewers, in words.
        gain: points of dev error per unit of effort, in words.
        remark: whether it is worth work.
        labels: this is the line of wrong labels, which is no tag.
    """

    name: str
    count: str
    share: float
    low: float | None
    high: float | None
    ceiling: float | None
    ceiling_low: float | None
    ceiling_high: float | None
    first: str = ""
    alone: str = ""
    kappa: str = ""
    gain: str = ""
    remark: str = ""
    labels: bool = False

    @property
    def share_text(self) -> str:
        return _RATE.value(self.share)

    @property
    def share_limits(self) -> str:
        return _RATE.interval(self.low, self.high)

    @property
    def ceiling_text(self) -> str:
        return _RATE.value(self.ceiling) if self.ceiling is not None else ""

    @property
    def ceiling_limits(self) -> str:
        return _RATE.interval(self.ceiling_low, self.ceiling_high)


@dataclass(frozen=True)
class SuggestionRow:
    """One suggestion.

    Attributes:
        kind: slice, cluster or confusions.
        text: what it is.
        examples: ids of errors to look at.
        pictures: (id, data URI) of those that can be shown.
    """

    kind: str
    text: str
    examples: Sequence[str]
    pictures: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Chapter:
    """What the chapter shows.

    Attributes:
        head: how many errors there are, how many were tagged and how they were chosen.
        split: whose errors, as people say it.
        rows: tags, the largest first, then the wrong labels.
        dev_error: errors over examples, with limits.
        columns: which optional columns have anything in them: first, alone, kappa, gain.
        label_parts: (name, value, limits) of the dev error overall, due to labels, other; empty where not checked.
        label_reason: whether relabelling is worth it, and why.
        sentences: coverage, overlaps, agreement with oneself, what no tag fits.
        suggestions: slices, clusters, confusions.
        suggested: what was looked at for them.
        waiting: why nothing is suggested yet; empty where it is.
        notes: warnings.
    """

    head: str
    split: str
    rows: Sequence[TagRow]
    dev_error: tuple[float, float | None, float | None]
    columns: Sequence[str]
    label_parts: Sequence[tuple[str, str, str]]
    label_reason: str
    sentences: Sequence[str]
    suggestions: Sequence[SuggestionRow]
    suggested: Sequence[str]
    waiting: str
    notes: Sequence[str]


def chapter(analysis: Mapping[str, Any], pictures: Mapping[str, str] | None = None) -> Chapter | None:
    """The chapter of an error analysis as JSON data (``dlx analyze-errors --report --json``); None before any tag.

    Args:
        analysis: as :meth:`dlx.analysis.ErrorAnalysis.to_dict` gives it.
        pictures: example → a small picture as a data URI.
    """
    if not analysis.get("n_tagged"):
        return None
    rows = [_row(tag) for tag in analysis.get("tags") or ()]
    labels = analysis.get("labels") or {}
    if line := _label_row(labels):
        rows.append(line)
    optional = ("first", "alone", "kappa", "gain", "remark")
    made = analysis.get("suggestions") or {}
    return Chapter(
        _head(analysis),
        str(analysis["sample"]["split"]),
        rows,
        (analysis["dev_error"], analysis.get("dev_error_low"), analysis.get("dev_error_high")),
        [name for name in optional if any(getattr(row, name) for row in rows)],
        _parts(labels),
        str(labels.get("reason") or ""),
        _sentences(analysis),
        _suggested(made.get("items") or (), pictures or {}),
        made.get("notes") or (),
        _waiting(made),
        analysis.get("notes") or (),
    )


def _row(tag: Mapping[str, Any]) -> TagRow:
    names = ("share_low", "share_high", "ceiling", "ceiling_low", "ceiling_high")
    limits = [tag.get(name) if known(tag.get(name)) else None for name in names]
    kappa, gain = tag.get("kappa"), tag.get("gain_per_effort")
    return TagRow(
        str(tag["tag"]), count(tag["count"]), float(tag["share"]), *limits,
        first=chance(tag["p_rank_1"]) if known(tag.get("p_rank_1")) else "",
        alone=level(tag["sole_share"]) if known(tag.get("sole_share")) else "",
        kappa=f"{kappa:.2f}" if known(kappa) else "",
        gain=f"{100 * gain:.3g}" if known(gain) else "",
        remark=_WORTH[tag.get("worth")],
    )  # fmt: skip


def _label_row(labels: Mapping[str, Any]) -> TagRow | None:
    if not known(labels.get("share")) or not known(labels.get("other")):
        return None
    names = ("share", "share_low", "share_high", "other", "other_low", "other_high")
    return TagRow(
        "wrong labels", count(labels["share"] * (labels.get("n_checked") or 0)), *(labels.get(name) for name in names),
        remark=_WORTH[labels.get("worth_relabelling")], labels=True,
    )  # fmt: skip


def _parts(labels: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    names = {"overall": "dev error", "due_to_labels": "due to wrong labels", "other": "other"}
    if not all(known(labels.get(name)) for name in names):
        return []
    limits = {name: _RATE.interval(labels.get(f"{name}_low"), labels.get(f"{name}_high")) for name in names}
    return [(title, _RATE.value(labels[name]), limits[name]) for name, title in names.items()]


def _head(analysis: Mapping[str, Any]) -> str:
    sample = analysis["sample"]
    how = {
        "random": "drawn at random", "given": "taken as drawn at random", "loss": "chosen by their loss",
        "against": "drawn from old and new errors apart",
    }.get(sample["by"], f"drawn by {sample['by']}")  # fmt: skip
    people = analysis.get("reviewers") or []
    by = f" by {listed([str(name) for name in people])}" if 0 < len(people) <= 3 else f" by {len(people)} people"
    tagged = f"{count(analysis['n_tagged'])} of {count(analysis['n_errors'])} errors, {how}, were looked at"
    overall = (
        f"{_RATE.value(analysis['dev_error'])} {_RATE.interval(analysis['dev_error_low'], analysis['dev_error_high'])}"
    )
    meaning = "" if sample["meaning"] == "misclassified" else f" ({sample['meaning']})"
    return f"{tagged}{by if people else ''}. All errors{meaning}: {overall} of {count(analysis['n_dev'])} examples."


def _sentences(analysis: Mapping[str, Any]) -> list[str]:
    said = []
    if known(analysis.get("untagged")) and analysis["untagged"] > 0:
        said.append(f"No tag fits {level(analysis['untagged'])} of the errors.")
    covered = analysis.get("coverage") or []
    if len(covered) > 1:
        listed_ = ", ".join(f"{row['tag']} {level(row['covered'])}" for row in covered[:_PAIRS])
        said.append(f"Covered, one after the other: {listed_}.")
    overlaps = analysis.get("overlaps") or []
    if overlaps:
        pairs = ", ".join(f"{row['a']} and {row['b']} {count(row['count'])}" for row in overlaps[:_PAIRS])
        said.append(f"On the same errors: {pairs}.")
    again = analysis.get("self_agreement")
    if again:
        said.append(f"Of {count(again['n'])} errors shown twice, {count(again['same'])} were tagged the same way.")
    wide = (analysis.get("labels") or {}).get("set_wide")
    if wide:
        said.append(
            f"Wrong labels in all of {analysis['sample']['split']}: {_RATE.value(wide['share'])} "
            f"{_RATE.interval(wide['low'], wide['high'])}."
        )
    return said


def _suggested(items: Sequence[Mapping[str, Any]], pictures: Mapping[str, str]) -> list[SuggestionRow]:
    """Slices and clusters one by one, all confusions in one row: the matrix below tells more of them."""
    rows, pairs = [], []
    for item in items:
        if item["kind"] == "confusion":
            pairs.append(f"{item['tag']}: {level(item['evidence']['share_of_errors'])}")
            continue
        examples = [str(name) for name in item.get("examples") or ()]
        shown = [(name, pictures[name]) for name in examples if IMAGE.fullmatch(pictures.get(name, ""))]
        rows.append(SuggestionRow(str(item["kind"]), f"{item['text']}.", examples, shown))
    if pairs:
        rows.append(SuggestionRow("confusions", f"The commonest: {', '.join(pairs)}.", (), ()))
    return rows


def _waiting(made: Mapping[str, Any]) -> str:
    if not made or made.get("ready"):
        return ""
    left = made["needed"] - made["reviewed"]
    return f"Suggestions come when {count(left)} more errors are reviewed, so that they do not lead."
