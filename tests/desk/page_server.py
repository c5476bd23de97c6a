"""Serves a desk of a folder made by a test, in a process that can be killed: sample.parquet, pictures, log."""

from __future__ import annotations

import sys
from pathlib import Path

from dlx.analysis import overview
from dlx.analysis._analyze import analysed
from dlx.desk import Item, TagDesk, VoteDesk
from dlx.desk.page import serve
from dlx.pipeline.exhibits import of_files
from dlx.tagging.frozen import load
from dlx.tagging.log import TagLog
from dlx.tagging.votes import VoteLog


def main(folder: Path, kind: str) -> None:
    sample = load(folder / "sample.parquet")
    exhibits = of_files(sample.table, folder)
    summary = None
    if kind == "tags":
        log = TagLog(folder / "log.jsonl")
        desk = TagDesk(sample, log, "ann", exhibits=exhibits, likely={"0.png": [("dog", 0.7), ("cat", 0.3)]})
        found = analysed(sample, log.state())
        summary = lambda: overview(found, log.records())  # noqa: E731
    else:
        items = [Item(str(name), str(name)) for name in sample.table["id"]]
        labels = sample.classes if kind in ("one", "many") else ()
        log = VoteLog(folder / "log.jsonl")
        desk = VoteDesk(items, log, "ann", labels=labels, title="blind", exhibits=exhibits, form=kind)
    serve(desk, open_browser=False, on_ready=lambda url: print(url, flush=True), summary=summary, command="dlx again")
    print("ended", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
