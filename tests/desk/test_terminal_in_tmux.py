"""The desk in a real terminal: keys, colours as the terminal has them, a process that is killed."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

DESK = Path(__file__).with_name("terminal_desk.py")
ROOT = DESK.parents[2]


class Tmux:
    """One tmux server with one window, for each start another."""

    def __init__(self, folder: Path):
        self.folder, self.sockets = folder, [""]

    def __call__(self, *words: str) -> str:
        return subprocess.run(
            ["tmux", "-S", self.sockets[-1], "-f", "/dev/null", *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        ).stdout

    def start(self, **environ: str) -> None:
        self.sockets.append(str(self.folder / f"tmux{len(self.sockets)}"))
        facts = {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "COLORTERM": ""} | environ
        words = ["env", *(f"{k}={v}" for k, v in facts.items()), sys.executable, str(DESK), str(self.folder)]
        self("new-session", "-d", "-x", "80", "-y", "24", shlex.join(words))
        self.wait("model says")

    def screen(self) -> str:
        return self("capture-pane", "-p", "-e")

    def wait(self, text: str) -> str:
        for _ in range(300):
            screen = self.screen()
            if text in screen:
                return screen
            time.sleep(0.1)
        raise AssertionError(f"{text!r} is not on the screen:\n{self('capture-pane', '-p')}")

    def press(self, *keys: str) -> None:
        self("send-keys", *keys)


@pytest.fixture
def tmux(tmp_path):
    tmux = Tmux(tmp_path)
    yield tmux
    for socket in tmux.sockets[1:]:  # one whose desk was killed is gone already
        subprocess.run(["tmux", "-S", socket, "kill-server"], capture_output=True, check=False)


def test_every_confirmed_key_outlives_a_kill(tmux):
    tmux.start(TERM="tmux-256color")
    tmux.press("n", "r", "e", "d", "Enter")
    screen = tmux.wait("kept: red")
    assert "38;5;" in screen  # 256 colours, for that is what this terminal has
    assert "38;2;" not in screen
    tmux.press("Enter")
    tmux.wait(" 2/3")
    os.kill(int((tmux.folder / "pid").read_text()), signal.SIGKILL)
    tmux.start(TERM="tmux-256color", NO_COLOR="1")
    screen = tmux.wait("1 of 3")
    assert " 2/3" in screen
    assert "38;" not in screen.replace("\x1b[38;5;0m", "")  # NO_COLOR: marks and bold alone
    assert "red" in screen  # the tag has its key again
