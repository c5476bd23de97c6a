"""The append-only log of tags, ``annotations/<data name>/tags.jsonl``: the one truth about what people said.

A line is a value of (id, reviewer, tag), an undo, a rename or an export. Nothing is ever rewritten; each line is one
write at the end of the file, so that two writers cannot mix, and is on the disk before the call returns. A line that
was cut off by a crash spoils only itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlx.files import append_line, disk_errors, lines
from dlx.places import annotations_folder
from dlx.run import now
from dlx.tagging.names import FIELDS, clean, tag_name
from dlx.tagging.state import State, is_record, state

__all__ = ["TagLog", "annotations_folder"]


@dataclass(frozen=True)
class TagLog:
    """The log of one data set.

    Attributes:
        path: the file; it need not exist yet.
    """

    path: Path

    def records(self) -> list[dict[str, Any]]:
        """All whole lines, in order; no file gives none."""
        return [record for record in lines(self.path) if is_record(record)]

    def state(self) -> State:
        """What the log says now."""
        return state(self.records())

    def read(self) -> tuple[list[dict[str, Any]], int]:
        """All whole lines, and how many others there are: cut off by a crash, or edited by hand."""
        records = self.records()
        content = self.path.read_bytes() if self.path.exists() else b""
        return records, sum(bool(line.strip()) for line in content.split(b"\n")) - len(records)

    def write(
        self,
        values: Sequence[tuple[str, str, Any]],
        *,
        reviewer: str,
        source: str = "",
        key: str | None = None,
        **facts: Any,
    ) -> str:
        """Append what a reviewer says; one call is one action, which one undo takes back.

        Args:
            values: (id, tag or field, value): True or False for tags, ``reviewed`` and ``incorrectly_labelled``; text
                for ``correct_label`` and ``comment``.
            reviewer: who says it.
            source: by which hand: sheet, page, terminal.
            key: of the action; a new one unless given. What the log holds under a given key is not written again.
            facts: anything worth keeping with each line, JSON: seconds, labels_checked …

        Returns:
            the key of the action.

        Raises:
            UserError: a name that no tag can have, or a place that cannot be written to.
            DlxError: the disk is full; whole lines that fitted are kept.
        """
        checked = [(str(i), tag if tag in FIELDS else tag_name(tag), _plain(tag, value)) for i, tag, value in values]
        common = {"reviewer": reviewer, "time": now()} | ({"source": source} if source else {}) | facts
        return self._append([{"id": i, "tag": tag, "value": value} | common for i, tag, value in checked], key)

    def rename(self, old: str, new: str, *, reviewer: str, key: str | None = None) -> str:
        """Append that a tag has a new name, for all reviewers; a name that is in use merges the two."""
        return self._append([{"rename": old, "to": tag_name(new), "reviewer": reviewer, "time": now()}], key)

    def mark(self, *, reviewer: str, sheet: str, mark: str | None = None) -> str:
        """Append that a sheet and the log say the same now: what the sheet says later is compared with this.

        Args:
            reviewer: whose sheet.
            sheet: its file name.
            mark: the sheet's key; None makes a new one, to be written into the sheet.
        """
        mark = mark or secrets.token_hex(4)
        self._append([{"export": mark, "reviewer": reviewer, "sheet": sheet, "time": now()}])
        return mark

    def undo(self, reviewer: str, *, key: str | None = None) -> str | None:
        """Append that this reviewer's latest action is taken back; None where there is nothing to take back."""
        records = self.records()
        if again := next((r["undo"] for r in records if key is not None and r.get("key") == key), None):
            return again
        undone = {record["undo"] for record in records if "undo" in record}
        mine = [
            r["key"]
            for r in records
            if r.get("reviewer") == reviewer and "key" in r and not {"undo", "export"} & r.keys()
        ]
        latest = next((action for action in reversed(mine) if action not in undone), None)
        if latest is None:
            return None
        self._append([{"undo": latest, "reviewer": reviewer, "time": now()}], key)
        return latest

    def _append(self, records: Sequence[dict[str, Any]], key: str | None = None) -> str:
        action = key or secrets.token_hex(6)
        if key is not None and self._count(key) >= len(records):
            return key
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        for position, record in enumerate(records, start=1):  # the last one takes all before it to the disk
            append_line(self.path, record | {"key": action}, durable=position == len(records))
        return action

    def _count(self, key: str) -> int:
        """Records of an action; a log that does not hold its key at all is not taken apart."""
        if not self.path.exists() or key.encode() not in self.path.read_bytes():
            return 0
        return sum(record.get("key") == key for record in self.records())


def _plain(tag: str, value: Any) -> Any:
    return clean("" if value is None else value) if tag in ("correct_label", "comment") else bool(value)
