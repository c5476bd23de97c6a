"""MLflow: a copy of every run for people and other machines. The run folder is the truth; training never waits.

``follow`` attends a run in a process of its own; ``sync`` does the same work later; ``ui`` opens the pages. MLflow is
imported inside functions only, and in the training's process never.
"""

from dlx.tracking.following import Follower, follow
from dlx.tracking.pages import Address, ui, ui_line
from dlx.tracking.store import older_store, store_uri
from dlx.tracking.syncing import Sync, sync

__all__ = ["Address", "Follower", "Sync", "follow", "older_store", "store_uri", "sync", "ui", "ui_line"]
