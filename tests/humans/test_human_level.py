"""Human level as a whole: people with known error rates, the model beside them, and what to do next."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from voting import LABELS, reference

from dlx.humans import Ballots, human_level
from dlx.humans._result import Asked
from dlx.humans._steps import steps
from dlx.strategy.intervals import wilson
from dlx.strategy.paired import mcnemar_mid_p, tango

N = 400


def crew(rates: dict[str, float], *, group: str = "crew", n: int = N, seed: int = 0) -> tuple:
    """A reference and votes of people who err at these rates, independently."""
    generator = np.random.default_rng(seed)
    about = reference(generator.choice(LABELS, n).tolist())
    rows = []
    for person, rate in rates.items():
        wrong = generator.random(n) < rate
        for i, truth in enumerate(about.table["y_true"]):
            other = LABELS[(LABELS.index(truth) + generator.integers(1, 3)) % 3]
            rows.append((f"e{i}", person, group, other if wrong[i] else truth, 1))
    return about, Ballots(pd.DataFrame(rows, columns=["id", "person", "group", "label", "n"]))


def test_people_are_scored_one_by_one_and_together():
    about, votes = crew({"ann": 0.02, "bob": 0.1, "cy": 0.2})
    (group,), people = human_level(about, votes)
    assert [p.person for p in people] == ["ann", "bob", "cy"]
    ann = people[0].level
    assert (ann.low, ann.high) == wilson(ann.error, N)
    assert (group.people, group.examples, group.votes, group.votes_per_label) == (3, N, 3 * N, 3)
    assert group.one.error == pytest.approx(np.mean([p.level.error for p in people]))
    assert dict(group.by_votes)[1] == pytest.approx(group.one.error)
    assert group.level.error < group.one.error
    assert group.kappa.kind == "fleiss"
    assert group.alpha.value == pytest.approx(group.kappa.value, abs=0.01)  # the same but for n − 1


def test_two_people_have_cohens_kappa_and_one_person_none():
    about, votes = crew({"ann": 0.05, "bob": 0.05})
    (group,), _ = human_level(about, votes)
    assert group.kappa.kind == "cohen"
    assert group.kappa.low < group.kappa.value < group.kappa.high
    about, votes = crew({"ann": 0.05})
    (alone,), _ = human_level(about, votes)
    assert (alone.kappa, alone.alpha, alone.one, alone.by_votes) == (None, None, None, ())


def test_the_model_is_compared_on_the_same_examples():
    about, votes = crew({"ann": 0.05})
    generator = np.random.default_rng(1)
    model = pd.DataFrame({"id": about.table["id"], "error": (generator.random(N) < 0.15).astype(float)})
    (group,), _ = human_level(about, votes, model=("model", model.sample(frac=1, random_state=0)))
    made = group.against
    wrong = {p for p, e in zip(model["id"], model["error"], strict=True) if e}
    truth = about.dev["y_true"]
    human = {row.id for row in votes.table.itertuples() if row.label != truth[row.id]}
    b, c = len(wrong - human), len(human - wrong)
    assert (made.only_model_wrong, made.only_human_wrong, made.n) == (b, c, N)
    assert (made.low, made.high) == pytest.approx(tango(b, c, N))
    assert made.p == pytest.approx(mcnemar_mid_p(b, c))
    assert made.difference == pytest.approx(made.model - made.human)


def test_panels_stand_before_single_people_and_are_ranked_by_their_upper_limit():
    about, panel = crew({"ann": 0.1, "bob": 0.1, "cy": 0.1}, group="crowd")
    _, expert = crew({"dr": 0.0}, group="expert")
    both = Ballots(pd.concat([panel.table, expert.table], ignore_index=True))
    groups, _ = human_level(about, both)
    assert [g.group for g in groups] == ["crowd", "expert"]


def test_grouped_examples_widen_the_limits():
    about, votes = crew({"ann": 0.1})
    patients = pd.Series([f"p{i // 40}" for i in range(N)])
    clustered = reference(about.table["y_true"].tolist(), group=patients)
    hard = votes.table.assign(  # all errors in two patients
        label=[
            LABELS[(LABELS.index(t) + 1) % 3] if i < 80 and i % 2 else t for i, t in enumerate(about.table["y_true"])
        ]
    )
    (plain,), _ = human_level(about, Ballots(hard))
    (wide,), _ = human_level(clustered, Ballots(hard))
    assert wide.level.error == plain.level.error
    assert wide.level.high > plain.level.high


def advice(groups, people, **options) -> str:
    how = {"diagnosable": True, "bounded": True, "unit": ""} | options
    return "\n".join(f"{a} {b}" for a, b in steps("last", groups, people, None, {}, **how))


@pytest.mark.parametrize(
    ("human", "machine", "told"),
    [(0.02, 0.2, "People are better than the model"), (0.2, 0.02, "than this person by")],
)
def test_rules_p10_and_p11(human, machine, told):
    about, votes = crew({"ann": human, "bob": human, "cy": human}) if human < 0.1 else crew({"ann": human})
    error = (np.random.default_rng(2).random(N) < machine).astype(float)
    model = pd.DataFrame({"id": about.table["id"], "error": error})
    found = human_level(about, votes, model=("model", model))
    assert told in advice(*found)


def test_rule_p12_and_what_makes_a_panel():
    about, panel = crew({"ann": 0.05, "bob": 0.05, "cy": 0.05}, group="experts")
    _, typical = crew({"dan": 0.2}, group="typical")
    both = Ballots(pd.concat([panel.table, typical.table], ignore_index=True))
    assert "dlx diagnose last --deployment typical" in advice(*human_level(about, both))
    assert "One person is no panel" in advice(*human_level(*crew({"ann": 0.1})))
    assert "a third makes a majority" in advice(*human_level(*crew({"ann": 0.1, "bob": 0.1})))
    assert "label the sample, blind" in advice((), ())


def test_who_is_not_done_is_reminded_in_one_line():
    found = human_level(*crew({"ann": 0.1, "bob": 0.1, "cy": 0.1}))
    sample = Asked(tuple(f"e{i}" for i in range(50)), N)
    how = {"diagnosable": True, "bounded": True, "unit": ""}
    told = steps("last", *found, sample, {"ann": 50, "bob": 48, "cy": 3, "dan": 1}, **how)
    assert told[0] == ("bob has 2 of 50 examples left (2 others have more).", "dlx human last --person bob")


def test_people_who_do_not_agree_are_told_to_talk():
    assert "agree too little" in advice(*human_level(*crew({"ann": 0.5, "bob": 0.5, "cy": 0.5})))
    assert "agree too little" not in advice(*human_level(*crew({"ann": 0.02, "bob": 0.02, "cy": 0.02})))
