"""The tags of error analysis for what is compared: which examples people gave which tag."""

from __future__ import annotations

from collections.abc import Sequence

from dlx.comparison._candidates import Candidate
from dlx.tagging.log import TagLog, annotations_folder

__all__ = ["REMARK", "tags_of"]

REMARK = (
    "Tags were given to errors of some model, which is wrong on all of them: by tag one sees what the others mend, not "
    "who is better."
)


def tags_of(candidates: Sequence[Candidate]) -> dict[str, set[str]]:
    """Tag → ids of the examples that any reviewer gave it, from ``annotations/<data>/tags.jsonl``; empty without."""
    names = dict.fromkeys(
        str((each.case.data or {}).get("name") or each.info.get("recipe") or each.name) for each in candidates
    )
    found: dict[str, set[str]] = {}
    for name in names:
        log = TagLog(annotations_folder(name) / "tags.jsonl")
        for (example, _), review in log.state().reviews.items():
            for tag in review.tags:
                found.setdefault(tag, set()).add(example)
    return found
