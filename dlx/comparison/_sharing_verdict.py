"""Whether to share a network among tasks: the verdict, and the three conditions of rule P57, each with its number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from dlx.comparison._pairs import ROPE, Pair
from dlx.comparison._sharing import SEPARATE, SHARED, Network, TaskRow, measured
from dlx.comparison._words import Words
from dlx.strategy.words import listed

__all__ = ["Condition", "Sharing", "sharing"]

#: Amounts of data that differ by no more than this factor count as similar.
SIMILAR = 3
_WORDS = Words()


@dataclass(frozen=True)
class Condition:
    """One condition under which sharing pays.

    Attributes:
        code: ``data``, ``input`` or ``size``.
        status: ``holds``, ``fails`` or ``undecided``.
        text: with its number.
        command: what to do about it; empty where there is nothing to run.
    """

    code: str
    status: str
    text: str
    command: str = ""


@dataclass(frozen=True)
class Sharing:
    """One network for all tasks against one for each.

    Attributes:
        tasks: one row per task.
        whole: all tasks together.
        network: what the shared network took.
        alone: task → what its own network took.
        conditions: of rule P57.
        status: ``share``, ``separate``, ``no_difference`` or ``need_more``.
        text: the verdict in words.
        n_needed: dev examples that would show the observed difference in four of five samples; None otherwise.
        remarks: what this comparison cannot say.
    """

    tasks: tuple[TaskRow, ...]
    whole: TaskRow
    network: Network
    alone: Mapping[str, Network]
    conditions: tuple[Condition, ...]
    status: str
    text: str
    n_needed: int | None
    remarks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON data: status, text, tasks, whole, network, alone, conditions …"""
        rows = {"tasks": [row.to_dict() for row in self.tasks], "whole": self.whole.to_dict()}
        return {"status": self.status, "text": self.text, "n_needed": self.n_needed, **rows} | {
            "network": asdict(self.network),
            "alone": {name: asdict(network) for name, network in self.alone.items()},
            "conditions": [asdict(condition) for condition in self.conditions],
            "remarks": list(self.remarks),
        }


def sharing(
    shared: pd.DataFrame,
    separate: Mapping[str, pd.DataFrame],
    *,
    n_train: Mapping[str, int],
    several: float,
    network: Network,
    alone: Mapping[str, Network],
    bigger: str = "",
    command: Callable[[str], str] = lambda task: "",
) -> Sharing:
    """Compare, judge, and look at the conditions.

    Args:
        shared: rows of the shared network on train and dev.
        separate: task → rows of its own network.
        n_train: task → known labels in train.
        several: share of train examples that carry labels of two tasks or more.
        network: what the shared network took.
        alone: task → what its own network took.
        bigger: the command that compares again with a bigger network.
        command: task → the command that trains its network alone.
    """
    tasks, whole = measured(shared, separate, n_train)
    conditions = (_data(tasks), _input(several), _size(whole, bigger))
    status = {SHARED: "share", SEPARATE: "separate"}.get(whole.pair.better or "", whole.pair.status)
    text = _verdict(status, whole, network, alone, n=int((shared["split"] == "dev").sum()))
    return Sharing(
        tasks, whole, network, dict(alone), conditions, status,
        " ".join([text, *_others(status, tasks, conditions, command)]),
        whole.pair.n_needed if status == "need_more" else None, tuple(_remarks(tasks, whole, network, alone)),
    )  # fmt: skip


def _verdict(status: str, whole: TaskRow, network: Network, alone: Mapping[str, Network], *, n: int) -> str:
    pair, over = whole.pair, f"over {whole.n:,} labels of {n:,} dev examples"
    gap = _WORDS.gap(abs(pair.difference)).removeprefix("+")
    span = _span(pair, turned=pair.difference < 0)
    if status == "share":
        return f"Share the network: its error is {gap} below that of separate ones ({span}), {over}."
    if status == "separate":
        return f"Keep the tasks apart: the error of separate networks is {gap} below the shared one's ({span}), {over}."
    apart = sum(each.parameters for each in alone.values())
    cheaper = f"The shared one is cheaper: {network.parameters:,} parameters against {apart:,}."
    told = f"No difference is shown: shared minus separate is {_WORDS.gap(pair.difference)} ({_span(pair)}), {over}."
    if status == "need_more":
        told += f" About {pair.n_needed:,} examples ({pair.n_needed - pair.n:,} more) would show one of this size."
    return f"{told} {cheaper}"


def _span(pair: Pair, *, turned: bool = False) -> str:
    """Interval and p-value; ``turned`` for separate minus shared."""
    low, high = pair.low, pair.high
    if turned and low is not None and high is not None:
        low, high = -high, -low
    parts = [_WORDS.interval(low, high), _WORDS.p(pair.p if pair.p_holm is None else pair.p_holm)]
    return ", ".join(part for part in parts if part)


def _others(status: str, tasks: Sequence[TaskRow], conditions, command: Callable[[str], str]) -> list[str]:
    """Tasks that do better the other way, and the reason where the shared network is too small."""
    told = []
    better = [row for row in tasks if row.pair.better == SEPARATE] if status != "separate" else []
    for row in better:
        gap, how = _WORDS.gap(row.pair.difference).removeprefix("+"), command(row.name)
        told.append(f"But {row.name} does better alone, by {gap} ({_span(row.pair)}).")
        told += [f"`{how}` trains it."] if how else []
    if status == "separate":
        gains = [row.name for row in tasks if row.pair.better == SHARED]
        told += [f"But {listed(gains)} {'gains' if len(gains) == 1 else 'gain'} by sharing."] if gains else []
        size = next(condition for condition in conditions if condition.code == "size")
        if size.status == "fails":
            told.append("The shared network fits train worse, too: it is too small for all, or not trained to the end.")
    return told


def _data(tasks: Sequence[TaskRow]) -> Condition:
    """Similar amounts of data: then each task gets as much again from every other one (worked number O43)."""
    least, most = min(tasks, key=lambda row: row.n_train), max(tasks, key=lambda row: row.n_train)
    ratio, total = most.n_train / least.n_train, sum(row.n_train for row in tasks)
    text = (
        f"{least.n_train:,} ({least.name}) to {most.n_train:,} ({most.name}) labels per task in train, 1 : {ratio:.3g}"
    )
    if ratio <= SIMILAR:
        text = f"Similar amounts of data: {text}; together {total:,}."
        return Condition("data", "holds", text)
    others = (total - least.n_train) / least.n_train
    gain = f"{least.name} has most to gain: the others bring {others:.3g} times its labels"
    text = f"Amounts of data differ: {text}. {gain}."
    return Condition("data", "fails", text)


def _input(several: float) -> Condition:
    text = f"All tasks read the same input, and {100 * several:.0f} % of the train examples have labels of two or more."
    return Condition("input", "holds", f"{text} Whether they need the same low-level features, only the errors tell.")


def _size(whole: TaskRow, bigger: str) -> Condition:
    """A network that is too small for all tasks fits train worse than each small one fits its own.

    Differences under a tenth of the dev error do not matter, as in the ladder.
    """
    both = f"{_WORDS.value(whole.train_shared)} against {_WORDS.value(whole.train_separate)} of separate ones"
    both = f"{both} ({_span(whole.train)})"
    rope, gap, high = ROPE * whole.shared, whole.train.difference, whole.train.high
    if whole.train.better == SEPARATE and gap > rope:
        worse = "The shared network fits train worse"
        return Condition("size", "fails", f"{worse}: {both}. It is too small, or not trained to the end.", bigger)
    if gap > 0 and (high is None or high > rope):
        text = f"Whether the shared network is big enough is not shown: its train error is {both}."
        return Condition("size", "undecided", text, bigger)
    text = (
        "is big enough" if whole.train.better != SEPARATE else "fits train a little worse, by less than matters on dev"
    )
    return Condition("size", "holds", f"The shared network {text}: its train error is {both}.")


def _remarks(tasks: Sequence[TaskRow], whole: TaskRow, network: Network, alone: Mapping[str, Network]) -> list[str]:
    told = [
        "One training of each network: the intervals cover the examples, not the luck of a start. "
        "-s train.seed=1 starts anew."
    ]
    few = {name: each.steps for name, each in alone.items() if each.steps < network.steps / 2}
    if few:
        counts = ", ".join(f"{name} {steps:,}" for name, steps in few.items())
        told.append(f"With fewer labels the same epochs are fewer steps: {counts}, shared {network.steps:,}.")
    swings = [(f"{row.name} alone", alone[row.name].swing, row) for row in tasks]
    swings.append(("the shared network", network.swing, whole))
    loose = [
        f"{name} {100 * swing:.3g}"
        for name, swing, row in swings
        if row.pair.better and swing > abs(row.pair.difference)
    ]
    if loose:
        told.append(
            f"Not settled: over its last epochs dev moved by more points than the difference ({', '.join(loose)}). "
            "A falling learning rate settles it: -s train.schedule=cosine."
        )
    return told
