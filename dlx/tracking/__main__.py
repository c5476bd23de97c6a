"""``python -m dlx.tracking follow|fetch|registered``: what runs in a process of its own beside the training."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dlx.errors import DlxError
from dlx.run import Run


def main() -> int:
    """Follow one run, or bring one or a registered model here; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dlx.tracking", description=__doc__)
    orders = parser.add_subparsers(dest="order", required=True)
    following = orders.add_parser("follow", help="copy a run to MLflow while it is trained")
    following.add_argument("path", type=Path)
    following.add_argument("--parent", type=int, required=True, help="the process that trains")
    fetching = orders.add_parser("fetch", help="bring a run that is only in MLflow here, and print its folder")
    fetching.add_argument("name")
    fetching.add_argument("--root", type=Path)
    naming = orders.add_parser("registered", help="bring a registered model here, and print as JSON what it is")
    naming.add_argument("name")
    naming.add_argument("--root", type=Path)
    given = parser.parse_args()
    if given.order == "follow":
        from dlx.tracking.following import attend

        return attend(Run(given.path), given.parent)
    return _fetch(given.name, given.root) if given.order == "fetch" else _registered(given.name, given.root)


def _fetch(name: str, root: Path | None) -> int:
    from dlx.tracking.fetch import fetch
    from dlx.tracking.store import UnreachableError, connect

    try:
        print(fetch(connect(), name, root=root).path)
    except UnreachableError as error:
        print(f"Warning: {error}", file=sys.stderr)
        return 1
    except DlxError:
        return 2  # no such run there either: the caller says so
    return 0


def _registered(name: str, root: Path | None) -> int:
    import json

    from dlx.tracking.registry import registered
    from dlx.tracking.store import connect

    try:
        print(json.dumps(registered(connect(), name, root=root)))
    except DlxError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
