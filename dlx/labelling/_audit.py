"""Which labels people are asked about: random samples of four strata, seeded, and frozen on disk.

Flagged and unflagged examples give the rate; the model's misclassified dev examples decide whether to relabel; test is
looked at like dev, without a prediction. Ranks come from a hash of the content, so that a larger audit holds the
smaller one, and audits of several runs share examples and votes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dlx.errors import DlxError, UserError
from dlx.files import disk_errors, replacing
from dlx.labelling._rank import Ranking
from dlx.tagging.sample import ranks

__all__ = ["STRATA", "Audit", "draw", "frames", "load", "save"]

#: Stratum → what it is for.
STRATA = {
    "flagged": "the rate",
    "unflagged": "the rate",
    "misclassified": "whether to relabel",
    "test": "test like dev",
    "relabel": "all of dev and test",
}
N = 50


@dataclass(frozen=True)
class Audit:
    """A frozen sample.

    Attributes:
        of: digest of the ranking it was drawn from.
        seed: of the ranks.
        n: examples asked for of each stratum.
        flagged: flagged examples asked for.
        relabel: whether all of dev and test are asked about.
        totals: stratum → examples in it.
        ids: stratum → those asked about, in the order of their ranks.
        order: all that are asked about, each once, mixed.
        p_inclusion: id → chance of being asked about.
    """

    of: str
    seed: int
    n: int
    flagged: int
    relabel: bool
    totals: Mapping[str, int]
    ids: Mapping[str, list[str]]
    order: list[str]
    p_inclusion: Mapping[str, float]


def frames(found: Ranking, *, relabel: bool = False) -> dict[str, pd.DataFrame]:
    """Stratum → its examples."""
    table, judged = found.table, found.judged
    made = {
        "flagged": judged[judged["rank"] >= 0],
        "unflagged": judged[judged["rank"] < 0],
        "misclassified": table[table["misclassified"].to_numpy(bool)],
        "test": table[(table["split"] == "test").to_numpy()],
    }
    if relabel:
        made["relabel"] = table[table["split"].isin(("dev", "test"))]
    return made


def draw(
    found: Ranking,
    earlier: Audit | None = None,
    *,
    n: int | None = None,
    flagged: int | None = None,
    relabel: bool | None = None,
    seed: int | None = None,
    voted: bool = False,
) -> Audit:
    """The sample: what there is, grown where more is asked for.

    Args:
        found: the ranking.
        earlier: the sample so far, of this or another ranking.
        n: examples of each stratum; None keeps it, else 50.
        flagged: flagged examples; None keeps it, else ``n``.
        relabel: ask about all of dev and test; None keeps it.
        seed: of the ranks; None keeps it, else 0.
        voted: whether there are votes: another seed would ask about other examples.

    Raises:
        UserError: a number below 1, or another seed where there are votes.
    """
    for name, number in (("--n", n), ("--flagged", flagged)):
        if number is not None and number < 1:
            raise UserError("this number is at least 1", value=number, where=name)
    if earlier is not None and seed not in (None, earlier.seed) and voted:
        raise UserError(
            "the sample stays as it is once there are votes", value=f"seed {seed}", where="--seed",
            hint=f"It was drawn with seed {earlier.seed}; a larger --n adds to it.",
        )  # fmt: skip
    seed = seed if seed is not None else earlier.seed if earlier else 0
    n = n or (earlier.n if earlier else N)
    flagged = flagged or max(n, earlier.flagged if earlier else 0)
    relabel = relabel if relabel is not None else bool(earlier and earlier.relabel)
    ids: dict[str, list[str]] = {}
    totals, chance = {}, {}
    for name, frame in frames(found, relabel=relabel).items():
        rank = ranks(frame["content"], seed)
        size = {"flagged": flagged, "relabel": len(frame)}.get(name, n)
        taken = np.argsort(rank, kind="stable")[:size]
        ids[name], totals[name] = frame["id"].iloc[taken].astype(str).tolist(), len(frame)
        for example in ids[name]:  # equal ranks: in one sample already is in every larger one
            chance[example] = max(chance.get(example, 0.0), len(taken) / len(frame))
    every = list(dict.fromkeys(example for part in ids.values() for example in part))
    content = found.table.assign(id=found.table["id"].astype(str)).set_index("id")["content"]
    mixed = np.argsort(ranks(content.loc[every], seed + 1), kind="stable") if every else []
    order = list({str(content[every[i]]): every[i] for i in mixed}.values())  # copies are asked about once
    return Audit(found.digest(), seed, n, flagged, relabel, totals, ids, order, chance)


def save(audit: Audit, path: Path) -> None:
    """Write it in one step.

    Raises:
        DlxError: the disk is full.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, durable=True) as temporary:
        temporary.write_text(json.dumps(asdict(audit), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> Audit | None:
    """Read it back; None where there is none.

    Raises:
        DlxError: the file is no sample.
    """
    if not path.exists():
        return None
    try:
        return Audit(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise DlxError(
            "this file is no sample of labels", where=str(path),
            hint="Remove it: the same sample is drawn again; no vote is lost.",
        ) from error  # fmt: skip
