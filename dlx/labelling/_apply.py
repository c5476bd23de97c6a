"""From votes to corrections: the file that ``dlx train`` lays over the labels of the data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dlx.errors import UserError
from dlx.files import disk_errors, lines, replacing
from dlx.labelling._votes import Decision
from dlx.overlay import FILE

__all__ = ["corrections", "write"]


def corrections(
    given: pd.DataFrame, decisions: Mapping[str, Decision], *, force: bool = False
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The contents whose label the majority says is wrong.

    Args:
        given: ``content``, ``split`` and ``y`` of all examples, with the labels that the data came with.
        decisions: content → decision.
        force: correct dev although nobody looked at test.

    Returns:
        one record per content (content, label, given, votes, people), and part → examples whose label changes.

    Raises:
        UserError: dev would be corrected and test was not looked at: the two would be labelled by different processes
            (rule P33).
    """
    content = given["content"].astype(str)
    label = content.map({c: d.label for c, d in decisions.items() if d.label is not None})
    y = given["y"].astype(str)
    wrong = label.notna() & (label != y)
    changed = given[wrong]["split"].fillna("left out").value_counts().to_dict()
    parts = given["split"]
    if changed.get("dev") and (parts == "test").any() and not label[parts == "test"].notna().any() and not force:
        raise UserError(
            "dev would be corrected and test would not: the two would no longer be labelled alike",
            value={part: int(n) for part, n in changed.items()},
            hint="Look at test too (`dlx labels` asks about it; --relabel about all of both), or say --force.",
        )
    records = []
    for name, rows in given[content.isin(content[wrong])].groupby("content", sort=True):
        decision = decisions[str(name)]
        records.append(
            {
                "content": str(name),
                "label": decision.label,
                "given": sorted(set(rows["y"].astype(str))),
                "votes": dict(decision.votes),
                "people": list(decision.people),
            }
        )
    return records, {str(part): int(n) for part, n in changed.items()}


def write(records: list[dict[str, Any]], folder: Path, decided: Mapping[str, Decision]) -> Path:
    """Replace the file of corrections in one step; lines on contents without votes stay, for somebody wrote them.

    Args:
        records: the corrections.
        folder: ``annotations/<data name>``.
        decided: contents with votes.

    Raises:
        DlxError: the disk is full; the old file is still there.
    """
    path = folder / FILE
    kept = [line for line in lines(path) if "content" in line and line["content"] not in decided]
    ordered = sorted([*kept, *records], key=lambda record: str(record["content"]))  # so that git shows what is new
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in ordered)
    with disk_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
    with replacing(path, durable=True) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path
