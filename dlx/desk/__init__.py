"""The desk: one person, a list of examples, and a log; the page and the terminal are two views of it."""

from __future__ import annotations

from dlx.desk._desk import Choice, Desk, Item, Progress
from dlx.desk._exhibits import Exhibit, Exhibits, NoExhibits
from dlx.desk._tags import TagDesk
from dlx.desk._votes import VoteDesk
from dlx.desk._words import named

__all__ = ["Choice", "Desk", "Exhibit", "Exhibits", "Item", "NoExhibits", "Progress", "TagDesk", "VoteDesk", "named"]
