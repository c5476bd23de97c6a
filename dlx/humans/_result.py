"""The result of ``dlx human``: people, groups and what to do next; a frozen record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dlx.strategy.bayes_error import BayesError
from dlx.strategy.krippendorff import Alpha
from dlx.strategy.rungs import Rung

__all__ = ["Asked", "GroupLevel", "HumanLevel", "Kappa", "Model", "PersonLevel"]


@dataclass(frozen=True)
class PersonLevel:
    """One person.

    Attributes:
        person: the name.
        group: whom they belong to.
        level: their error with its limits, for other examples.
        unsure: examples about which they could not tell; a guess counts in their place (none for numbers).
    """

    person: str
    group: str
    level: Rung
    unsure: int = 0

    def to_dict(self) -> dict[str, Any]:
        return {"person": self.person, "group": self.group} | _figure(self.level) | {"unsure": self.unsure}


@dataclass(frozen=True)
class Kappa:
    """Agreement by κ, where it is defined.

    Attributes:
        kind: ``cohen`` for two people, ``fleiss`` for several with equally many votes on each example.
        value: κ.
        low: lower 95 % limit; None for Fleiss' κ.
        high: upper limit.
        n: examples.
    """

    kind: str
    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Model:
    """A group's decisions beside the model's on the same examples.

    Attributes:
        predictor: the model.
        n: examples that both judged.
        human: the group's error on them.
        model: the model's.
        difference: model − human.
        low: its lower 95 % limit, paired.
        high: its upper limit.
        p: McNemar's mid-p; None where errors are not 0 or 1, or rows do not count alike.
        only_human_wrong: examples on which only the people are wrong; None likewise.
        only_model_wrong: examples on which only the model is wrong.
        n_needed: examples that would show this difference with 80 % power, if more than there are.
    """

    predictor: str
    n: int
    human: float
    model: float
    difference: float
    low: float | None
    high: float | None
    p: float | None = None
    only_human_wrong: int | None = None
    only_model_wrong: int | None = None
    n_needed: int | None = None


@dataclass(frozen=True)
class GroupLevel:
    """One group of people.

    Attributes:
        group: its name.
        people: how many; None where only counts of votes are known.
        examples: that they labelled.
        votes: all of them.
        votes_per_label: median votes on an example.
        level: error of what they decide together, or of the one person, with its limits for other examples.
        one: error of one of them, with its limits for other people and examples; None for one person or counts only.
        by_votes: (votes, error of a panel of so many of them).
        ties: examples decided by a coin.
        unsure: examples about which nobody could tell.
        alpha: Krippendorff's α.
        kappa: Cohen's or Fleiss' κ; None where neither is defined.
        bayes: Bayes error estimated from the shares of the votes; None for other tasks than classes.
        against: the model on the same examples; None without one.
    """

    group: str
    people: int | None
    examples: int
    votes: int
    votes_per_label: float
    level: Rung
    one: Rung | None = None
    by_votes: tuple[tuple[int, float], ...] = ()
    ties: int = 0
    unsure: int = 0
    alpha: Alpha | None = None
    kappa: Kappa | None = None
    bayes: BayesError | None = None
    against: Model | None = None

    @property
    def pooled(self) -> bool:
        """Whether several people decide."""
        return self.people != 1

    def to_dict(self) -> dict[str, Any]:
        names = ("group", "people", "examples", "votes", "votes_per_label", "ties", "unsure")
        return {name: getattr(self, name) for name in names} | _figure(self.level) | {
            "one_person": None if self.one is None else _figure(self.one),
            "by_votes": [{"votes": k, "error": e} for k, e in self.by_votes],
            "alpha": self.alpha and self.alpha.to_dict(),
            "kappa": self.kappa and dict(vars(self.kappa)),
            "bayes_error": self.bayes and self.bayes.to_dict(),
            "model": self.against and dict(vars(self.against)),
        }  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The frozen sample of dev that everybody is asked about.

    Attributes:
        ids: the examples, in the order in which they are shown.
        n_dev: examples on dev.
        seed: of the choice.
        label_votes: how many people's votes made one label of the data; None where nobody has said.
    """

    ids: tuple[str, ...]
    n_dev: int
    seed: int = 0
    label_votes: int | None = None

    @property
    def p_inclusion(self) -> float:
        """How likely each example of dev was to be chosen."""
        return len(self.ids) / self.n_dev


@dataclass(frozen=True)
class HumanLevel:
    """Human level on the dev part of some data.

    Attributes:
        what: recipe, run or file.
        data: name of the data that the votes belong to.
        task: the task.
        unit: of the error; empty for rates.
        bounded: whether errors lie in [0, 1].
        asked: the sample; None where nobody was asked yet.
        done: person → how many of the sample they have labelled.
        groups: the groups, the one that stands for human level first.
        people: the persons, by group and error.
        nearest_neighbour: a weak lower bound of the Bayes error where there are no people; None where not known.
        steps: what to do next: (reason, command or "").
        notes: what was left out or assumed.
        log: the votes.
        written: a sheet that was written.
        imported: what a file brought, in words.
    """

    what: str
    data: str
    task: str
    unit: str
    bounded: bool
    asked: Asked | None = None
    done: dict[str, int] = field(default_factory=dict)
    groups: tuple[GroupLevel, ...] = ()
    people: tuple[PersonLevel, ...] = ()
    nearest_neighbour: float | None = None
    steps: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    log: Path | None = None
    written: Path | None = None
    imported: str = ""

    @property
    def reference(self) -> GroupLevel | None:
        """The group that stands for human level; None without votes."""
        return self.groups[0] if self.groups else None

    def with_notes(self, notes: list[str], **fields: Any) -> HumanLevel:
        """The same, with further notes first."""
        return replace(self, notes=(*notes, *self.notes), **fields)

    def to_dict(self) -> dict[str, Any]:
        """JSON data: rates as fractions, other errors in their unit."""
        asked = self.asked
        return {
            "what": self.what, "data": self.data, "task": self.task, "unit": self.unit, "bounded": self.bounded,
            "sample": asked and {
                "n": len(asked.ids), "n_dev": asked.n_dev, "p_inclusion": asked.p_inclusion, "seed": asked.seed,
                "done": self.done,
            },
            "label_votes": asked and asked.label_votes,
            "human_level": self.reference and self.reference.group,
            "groups": [group.to_dict() for group in self.groups],
            "people": [person.to_dict() for person in self.people],
            "nearest_neighbour_bound": self.nearest_neighbour,
            "next": [{"reason": reason, "command": command or None} for reason, command in self.steps],
            "notes": list(self.notes), "log": self.log and str(self.log),
            "written": self.written and str(self.written), "imported": self.imported or None,
        }  # fmt: skip


def _figure(level: Rung) -> dict[str, Any]:
    return {"error": level.error, "low": level.low, "high": level.high, "n": level.n}
