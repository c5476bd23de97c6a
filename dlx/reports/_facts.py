"""Facts of the run and its data as terms with their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dlx.reports._contents import Contents
from dlx.reports._numbers import count, known, number, plain
from dlx.strategy.rungs import TITLES

__all__ = ["DataView", "Share", "data_view", "facts", "subtitle"]

_SPLITS = ("train", "train_dev", "dev", "test")
_COUNTS = {
    "duplicates_across_splits": "exact duplicates across splits",
    "contradictory_labels": "labels that contradict each other on equal content",
    "set_aside": "unreadable examples set aside",
    "moved": "examples that changed their split",
    "missing_values": "missing feature values",
}


@dataclass(frozen=True)
class Share:
    """One part of a whole: its name, number and per cent of the whole (or of the largest part)."""

    name: str
    text: str
    percent: float


@dataclass(frozen=True)
class DataView:
    """What is known of the data.

    Attributes:
        sizes: examples by split.
        balance: classes by share of the largest class, largest first; with several labels, the share of yes of each.
        balance_of: what was counted.
        tables: (title, header, rows): sources by split, groups, range of the labels.
        counts: (what, how often), what should be zero.
        warnings: what to know before trusting the numbers.
        notes: what was guessed or done.
    """

    sizes: Sequence[Share]
    balance: Sequence[Share]
    balance_of: str
    tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]]
    counts: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    notes: Sequence[str]

    @property
    def empty(self) -> bool:
        return not (self.sizes or self.balance or self.tables or self.counts or self.warnings or self.notes)


def subtitle(contents: Contents) -> list[str]:
    """The line beneath the title: recipe, task, when, seed."""
    info, recipe = contents.info, contents.recipe
    task = contents.diagnosis.get("task") or (recipe.get("task") or {}).get("name")
    said = [str(info["recipe"])] if info.get("recipe") and str(info["recipe"]) != contents.title else []
    said += [str(task).replace("_", " ")] if task else []
    transfer = info.get("transfer") or {}
    builder = f"from {transfer['source']}" if transfer else (recipe.get("model") or {}).get("builder")
    said += [str(builder)] if builder else []
    said += [when(info["started"])] if info.get("started") else []
    return said


def facts(contents: Contents) -> list[tuple[str, str]]:
    """What one must know to repeat the run; terms that are not known are left out."""
    info, transfer = contents.info, contents.info.get("transfer") or {}
    seed = info.get("seed", (contents.recipe.get("train") or {}).get("seed"))
    versions = {"dlx": info.get("dlx_version"), "Python": info.get("python"), **(info.get("versions") or {})}
    made_with = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    rows = [
        ("Run", info.get("id")),
        ("Name", info.get("name") if info.get("name") != info.get("id") else None),
        ("Note", info.get("note")),
        ("Table", contents.diagnosis.get("note") if not info else None),
        ("Command", info.get("command")),
        ("Begun from", transfer.get("source")),
        ("Registered as", transfer.get("registered")),
        ("Trained", transfer.get("depth")),
        ("Status", info.get("status")),
        ("Started", when(info.get("started"))),
        ("Took", duration(info.get("started"), info.get("finished"))),
        ("Device", plain(info["device"]) if info.get("device") else None),
        ("Machine", ", ".join(str(v) for v in (info.get("platform"), cpus(info.get("cpus"))) if v)),
        ("Seed", str(seed) if seed is not None else None),
        ("Parameters", count(info["parameters"]) if known(info.get("parameters")) else None),
        ("Versions", made_with),
        ("Git commit", info.get("git_commit")),
        ("Recipe digest", info.get("recipe_hash")),
        ("Data digest", plain(info["data_digest"]) if info.get("data_digest") else None),
        ("Split digest", plain(info["split_digest"]) if info.get("split_digest") else None),
    ]
    return [(term, str(value)) for term, value in rows if value]


def data_view(data: Mapping[str, Any]) -> DataView:
    """Sizes, balance and what was found in the data; missing keys are left out."""
    sizes = {name: n for name, n in (data.get("sizes") or {}).items() if known(n)}
    total = sum(sizes.values()) or 1
    order = [*(s for s in _SPLITS if s in sizes), *(s for s in sizes if s not in _SPLITS)]
    shares = [Share(TITLES.get(s, str(s)), count(sizes[s]), 100 * sizes[s] / total) for s in order]
    balance, balance_of = _balance(data.get("class_balance") or {})
    counts = [(text, _how_many(data[key])) for key, text in _COUNTS.items() if data.get(key) is not None]
    tables = [_by_split("Sources", "source", data.get("sources") or {}), _ranges(data.get("label_range") or {})]
    tables.append(_by_split("Groups", "", {"groups": data["groups"]} if data.get("groups") else {}))
    warnings, notes = ([str(note) for note in data.get(key) or ()] for key in ("warnings", "notes"))
    resolvable = data.get("resolvable_difference")
    if isinstance(resolvable, Mapping) and resolvable.get("sentence"):
        notes.insert(0, f"{str(resolvable['sentence']).rstrip('.')}.")
    return DataView(shares, balance, balance_of, [t for t in tables if t[2]], counts, warnings, notes)


def when(text: Any) -> str | None:
    """An ISO time as people write it: ``20 November 2025, 21:07 UTC``."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return str(text) if text else None
    zone = " UTC" if time.utcoffset() is not None and not time.utcoffset() else ""
    return f"{time.day} {time:%B %Y, %H:%M}{zone}"


def duration(start: Any, end: Any) -> str | None:
    """The time between two ISO times: ``1 min 12 s``."""
    try:
        seconds = (datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(start))).total_seconds()
    except (ValueError, TypeError):
        return None
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def cpus(n: Any) -> str | None:
    return f"{n} CPU cores" if n else None


def _balance(balance: Mapping[str, Any], most: int = 12) -> tuple[list[Share], str]:
    """Classes in train, or in the first split that has them; of several labels the share of yes."""
    rows = {str(name): by for name, by in balance.items() if isinstance(by, Mapping)}
    if any(key.endswith(" known") for by in rows.values() for key in by):
        return _yes(rows)
    split = next((s for s in _SPLITS if any(s in by for by in rows.values())), None)
    if split is None:
        return [], ""
    counted = sorted(((name, by.get(split) or 0) for name, by in rows.items()), key=lambda pair: -pair[1])
    largest = counted[0][1] or 1
    shares = [Share(name, count(n), 100 * n / largest) for name, n in counted]
    if len(shares) > most:
        half = most // 2
        shares = [*shares[:half], Share(f"… {len(shares) - most} more …", "", 0.0), *shares[-half:]]
    return shares, f"Classes in {TITLES[split]}"


def _yes(rows: Mapping[str, Mapping[str, Any]]) -> tuple[list[Share], str]:
    split = next((s for s in _SPLITS if any(f"{s} known" in by for by in rows.values())), "train")
    shares = []
    for name, by in rows.items():
        yes, of = by.get(f"{split} yes") or 0, by.get(f"{split} known") or 0
        shares.append(Share(name, f"{100 * yes / of:.0f} %" if of else "", 100 * yes / of if of else 0.0))
    return shares, f"Share of yes in {TITLES[split]}, where known"


def _by_split(title: str, head: str, rows: Mapping[str, Mapping[str, Any]]) -> tuple[str, list[str], list[list[str]]]:
    """A table of counts with one column per split, and one for what is in none."""
    rows = {name: by for name, by in rows.items() if isinstance(by, Mapping)}
    splits = [s for s in (*_SPLITS, "unused") if any(known(by.get(s)) for by in rows.values())]
    made = [[str(name), *(count(by[s]) if by.get(s) else "" for s in splits)] for name, by in rows.items()]
    return title, [head, *(TITLES.get(s, s) for s in splits)], made if splits else []


def _ranges(ranges: Mapping[str, Sequence[float]]) -> tuple[str, list[str], list[list[str]]]:
    """Least, median and most of labels that are numbers."""
    rows = [[TITLES.get(s, s), *(number(v, 4) for v in ranges[s])] for s in _SPLITS if s in ranges]
    return "Labels", ["", "least", "median", "most"], rows


def _how_many(value: Any) -> str:
    if isinstance(value, Mapping):
        numbers = {k: v for k, v in value.items() if known(v) and v}
        return "0" if not numbers else ", ".join(f"{k}: {count(v)}" for k, v in numbers.items())
    if isinstance(value, (list, tuple)):
        return count(len(value))
    return count(value) if known(value) else str(value)
