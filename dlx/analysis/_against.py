"""From run to run: which tagged errors are fixed, which are new, and whether what was looked at was overfitted.

Tags follow the example's id, so that what people said about errors of an earlier run counts for the later one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from dlx.analysis import _counting
from dlx.reports._numbers import Measure
from dlx.scores._paired import difference
from dlx.strategy.ceilings import Estimate, share_limits
from dlx.strategy.intervals import mover, wilson
from dlx.strategy.paired import tango
from dlx.strategy.words import level, points
from dlx.tagging.frozen import Sample
from dlx.tagging.sample import eyeball
from dlx.tagging.state import State

__all__ = ["Against", "Parts", "Rows", "compare"]

_RATE = Measure()
#: Columns of the table of tags.
COLUMNS = (
    "tag", "n", "fixed", "still_wrong", "regressed", "change", "low", "high", "dev_change", "dev_low", "dev_high",
)  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """The part of dev that people look at beside the part that they do not.

    Attributes:
        share: of dev in the eyeball part.
        eyeball: error of the later run there, with limits.
        blackbox: the same in the rest.
        gap: blackbox − eyeball, with Newcombe's limits.
        eyeball_change: error of the later run minus the earlier one's in the eyeball part, with Tango's limits.
        blackbox_change: the same in the rest.
        gap_of_changes: blackbox − eyeball, by MOVER.
        overfitted: whether the eyeball part improved, or is, clearly better than the rest.
    """

    share: float
    eyeball: Estimate
    blackbox: Estimate
    gap: Estimate
    eyeball_change: Estimate
    blackbox_change: Estimate
    gap_of_changes: Estimate
    overfitted: bool


@dataclass(frozen=True)
class Against:
    """A later run beside an earlier one.

    Attributes:
        later: its name.
        earlier: its name.
        n: examples that both judged.
        fixed: wrong in the earlier, right in the later.
        regressed: the other way round.
        still_wrong: wrong in both.
        change: error of the later minus the earlier, with a paired 95 % interval.
        tags: ``COLUMNS``, one row per tag. ``change`` is the same difference on its tagged examples (Tango), where
            old and new errors were tagged at about the same rate; ``dev_change`` is the change of the dev error by this
            tag, whatever the rates. Both, and ``regressed``, are missing while no new error is tagged.
        n_new: errors of the later that the earlier got right, or never saw.
        unseen: of these, examples that the earlier never saw.
        queue: those in the sample that nobody has reviewed: what is to be looked at now.
        parts: eyeball and blackbox; None where dev is not divided.
        notes: what else there is to know.
    """

    later: str
    earlier: str
    n: int
    fixed: int
    regressed: int
    still_wrong: int
    change: Estimate
    tags: pd.DataFrame
    n_new: int
    unseen: int
    queue: tuple[str, ...] = ()
    parts: Parts | None = None
    notes: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """The whole in one sentence, what is new, and the notes."""
        limits = "" if self.change.low != self.change.low else f" {_RATE.interval(self.change.low, self.change.high)}"
        told = [
            f"{self.later} against {self.earlier}, on {self.n:,} examples: {self.fixed:,} errors fixed, "
            f"{self.regressed:,} new, {self.still_wrong:,} still wrong; error {_RATE.gap(self.change.share)}{limits}."
        ]
        if self.n_new:
            unseen = f" ({self.unseen:,} on examples that {self.earlier} never saw)" if self.unseen else ""
            told.append(f"New errors: {self.n_new:,}{unseen}; to look at now: {len(self.queue):,}.")
        return [*told, *self.notes]

    def to_dict(self) -> dict[str, Any]:
        """JSON data; null where unknown."""
        rows = [{k: None if v is None or v != v else v for k, v in row.items()} for row in self.tags.to_dict("records")]
        plain = {name: value for name, value in vars(self).items() if name not in ("tags", "parts", "change")}
        made = plain | {"queue": list(self.queue), "notes": list(self.notes), "change": asdict(self.change)}
        return made | {"words": self.words(), "tags": rows, "parts": None if self.parts is None else asdict(self.parts)}


@dataclass(frozen=True)
class Rows:
    """The rows of one run on dev.

    Attributes:
        part: with ``id``, ``y_true``, ``error``, ``group``.
        bad: (rows,) which are errors.
    """

    part: pd.DataFrame
    bad: np.ndarray

    @property
    def wrong(self) -> pd.Series:
        """Id → whether it is an error."""
        return pd.Series(self.bad, index=self.part["id"].astype(object))


def compare(
    now: Rows, then: Rows, state: State, *, names: tuple[str, str], share: float = 1.0, sample: Sample | None = None
) -> Against:
    """The comparison as a pure function of rows and of what the log says.

    Args:
        now: of the later run.
        then: of the earlier one.
        state: what the log says.
        names: of both.
        share: of dev in the eyeball part.
        sample: of the later run, for the queue.
    """
    both = now.part["id"].isin(set(then.part["id"])).to_numpy()
    shared = now.part[both].reset_index(drop=True)
    a = now.bad[both]
    b = then.wrong.reindex(shared["id"]).to_numpy(bool)
    groups = shared["group"] if "group" in shared and shared["group"].notna().any() else None
    whole = difference(a.astype(float), b.astype(float), groups=groups)
    judged = pd.DataFrame({"now": a, "then": b}, index=shared["id"].astype(object))
    marks = _marks(judged, shared, state)
    reviewed = {example for (example, _), review in state.reviews.items() if review.done}
    is_new = now.bad & ~now.part["id"].isin(set(judged.index[b])).to_numpy()
    queue = []
    if sample is not None:
        wanted = set(now.part["id"][is_new])
        queue = [name for name in sample.errors["id"] if name in wanted and name not in reviewed]
    parts = None if share >= 1 else _parts(shared["id"], a, b, share)
    limits = (whole.low if whole.low is not None else np.nan, whole.high if whole.high is not None else np.nan)
    found = Against(
        *names, len(shared), int((b & ~a).sum()), int((a & ~b).sum()), int((a & b).sum()),
        Estimate(whole.value, *limits), _tags(marks, judged), int(is_new.sum()), int((now.bad & ~both).sum()),
        tuple(queue), parts,
    )  # fmt: skip
    return replace(found, notes=tuple(_notes(found, marks, judged, then, shared)))


def _marks(judged: pd.DataFrame, shared: pd.DataFrame, state: State) -> pd.DataFrame:
    """Tagged examples × tags, of those that one of the two got wrong."""
    either = judged["now"] | judged["then"]
    table = pd.DataFrame({"id": judged.index[either], "kind": "error", "stratum": "errors"})
    truth = dict(zip(shared["id"], shared["y_true"].map(str), strict=True))
    table["y_true"] = [truth[name] for name in table["id"]]
    n = max(len(table), 1)
    return _counting.marks(Sample(table, n, n, {"errors": n}), state).table


def _tags(marks: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    here = judged.loc[marks.index]
    only_now, only_then = here["now"] & ~here["then"], here["then"] & ~here["now"]
    total_new = int((judged["now"] & ~judged["then"]).sum())
    seen_new, seen_old = int(only_now.sum()), int(here["then"].sum())
    alike = not total_new or _alike(seen_new / total_new, seen_old / max(int(judged["then"].sum()), 1))
    rows = []
    for tag in marks:
        mine = marks[tag]
        n, fixed, new = int(mine.sum()), int((mine & only_then).sum()), int((mine & only_now).sum())
        row: dict[str, Any] = dict.fromkeys(COLUMNS) | {"tag": tag, "n": n, "fixed": fixed}
        row["still_wrong"] = n - fixed - new
        if n and (seen_new or not total_new):
            row["regressed"] = new
            if alike:
                row |= {"change": (new - fixed) / n} | dict(zip(("low", "high"), tango(new, fixed, n), strict=True))
            gained = _of_all(new, seen_new, total_new, len(judged))
            lost = _of_all(fixed, seen_old, int(judged["then"].sum()), len(judged))
            row |= {"dev_change": gained[0] - lost[0]} | dict(
                zip(("dev_low", "dev_high"), mover(lost, gained), strict=True)
            )
        if n:
            rows.append(row)
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    return made.sort_values("n", ascending=False, kind="stable", ignore_index=True)


def _alike(new: float, old: float) -> bool:
    """Whether new and old errors were tagged at about the same rate, so that their counts can be compared."""
    return max(new, old) <= 1.5 * min(new, old)


def _of_all(seen: int, n: int, total: int, n_dev: int) -> tuple[float, float, float]:
    """The dev error that ``seen`` of ``n`` tagged errors, of ``total``, stand for, with limits (statistics 3.7)."""
    if not n or not total:
        return 0.0, 0.0, 0.0
    low, high = share_limits(seen, n, total)
    weight = total / n_dev
    return weight * seen / n, weight * low, weight * high


def _parts(ids: pd.Series, a: np.ndarray, b: np.ndarray, share: float) -> Parts | None:
    looked = eyeball(ids, share)
    if not looked.any() or looked.all():
        return None
    eye, box = (_rate(a[side]) for side in (looked, ~looked))
    gap = Estimate(box.share - eye.share, *mover(_plain(eye), _plain(box)))
    eye_change, box_change = (_change(a[side], b[side]) for side in (looked, ~looked))
    gap_of_changes = Estimate(box_change.share - eye_change.share, *mover(_plain(eye_change), _plain(box_change)))
    overfitted = gap.low > 0 or gap_of_changes.low > 0
    return Parts(share, eye, box, gap, eye_change, box_change, gap_of_changes, bool(overfitted))


def _rate(bad: np.ndarray) -> Estimate:
    rate = float(bad.mean())
    return Estimate(rate, *wilson(rate, len(bad)))


def _change(a: np.ndarray, b: np.ndarray) -> Estimate:
    new, fixed, n = int((a & ~b).sum()), int((b & ~a).sum()), len(a)
    return Estimate((new - fixed) / n, *tango(new, fixed, n))


def _plain(one: Estimate) -> tuple[float, float, float]:
    return one.share, one.low, one.high


def _notes(found: Against, marks: pd.DataFrame, judged: pd.DataFrame, then: Rows, shared: pd.DataFrame) -> list[str]:
    notes = []
    earlier = found.fixed + found.still_wrong
    if earlier:
        notes.append(
            f"Of all {earlier:,} errors of {found.earlier}, {level(found.fixed / earlier)} are right now: any other "
            "model fixes some. A tag of which more is fixed was helped."
        )
    seen = judged.loc[marks.index]
    tagged_new = int((seen["now"] & ~seen["then"]).sum())
    if found.regressed and not tagged_new and len(marks):
        notes.append("No new error is tagged yet: what got worse is unknown until some are.")
    elif tagged_new and earlier:
        rates = tagged_new / found.regressed, int(seen["then"].sum()) / earlier
        if not _alike(*rates):
            notes.append(
                f"{level(rates[0])} of the new errors are tagged, {level(rates[1])} of the old ones: their counts "
                "cannot be set against each other; the change of dev error allows for that."
            )
    truth = then.part.set_index("id")["y_true"].reindex(shared["id"])
    moved = int(sum(str(x) != str(y) for x, y in zip(truth, shared["y_true"], strict=True)))
    if moved:
        notes.append(f"{moved:,} examples have another label than before: each run is judged by its own.")
    if found.parts is not None:
        notes.append(_overfit(found.parts))
    return notes


def _overfit(parts: Parts) -> str:
    told = (
        f"error {level(parts.eyeball.share)} in the eyeball part, {level(parts.blackbox.share)} in the blackbox; "
        f"change {points(parts.eyeball_change.share)} and {points(parts.blackbox_change.share)}"
    )
    if parts.overfitted:
        return f"The eyeball part is overfitted: {told}. Look at others: a larger --eyeball opens new examples."
    return f"Nothing shows that the eyeball part is overfitted: {told}."
