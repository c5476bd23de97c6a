"""Human level in a terminal: groups, people, agreement, the model beside them, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from dlx.humans._result import GroupLevel, HumanLevel
from dlx.reports._numbers import count
from dlx.strategy.rungs import Rung
from dlx.strategy.words import level, listed, points

__all__ = ["render"]

#: For terminals that know no other letters.
_PLAIN = str.maketrans(
    {"\u00a0": " ", "−": "-", "–": "-", "→": "->", "·": "*", "α": "alpha", "κ": "kappa", "…": "...", "≤": "<="}
)


def render(found: HumanLevel, console: Console) -> None:
    """Print what is known, and the next commands."""
    _say(console, _head(found))
    if found.imported:
        _say(console, found.imported)
    if found.written is not None:
        _say(console, f"Written: {found.written}", wrap=False)
    if found.groups:
        console.print()
        _table(found, console)
        for group in found.groups:
            _about(found, group, console)
    if found.nearest_neighbour is not None:
        bound = level(found.nearest_neighbour)
        _say(console, f"No people: nearest neighbours of the features put the Bayes error at {bound} or more (weak).")
    for note in found.notes:
        _say(console, note, style="yellow")
    if found.steps:
        console.print()
        _say(console, "What to do next", style="bold")
        for number, (reason, command) in enumerate(found.steps, start=1):
            _say(console, f"{number}. {reason}")
            if command:
                _say(console, f"   {command}", style="green", wrap=False)


def _say(console: Console, text: str, *, style: str = "", wrap: bool = True) -> None:
    if console.options.ascii_only:
        text = text.translate(_PLAIN).encode("ascii", "replace").decode()
    console.print(Text(text, style=style), soft_wrap=not wrap)


def _head(found: HumanLevel) -> str:
    if found.asked is None:
        return f"Human level on {found.data}: nobody was asked yet."
    asked = found.asked
    who = [f"{person} {n}" for person, n in sorted(found.done.items())]
    text = f"Human level on {found.data}: {count(len(asked.ids))} of {count(asked.n_dev)} dev examples are asked about"
    return f"{text} (seed {asked.seed}); labelled: {', '.join(who)}." if who else f"{text} (seed {asked.seed})."


def _table(found: HumanLevel, console: Console) -> None:
    """Groups with their people beneath."""
    columns: list[list[str]] = [["who"], ["examples"], ["error"], ["95 %"], ["cannot tell"]]
    lines: list[tuple[str, Rung, int]] = []
    for group in found.groups:
        people = [p for p in found.people if p.group == group.group]
        if group.people != 1:
            name = f"{group.group}: {_decision(group, found)}"
            lines.append((name, group.level, group.unsure))
            if group.one is not None:
                lines.append((f"{group.group}: one of them", group.one, sum(p.unsure for p in people)))
        lines += [(f"  {p.person}" if group.people != 1 else f"{group.group}: {p.person}", p.level, p.unsure)
                  for p in people]  # fmt: skip
    if not any(unsure for *_, unsure in lines):
        columns.pop()
    for name, rung, unsure in lines:
        cells = [name, count(rung.n), level(rung.error, **_how(found)), _limits(found, rung), str(unsure or "")]
        for column, cell in zip(columns, cells, strict=False):
            column.append(cell)
    widths = [max(map(len, column)) for column in columns]
    for i, row in enumerate(zip(*columns, strict=True)):
        first, *rest = row
        text = "  ".join([f"{first:<{widths[0]}}", *(f"{c:>{w}}" for c, w in zip(rest, widths[1:], strict=True))])
        _say(console, text.rstrip(), style="bold" if i == 0 else "", wrap=False)


def _decision(group: GroupLevel, found: HumanLevel) -> str:
    word = "median" if found.task == "regression" else "majority"
    return f"{word} of {group.votes_per_label:g}"


def _how(found: HumanLevel) -> dict:
    return {"bounded": found.bounded, "unit": found.unit}


def _limits(found: HumanLevel, rung: Rung) -> str:
    if rung.low is None or rung.high is None:
        return "–"
    factor = 100 if found.bounded else 1
    return f"[{factor * rung.low:.3g}, {factor * rung.high:.3g}]"


def _about(found: HumanLevel, group: GroupLevel, console: Console) -> None:
    """One paragraph for each group: agreement, ties, smaller panels, the Bayes error, the model."""
    first = group is found.groups[0]
    console.print()
    picked = f", picked from {len(found.groups)} groups" if len(found.groups) > 1 else ""
    role = f" stands for human level (an upper bound of the Bayes error{picked})." if first else "."
    who = group.people
    people = f"{count(who)} {'person' if who == 1 else 'people'}" if who else "votes known as counts"
    _say(console, f"{group.group} ({people}, {count(group.votes)} votes){role}", style="bold" if first else "")
    for sentence in (_agreement(group), _ties(group), _panels(found, group), _bayes(group), _model(found, group)):
        if sentence:
            _say(console, sentence)


def _agreement(group: GroupLevel) -> str:
    parts = []
    if group.kappa is not None and group.kappa.value is not None:
        name = {"cohen": "Cohen's κ", "fleiss": "Fleiss' κ"}[group.kappa.kind]
        parts.append(f"{name} {group.kappa.value:.2f}{_span(group.kappa.low, group.kappa.high)}")
    if group.alpha is not None and group.alpha.value is not None:
        scale = f", {group.alpha.scale}" if group.alpha.scale != "nominal" else ""
        parts.append(f"Krippendorff's α {group.alpha.value:.2f}{_span(group.alpha.low, group.alpha.high)}{scale}")
    if not parts:
        return ""
    return f"Agreement: {', '.join(parts)}, on {count(group.alpha.items if group.alpha else group.kappa.n)} examples."


def _span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]".replace("-", "−")


def _ties(group: GroupLevel) -> str:
    parts = []
    if group.ties:
        parts.append(f"{count(group.ties)} ties were decided by a fair coin")
    if group.unsure and group.people != 1:
        parts.append(f"on {count(group.unsure)} examples nobody could tell: a guess counts")
    return f"{listed(parts).capitalize()}." if parts else ""


def _panels(found: HumanLevel, group: GroupLevel) -> str:
    if len(group.by_votes) < 2:
        return ""
    told = [f"{k} {'vote' if k == 1 else 'votes'} {level(e, **_how(found))}" for k, e in group.by_votes]
    mine = found.asked.label_votes if found.asked else None
    text = f"Error by size of the panel (ties split evenly): {', '.join(told)}."
    if mine is None:
        return text
    error = dict(group.by_votes).get(mine)
    if error is None:
        return f"{text} Labels were made of {mine} votes; these votes are too few to say how such labels err."
    return f"{text} Labels were made of {mine} {'vote' if mine == 1 else 'votes'}, as those that err {level(error)}."


def _bayes(group: GroupLevel) -> str:
    found = group.bayes
    if found is None or found.votes < 2:
        return ""
    limits = "" if found.low is None else f" [{100 * found.low:.3g}, {100 * found.high:.3g}]"
    return f"Bayes error by soft labels: {level(found.value)}{limits}. {found.note}"


def _model(found: HumanLevel, group: GroupLevel) -> str:
    made, how = group.against, _how(found)
    if made is None:
        return ""
    limits = ""
    if made.low is not None and made.high is not None:
        factor = 100 if found.bounded else 1
        limits = f" [{factor * made.low:.3g}, {factor * made.high:.3g}]".replace("-", "−")
    p = "" if made.p is None else f", McNemar's p {made.p:.2g}"
    difference = points(made.difference, **how)
    sign = "+" if made.difference > 0 else ""
    return (
        f"On the same {count(made.n)} examples: people {level(made.human, **how)}, {made.predictor} "
        f"{level(made.model, **how)}; {made.predictor} − people {sign}{difference}{limits}{p}."
    )


def tables(found: HumanLevel) -> dict[str, Sequence]:
    """What a page shows when a person has finished."""
    rows = [
        [g.group, count(g.examples), level(g.level.error, **_how(found)), _limits(found, g.level)] for g in found.groups
    ]
    return {"columns": ["group", "examples", "error", "95 %"], "rows": rows}
