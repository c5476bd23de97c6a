"""Where a desk's page was last: port and secret, so that a page that is still open finds a new server."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from dlx.desk._desk import Desk
from dlx.places import cache_folder

__all__ = ["Memory", "secret"]

#: Seconds after which an address is not used again.
_LONGEST = 24 * 3_600


def secret() -> str:
    """What only who was told the address knows: 192 bits."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Memory:
    """The file of one desk: in the user's cache folder, legible to the user alone.

    Attributes:
        path: the file; it need not exist.
    """

    path: Path

    @staticmethod
    def of(desk: Desk) -> Memory:
        """The memory of a desk: one for each working directory, title and person."""
        named = "\n".join([str(Path.cwd()), desk.kind, desk.title, desk.question, desk.person])
        return Memory(cache_folder("pages") / hashlib.blake2b(named.encode(), digest_size=12).hexdigest())

    def read(self) -> tuple[int, str] | None:
        """Port and secret; None where there is no fresh address."""
        try:
            if time.time() - self.path.stat().st_mtime > _LONGEST:
                return None
            port, word = json.loads(self.path.read_text(encoding="ascii"))
        except (OSError, ValueError, TypeError):
            return None
        return (port, word) if isinstance(port, int) and isinstance(word, str) and len(word) >= 32 else None

    def write(self, port: int, word: str) -> None:
        """Keep an address; where nothing can be kept the next server has another one."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.unlink(missing_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                json.dump([port, word], file)
        except OSError:
            return

    def forget(self) -> None:
        """The work is done: nobody needs the address any more."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            return
