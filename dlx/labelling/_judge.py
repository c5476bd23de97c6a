"""What the votes say: the rate of wrong labels, whether to relabel, and whether those in train are systematic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from dlx.labelling._audit import Audit, frames
from dlx.labelling._rank import Ranking
from dlx.labelling._votes import Decision
from dlx.strategy.ceilings import Estimate, share_limits
from dlx.strategy.label_errors import LARGE, SMALL, LabelErrors, label_errors, unchecked
from dlx.strategy.label_pattern import ENOUGH, Pattern, by_pairs, by_source, holm
from dlx.strategy.label_rate import audited_rate
from dlx.strategy.words import level

__all__ = ["Judgement", "Stratum", "TrainLabels", "judge"]

#: On digits with 2–20 % random wrong labels 2 of 80 audits were below it; with systematic ones all were.
_ALPHA = 0.01
#: Fewer misclassified examples than this decide nothing, whatever their labels are.
_FEW = 10
_TRAIN = ("train", "train_dev")


@dataclass(frozen=True)
class Stratum:
    """One stratum of the audit.

    Attributes:
        name: flagged, unflagged, misclassified, test or relabel.
        total: its examples.
        asked: those in the sample.
        decided: of these, those with a majority.
        wrong: of these, those whose label is wrong.
    """

    name: str
    total: int
    asked: int
    decided: int
    wrong: int


@dataclass(frozen=True)
class TrainLabels:
    """Wrong labels in train (rule P32).

    Attributes:
        systematic: True (must be mended), False (random), or None where it cannot be told yet.
        reason: with the numbers spelt out.
        n_wrong: wrong labels found in train.
        patterns: the tests, with p-values before Holm's correction.
    """

    systematic: bool | None
    reason: str
    n_wrong: int
    patterns: tuple[Pattern, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "systematic": self.systematic,
            "reason": self.reason,
            "n_wrong": self.n_wrong,
            "patterns": [pattern.to_dict() for pattern in self.patterns],
        }


@dataclass(frozen=True)
class Judgement:
    """Everything the votes say.

    Attributes:
        strata: the strata of the audit.
        rate: of wrong labels among the examples that were ranked; None before both strata were looked at.
        labels: the label-error line, from misclassified dev examples.
        test: rate of wrong labels in test; None where none was looked at.
        train: systematic or random.
        open: contents whose votes are tied, or that nobody could tell.
        conflicts: contents on which people differ.
        wrong: contents of the sample whose label is wrong.
    """

    strata: tuple[Stratum, ...]
    rate: Estimate | None
    labels: LabelErrors
    test: Estimate | None
    train: TrainLabels
    open: tuple[str, ...]
    conflicts: tuple[str, ...]
    wrong: tuple[str, ...]


def judge(found: Ranking, audit: Audit, decisions: Mapping[str, Decision], *, gap: float | None = None) -> Judgement:
    """Judge labels by what people decided.

    Args:
        found: the ranking.
        audit: the sample.
        decisions: content → decision; those on examples outside the sample tell nothing about rates.
        gap: difference of dev error of the models that are compared.
    """
    label = {content: decision.label for content, decision in decisions.items() if decision.label is not None}
    seen = {name: _decided(frame, audit.ids.get(name, []), label) for name, frame in _frames(found, audit).items()}
    strata = tuple(
        Stratum(name, audit.totals[name], len(audit.ids[name]), len(rows), int(rows["wrong"].sum()))
        for name, rows in seen.items()
    )
    by_name = {part.name: part for part in strata}
    sample = found.table[found.table["id"].isin(audit.order)]
    contents = sample["content"].tolist()
    return Judgement(
        strata,
        _rate([by_name[name] for name in ("flagged", "unflagged")]),
        _line(by_name["misclassified"], found.n_dev, gap),
        _plain_rate(by_name["test"]),
        _train(found, pd.concat([seen[name].assign(stratum=name) for name in ("flagged", "unflagged")])),
        tuple(c for c in contents if c in decisions and decisions[c].label is None),
        tuple(c for c in contents if c in decisions and not decisions[c].unanimous),
        tuple(c for c, given in zip(contents, sample["y_true"], strict=True) if label.get(c, given) != given),
    )


def _frames(found: Ranking, audit: Audit) -> dict[str, pd.DataFrame]:
    return frames(found, relabel=audit.relabel)


def _decided(frame: pd.DataFrame, asked: list[str], label: Mapping[str, str]) -> pd.DataFrame:
    """Rows of the random sample that have a majority; all rows where all have one."""
    decided = frame["content"].isin(label.keys())
    rows = frame if len(frame) and decided.all() else frame[frame["id"].isin(asked) & decided]
    right = rows["content"].map(label)
    return rows.assign(right=right, wrong=(right != rows["y_true"]).to_numpy(bool))


def _rate(parts: list[Stratum]) -> Estimate | None:
    if any(part.total and not part.decided for part in parts) or not any(part.total for part in parts):
        return None
    return audited_rate([(part.wrong, part.decided, part.total) for part in parts])


def _plain_rate(part: Stratum) -> Estimate | None:
    if not part.decided:
        return None
    return Estimate(part.wrong / part.decided, *share_limits(part.wrong, part.decided, part.total))


def _line(part: Stratum, n_dev: int, gap: float | None) -> LabelErrors:
    if not part.decided:
        return unchecked(part.total, n_dev)
    share = Estimate(part.wrong / part.decided, *share_limits(part.wrong, part.decided, part.total))
    line = label_errors(part.total / n_dev, share, n_dev=n_dev, n_errors=part.total, n_checked=part.decided, gap=gap)
    missing = min(_FEW, part.total) - part.decided
    if missing <= 0:
        return line
    reason = f"{part.decided} of {part.total:,} misclassified examples are too few to decide: look at {missing} more."
    return replace(line, worth_relabelling=None, reason=reason, n_more=missing)


def _train(found: Ranking, seen: pd.DataFrame) -> TrainLabels:
    judged = found.judged
    totals = judged[judged["split"].isin(_TRAIN)]["y_true"].value_counts().to_dict()
    if not totals:
        return TrainLabels(None, "Labels of train were not looked at: only dev was predicted while held out.", 0)
    mine = seen[seen["split"].isin(_TRAIN)].drop_duplicates("id")
    wrong = mine[mine["wrong"].to_numpy(bool)]
    n = len(wrong)
    rate = _train_rate(mine, judged)
    if n < ENOUGH:
        return TrainLabels(
            None, f"{n} wrong labels were found in train; with {ENOUGH} a pattern could be told from chance.", n
        )
    pairs = list(zip(wrong["y_true"], wrong["right"], strict=True))
    tests = [by_pairs(pairs, totals)]
    for what in ("source", "group"):
        if mine[what].notna().all() and (what == "source" or mine[what].duplicated().any()):
            tests.append(by_source(mine[what].astype(str), mine["wrong"], mine["stratum"], what=what))
    tests = [test for test in tests if test is not None]
    adjusted = holm(tests)
    first = min(range(len(tests)), key=lambda i: (not tests[i].strong, adjusted[i]))
    test, p_value = tests[first], adjusted[first]
    share = "" if rate is None else f", {level(rate.share)} of all [{level(rate.low)}, {level(rate.high)}]"
    if p_value < _ALPHA and test.strong:
        what = test.where if test.what == "pairs" else f"of {test.what} {test.where!r}"
        reason = (
            f"Systematic: {test.count} of {n} wrong labels in train are {what}, by chance it were "
            f"{test.expected:.2g} (p = {_p(p_value)}). A network learns that: mend them."
        )
        return TrainLabels(True, reason, n, tuple(tests))
    told = f"Random as far as can be seen: {n} wrong labels in train{share}, no strong pattern (p = {_p(p_value)})."
    if rate is None or rate.high < SMALL:
        verdict = "Leave them alone: a network learns through random slips."
    elif rate.low > LARGE:
        verdict = "But they are many: mend them, or train on those that were looked at."
    else:
        verdict = "Leave them alone where train is large; mending them is the safer half of more data."
    return TrainLabels(False, f"{told} {verdict}", n, tuple(tests))


def _train_rate(mine: pd.DataFrame, judged: pd.DataFrame) -> Estimate | None:
    train = judged[judged["split"].isin(_TRAIN)]
    parts = []
    for name, frame in (("flagged", train[train["rank"] >= 0]), ("unflagged", train[train["rank"] < 0])):
        rows = mine[mine["stratum"] == name]
        parts.append(Stratum(name, len(frame), len(rows), len(rows), int(rows["wrong"].sum())))
    return _rate(parts)


def _p(value: float) -> str:
    return f"{value:.1g}" if value < 0.01 else f"{value:.2f}"
