"""What to do next about human level (rules P10 to P12), from what is known of it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from dlx.humans._result import Asked, GroupLevel, Model, PersonLevel
from dlx.strategy.words import level, points

__all__ = ["steps"]

#: Below this α conclusions from the answers are not drawn (Krippendorff 2004).
_RELIABLE = 0.667
#: Votes of a panel that tell an error from the ambiguity of single votes.
_PANEL = 3


def steps(
    what: str,
    groups: Sequence[GroupLevel],
    people: Sequence[PersonLevel],
    asked: Asked | None,
    done: dict[str, int],
    *,
    diagnosable: bool,
    bounded: bool,
    unit: str,
) -> tuple[tuple[str, str], ...]:
    """(reason, command or "") pairs, the first one first.

    Args:
        what: recipe, run or file, as a command names it.
        groups: the one that stands for human level first.
        people: all persons.
        asked: the sample.
        done: person → how many of it they have labelled.
        diagnosable: whether ``what`` is a run or a table, which ``dlx diagnose`` takes.
        bounded: whether errors lie in [0, 1].
        unit: of the error.
    """
    name, how = shlex.quote(what), {"bounded": bounded, "unit": unit}
    if not groups:
        return (("Let somebody who knows the data label the sample, blind.", f"dlx human {name} --person NAME"),)
    best, made = groups[0], []
    made += _unfinished(name, asked, done)
    if best.against is not None:
        made += _model(name, best.against, how)
    made += _reference(name, best, people, asked, how)
    if best.alpha is not None and best.alpha.value is not None and best.alpha.value < _RELIABLE and best.pooled:
        made.append((
            f"People agree too little (α {best.alpha.value:.2f}, below {_RELIABLE}): talk about the examples they "
            "differ on and write down how to label them.", "",
        ))  # fmt: skip
    if len(groups) > 1 and diagnosable:
        weaker = groups[-1].group
        made.append((
            f"To claim 'as good as {weaker}' in use, that group's error is the bar; {best.group} stays the proxy of "
            "the Bayes error.", f"dlx diagnose {name} --deployment {shlex.quote(weaker)}",
        ))  # fmt: skip
    if diagnosable:
        made.append(("Judge the model with this human level.", f"dlx diagnose {name}"))
    return tuple(made)


def _unfinished(name: str, asked: Asked | None, done: dict[str, int]) -> list[tuple[str, str]]:
    if asked is None:
        return []
    left = {person: len(asked.ids) - n for person, n in done.items() if 0 < n < len(asked.ids)}
    return [
        (f"{person} has {n} of {len(asked.ids)} examples left.", f"dlx human {name} --person {shlex.quote(person)}")
        for person, n in sorted(left.items())
    ]


def _model(name: str, against: Model, how: dict) -> list[tuple[str, str]]:
    gap = points(abs(against.difference), **how)
    n = f"{against.n:,} examples"
    if against.low is None or against.high is None:
        return []
    if against.low > 0:
        shown = ""
        if against.only_model_wrong is not None:
            shown = f" On {against.only_model_wrong} of them only the model is wrong: ask people how they knew."
        return [(
            f"People are better than the model by {gap} on {n}: more labels by people, and looking at its errors, help."
            f"{shown}", f"dlx analyze-errors {name}",
        )]  # fmt: skip
    if against.high < 0:
        return [(
            f"The model is better than these people by {gap} on {n}: they no longer show where to go. Find a better "
            "panel, or go by the goal's target.", "",
        )]  # fmt: skip
    more = f"; about {float(f'{against.n_needed:.2g}'):,.0f} would show such a difference" if against.n_needed else ""
    if not against.difference:
        return []
    return [(f"Whether people or the model err less is open on {n} (they differ by {gap}){more}.", "")]


def _reference(name: str, best: GroupLevel, people, asked: Asked | None, how: dict) -> list[tuple[str, str]]:
    """A wider panel, more examples, and labels made in the same way."""
    made: list[tuple[str, str]] = []
    if best.people == 1:
        made.append((
            "One person is no panel: let others label the same examples.", f"dlx human {name} --person NAME",
        ))  # fmt: skip
    elif best.people is not None and best.people < _PANEL:
        made.append((
            f"{best.people} people cannot outvote an error: a third makes a majority.",
            f"dlx human {name} --person NAME",
        ))  # fmt: skip
    elif len(best.by_votes) > 1 and asked is not None and asked.label_votes is None:
        (few, high), (many, low) = best.by_votes[0], best.by_votes[-1]
        if high > low:
            made.append((
                f"How were the labels made? {few} vote errs {level(high, **how)} here, {many} votes "
                f"{level(low, **how)}: human level must match.", f"dlx human {name} --label-votes K",
            ))  # fmt: skip
    low, high = best.level.low, best.level.high
    whole = asked is not None and len(asked.ids) <= best.examples  # the sample is labelled: more of it must be asked
    if whole and low is not None and high is not None and len(asked.ids) < asked.n_dev:
        wide = high - low > max(best.level.error, 0.02) if how["bounded"] else high - low > best.level.error
        if wide:
            more = min(4 * len(asked.ids), asked.n_dev)
            made.append((
                f"Human level is not known well: {more:,} examples in place of {len(asked.ids):,} about "
                f"{'halve' if more == 4 * len(asked.ids) else 'shorten'} its interval.", f"dlx human {name} --n {more}",
            ))  # fmt: skip
    return made
