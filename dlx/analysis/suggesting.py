"""What a machine would add, after people have spoken: slices, clusters and confusions that no tag names yet.

Suggestions made earlier would be believed too easily (anchoring). Until enough of the sample is reviewed there are
none, and a tag that comes from one says so in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlx.analysis import _clusters
from dlx.analysis._sampling import GIVEN, Subject, read_rows
from dlx.analysis.features import FILE, Features
from dlx.errors import DlxError, UserError
from dlx.strategy.honest_slices import HonestSlice, find_slices
from dlx.strategy.words import level
from dlx.tagging.frozen import Sample
from dlx.tagging.log import TagLog
from dlx.tagging.names import tag_name
from dlx.tagging.sample import eyeball, ranks
from dlx.tagging.state import State
from dlx.tagging.wrong import wrong

__all__ = ["PAYLOAD_FEATURES", "Suggestion", "Suggestions", "accept", "enough", "suggest", "suggestions"]

#: The file of a run with plain properties of each dev example: ``id`` and any other columns.
PAYLOAD_FEATURES = "payload_features.parquet"
#: Errors, or share of the sample, that have to be reviewed first.
ENOUGH, SHARE = 30, 0.30
#: Dev examples that are enough to find slices; more only take time.
_MOST = 50_000
_SHOWN = 6
#: Standard deviations by which the mean of a cluster differs where that is worth a word: a large effect (Cohen 1988).
_APART = 0.8
#: Seed of the two halves: not that of any sample.
_HALVES = 104_729


@dataclass(frozen=True)
class Suggestion:
    """A kind of errors that might deserve a tag.

    Attributes:
        kind: ``slice``, ``cluster`` or ``confusion``.
        text: what it is, in words.
        tag: a name for a tag.
        items: errors of the sample that are of this kind.
        examples: up to six errors to look at.
        evidence: the numbers behind it.
    """

    kind: str
    text: str
    tag: str
    items: tuple[str, ...]
    examples: tuple[str, ...]
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """What a tag made of it says in the log."""
        return f"suggestion:{self.kind}"

    def to_dict(self) -> dict[str, Any]:
        values = vars(self) | {"items": list(self.items), "examples": list(self.examples)}
        return values | {"source": self.source}


@dataclass(frozen=True)
class Suggestions:
    """All suggestions.

    Attributes:
        items: slices, then clusters, then confusions.
        notes: what was looked at and where nothing was found.
        reviewed: errors of the sample that somebody has reviewed.
        needed: how many have to be.
    """

    items: tuple[Suggestion, ...] = ()
    notes: tuple[str, ...] = ()
    reviewed: int = 0
    needed: int = ENOUGH

    @property
    def ready(self) -> bool:
        """Whether people have spoken."""
        return self.reviewed >= self.needed

    def to_dict(self) -> dict[str, Any]:
        made = {"ready": self.ready, "reviewed": self.reviewed, "needed": self.needed, "notes": list(self.notes)}
        return made | {"items": [item.to_dict() for item in self.items]}


def enough(sample: Sample) -> int:
    """How many errors of the sample have to be reviewed before anything is suggested: 30, or 30 % of a small one."""
    return max(1, min(ENOUGH, int(np.ceil(SHARE * len(sample.errors)))))


def suggest(about: Subject, sample: Sample, state: State) -> Suggestions:
    """Suggestions for a sample: its predictions, and what the run kept of their inputs, are read only if they count.

    Raises:
        UserError: predictions at fault.
        DlxError: a damaged file of the run.
    """
    wanted = set(sample.errors["id"])
    reviewed = {example for (example, _), review in state.reviews.items() if review.done and example in wanted}
    start = Suggestions(reviewed=len(reviewed), needed=enough(sample))
    if not start.ready or (sample.by == GIVEN and sample.stamp is None):  # a sheet whose predictions are elsewhere
        return start
    part, found, _ = read_rows(about, {"split": sample.split} | dict.fromkeys(("predictor", "task")) | sample.options)
    bad = wrong(part, found.task, sample.options.get("threshold")).rows
    share = sample.options.get("eyeball") or 1.0
    if share < 1:  # the black box stays closed
        seen = eyeball(part["id"], share)
        part, bad = part[seen].reset_index(drop=True), bad[seen]
    payload = features = None
    if about.run is not None and sample.split == "dev":  # training keeps nothing of the other splits
        payload = _payload(about.run.file(PAYLOAD_FEATURES))
        features = Features.read(about.run.file(FILE))
    return suggestions(part, bad, sample, task=found.task, payload=payload, features=features, start=start)


def _payload(path: Path) -> pd.DataFrame | None:
    if not path.exists():
        return None
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise DlxError(
            "the payload features of this run are damaged", where=str(path), hint="Remove the file: all else works."
        ) from error


def suggestions(
    part: pd.DataFrame,
    bad: np.ndarray,
    sample: Sample,
    *,
    task: str = "classification",
    payload: pd.DataFrame | None = None,
    features: Features | None = None,
    start: Suggestions,
) -> Suggestions:
    """The same from tables; nothing where people have not spoken.

    Args:
        part: rows of the predictor on dev.
        bad: (rows,) which are errors.
        sample: its errors are named in the suggestions.
        task: of the predictions.
        payload: ``id`` and properties of the inputs.
        features: of the model.
        start: how far people are.
    """
    if not start.ready:
        return start
    in_sample = set(sample.errors["id"])
    slices, notes = _slices(part, bad, payload, in_sample)
    clusters, said = _clustered(part, bad, features, payload, in_sample) if features is not None else ([], [])
    pairs = _confusions(part[bad], in_sample) if task == "classification" else []
    return Suggestions((*slices, *clusters, *pairs), (*notes, *said), start.reviewed, start.needed)


def _slices(part, bad: np.ndarray, payload: pd.DataFrame | None, in_sample: set[str]):
    table = part[[c for c in part if c.startswith("meta_")]]
    if "source" in part and part["source"].nunique() > 1:
        table = table.assign(source=part["source"].astype(object))
    if payload is not None:
        kept = payload.drop_duplicates("id").set_index("id")
        known = part["id"].isin(kept.index).to_numpy()
        part, bad, table = part[known].reset_index(drop=True), bad[known], table[known].reset_index(drop=True)
        table = pd.concat([table, kept.reindex(part["id"]).reset_index(drop=True)], axis=1)
        table = table.loc[:, ~table.columns.duplicated()]
    if not len(table.columns):
        return [], []
    together = part["group"] if "group" in part and part["group"].notna().any() else None
    key = part["id"] if together is None else together.astype(object).where(together.notna(), part["id"])
    if len(part) > _MOST:
        some = np.sort(np.argsort(ranks(part["id"], _HALVES + 1), kind="stable")[:_MOST])
        part, bad, table, key = part.iloc[some], bad[some], table.iloc[some], key.iloc[some]
    half = ranks(key.map(str), _HALVES) < 0.5
    found = find_slices(table, bad, half, groups=None if together is None else key.tolist())
    if found.reason:
        return [], [f"No slices: {found.reason}"]
    tests = f"{found.tested} condition{'' if found.tested == 1 else 's'}"
    columns = f"{len(found.columns)} column{'' if len(found.columns) == 1 else 's'}"
    told = f"{tests} on {columns} {'was' if found.tested == 1 else 'were'} tested on {found.n_test:,} examples"
    ids = part["id"].to_numpy(object)
    made = [_slice(one, ids, bad, in_sample) for one in found.found]
    return made, [f"{told} that did not find them{'' if made else '; none holds'}."]


def _slice(one: HonestSlice, ids: np.ndarray, bad: np.ndarray, in_sample: set[str]) -> Suggestion:
    errors = [str(name) for name in ids[one.rows][bad[one.rows]]]
    evidence = one.to_dict()
    text = evidence.pop("text")
    limits = f"[{level(one.low)}, {level(one.high)}]"
    said = (
        f"{text}: {level(one.rate)} of {one.n:,} tested examples are wrong {limits}, {level(one.rest)} of the others; "
        f"{level(one.share_of_errors)} of the errors, q {_q(one.q)}"
    )
    mine = tuple(name for name in errors if name in in_sample)
    return Suggestion("slice", said, text[:80].strip(), mine, (*mine, *errors)[:_SHOWN], evidence | {"where": text})


def _q(q: float) -> str:
    return f"{q:.1g}" if q >= 0.001 else "< 0.001"


def _clustered(part, bad: np.ndarray, features: Features, payload: pd.DataFrame | None, in_sample: set[str]):
    rows = part[bad & part["id"].isin(features.place.keys()).to_numpy()]
    values = features.values[[features.place[name] for name in rows["id"]]].astype("float32")
    found = _clusters.clusters(values)
    if not found.groups:
        return [], [found.reason] if found.reason else []
    made = []
    for members in found.groups:
        here = rows.iloc[members]
        pair, times = _commonest(here)
        share = len(here) / len(rows)
        text = f"{len(here)} errors ({level(share)}) that look alike to the model, {times} of them {pair}"
        apart = {} if payload is None else _apart(payload, rows["id"], here["id"])
        text += "".join(f"; {name} {'high' if d > 0 else 'low'}" for name, d in apart.items())
        mine = tuple(name for name in here["id"] if name in in_sample)
        evidence = {"n": len(here), "share_of_errors": share, "pair": pair, "times": times, "apart": apart}
        made.append(Suggestion("cluster", text, f"like {pair}"[:80], mine, tuple(here["id"].head(_SHOWN)), evidence))
    alone = (
        f"{found.alone:,} errors are in none of the clusters, which are for looking at: nothing about them is tested."
    )
    return made, [alone]


def _apart(payload: pd.DataFrame, errors: pd.Series, here: pd.Series) -> dict[str, float]:
    """By which properties a cluster differs most from the other errors: name → standardised difference of means."""
    table = payload[payload["id"].isin(set(errors))].set_index("id").select_dtypes("number")
    inside = table.index.isin(set(here))
    if inside.all() or not inside.any():
        return {}
    gaps = ((table[inside].mean() - table[~inside].mean()) / table.std().replace(0, np.nan)).dropna()
    top = gaps.reindex(gaps.abs().sort_values(ascending=False, kind="stable").index)
    return {str(name): float(d) for name, d in top[top.abs() >= _APART].head(3).items()}


def _commonest(rows: pd.DataFrame) -> tuple[str, int]:
    pairs = pd.Series([_pair(t, p) for t, p in zip(rows["y_true"], rows["y_pred"], strict=True)]).value_counts()
    return str(pairs.index[0]), int(pairs.iloc[0])


def _pair(true: Any, said: Any) -> str:
    if isinstance(true, float) and isinstance(said, float):
        return "too high" if said > true else "too low"
    return f"{true} taken for {said}"


def _confusions(rows: pd.DataFrame, in_sample: set[str]) -> list[Suggestion]:
    """The commonest pairs of classes; all errors are counted, so these are facts of this dev set."""
    pairs = pd.Series([_pair(t, p) for t, p in zip(rows["y_true"], rows["y_pred"], strict=True)], index=rows["id"])
    made = []
    for pair, times in pairs.value_counts().items():
        if times < max(3, 0.05 * len(rows)) or len(made) == _SHOWN:
            break
        ids = [str(name) for name in pairs.index[pairs == pair]]
        mine = tuple(name for name in ids if name in in_sample)
        text = f"{pair}: {times:,} of {len(rows):,} errors ({level(times / len(rows))})"
        evidence = {"n": int(times), "share_of_errors": times / len(rows)}
        made.append(Suggestion("confusion", text, str(pair)[:80], mine, (*mine, *ids)[:_SHOWN], evidence))
    return made


def accept(
    suggestion: Suggestion, log: TagLog, reviewer: str, *, tag: str | None = None, items: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Make a tag of a suggestion, with its source, on errors that this reviewer has looked at already.

    An error that nobody looked at is left alone: a tag would count as a review.

    Args:
        suggestion: what is accepted.
        log: where tags are kept.
        reviewer: who accepts it.
        tag: its name; default the suggested one.
        items: errors that get it; default all of the suggestion's.

    Returns:
        the errors that carry the tag now; one undo takes them all back.

    Raises:
        UserError: none of them was reviewed by this reviewer, or a name that no tag can have.
    """
    name, now = tag_name(tag or suggestion.tag), log.state()
    mine = tuple(i for i in (suggestion.items if items is None else items) if now.review(i, reviewer).done)
    if not mine:
        raise UserError(
            "a suggestion becomes a tag on errors that you have looked at", value=suggestion.text,
            hint="Go through its examples first.",
        )  # fmt: skip
    values = [(item, now.tag(name) or name, True) for item in mine]
    log.write(values, reviewer=reviewer, source=suggestion.source, suggestion=suggestion.text)
    return mine
