"""The examples that everybody is asked about: a seeded sample of dev, the same for all, frozen on disk."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlx.errors import DlxError, UserError
from dlx.files import disk_errors, replacing
from dlx.humans._result import Asked
from dlx.tagging.sample import ranks

__all__ = ["FILE", "asked", "key_of", "read"]

#: Beside the log of votes.
FILE = "human-sample.json"
_N = 100


def read(folder: Path) -> Asked | None:
    """The sample as it was drawn; None where nobody was asked yet.

    Raises:
        DlxError: the file is no sample.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return Asked(tuple(facts["ids"]), int(facts["n_dev"]), int(facts["seed"]), facts.get("label_votes"))
    except (ValueError, KeyError, TypeError) as error:
        raise DlxError(
            "this file is no sample of examples", where=str(path),
            hint="Remove it: the same sample is drawn again; no vote is lost.",
        ) from error  # fmt: skip


def asked(
    folder: Path, dev: pd.DataFrame, *, n: int | None, seed: int | None, label_votes: int | None, voted: bool
) -> tuple[Asked, list[str]]:
    """The sample, on disk; drawn at the first call, and grown or shrunk where another ``n`` is asked for.

    An example's rank comes from a hash of its id, so that a larger sample holds the smaller one, and data that grow
    move little.

    Args:
        folder: ``annotations/<data name>``.
        dev: the examples, with their ``id``.
        n: how many; None keeps what there is, else 100.
        seed: of the ranks; None keeps it, else 0.
        label_votes: votes behind one label of the data, to be remembered.
        voted: whether there are votes: another seed would ask about other examples than those that have some.

    Returns:
        the sample, and notes.

    Raises:
        UserError: a number that cannot be, or another seed where there are votes.
    """
    for name, number in (("--n", n), ("--label-votes", label_votes)):
        if number is not None and number < 1:
            raise UserError("this number is at least 1", value=number, where=name)
    old = read(folder)
    if old is not None and seed is not None and seed != old.seed and voted:
        raise UserError(
            "the sample stays the same for everybody, so that votes can be compared", value=f"seed {seed}",
            where="--seed", hint=f"It was drawn with seed {old.seed}; a larger --n adds examples to it.",
        )  # fmt: skip
    seed = seed if seed is not None else 0 if old is None else old.seed
    wanted = n or (_N if old is None else len(old.ids))
    order = np.argsort(ranks(dev["id"], seed), kind="stable")[: min(wanted, len(dev))]
    made = Asked(
        tuple(str(i) for i in dev["id"].iloc[order]), len(dev), seed,
        label_votes or (old.label_votes if old is not None else None),
    )  # fmt: skip
    if made == old:
        return made, []
    _save(made, folder)
    return made, _notes(made, old, n)


def _notes(made: Asked, old: Asked | None, n: int | None) -> list[str]:
    if old is None or set(made.ids) == set(old.ids):
        return []
    gone = len(set(old.ids) - set(made.ids))
    if n is not None and made.n_dev == old.n_dev:
        return [f"The sample has {len(made.ids)} examples now, {len(old.ids)} before; no vote is lost."]
    return [f"The data has changed: {gone} of the examples asked about are replaced; no vote is lost."]


def _save(made: Asked, folder: Path) -> None:
    facts: dict[str, Any] = vars(made) | {"ids": list(made.ids), "p_inclusion": made.p_inclusion, "split": "dev"}
    path = folder / FILE
    with disk_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
    with replacing(path, durable=True) as temporary:
        temporary.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def key_of(example: str) -> str:
    """A name for an example that does not tell its label, as a file name may: for whoever labels it.

    >>> key_of("cats/001.jpg")
    'x66455737c2'
    """
    return "x" + hashlib.blake2b(example.encode(), digest_size=5).hexdigest()
