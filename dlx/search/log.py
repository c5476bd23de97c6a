"""A search on disk: what it is (``search.json``), and its trials, one line whenever something becomes known of one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from dlx.run import Run
from dlx.search.trial import Trial

__all__ = ["TrialLog"]

_FILE, _SEARCH = "trials.jsonl", "search.json"


@dataclass(frozen=True)
class TrialLog:
    """The log of one search; the last line of a number counts.

    Attributes:
        run: the search's run folder.
    """

    run: Run

    def begin(self, **facts: Any) -> None:
        """Keep what the search is: space, strategy, seed, number of trials …"""
        self.run.write_json(_SEARCH, facts, durable=True)

    @property
    def facts(self) -> dict[str, Any]:
        """What :meth:`begin` kept."""
        return self.run.read_json(_SEARCH, default={})

    def update(self, **facts: Any) -> None:
        """Keep more of it."""
        self.run.write_json(_SEARCH, self.facts | facts, durable=True)

    def trials(self) -> list[Trial]:
        """All trials by number; those that a killed search left half-way are ``running``."""
        known = {f.name for f in fields(Trial)}
        latest: dict[int, Trial] = {}
        for record in self.run.read_lines(_FILE):
            if isinstance(record.get("number"), int) and isinstance(record.get("params"), dict):
                latest[record["number"]] = Trial(**{k: v for k, v in record.items() if k in known})
        return [latest[number] for number in sorted(latest)]

    def write(self, trial: Trial, **changes: Any) -> Trial:
        """Append a trial, with changes, and return it as written."""
        trial = replace(trial, **changes)
        self.run.append(_FILE, asdict(trial))
        return trial
