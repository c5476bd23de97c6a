"""``dlx.annotate_errors``: sample, exhibits and log on one desk, in the browser or in the terminal."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from dlx.analysis import ErrorAnalysis, analyze_errors, likeliest, overview, subject
from dlx.desk import Exhibits, TagDesk
from dlx.errors import UserError
from dlx.pipeline import exhibits
from dlx.predictions import Predictions
from dlx.run import Run
from dlx.tagging.log import TagLog
from dlx.tagging.names import reviewer_name

if TYPE_CHECKING:
    from dlx.tagging.frozen import Sample

__all__ = ["annotate_errors", "desk_of"]


def annotate_errors(
    what: str | os.PathLike | pd.DataFrame | Predictions | Run = "last",
    *,
    front: Literal["page", "terminal"] = "page",
    port: int = 0,
    open_browser: bool = True,
    on_ready: Callable[[str], None] | None = None,
    images: str | os.PathLike | None = None,
    reviewer: str | None = None,
    **settings: Any,
) -> ErrorAnalysis:
    """Tag errors in the browser or in the terminal, and return what the tags say when that has ended.

    Args:
        what: a run, or predictions of any framework, as in :func:`dlx.analyze_errors`.
        front: ``page`` (served on this machine only, until "Finish" or Ctrl-C) or ``terminal``.
        port: for the page: where to listen; 0 for any free one.
        open_browser: show the page in the web browser, where there is a display.
        on_ready: told the page's address; by default it is printed on stderr.
        images: for predictions without their data: the folder of pictures and sounds named by id or ``meta_path``.
        reviewer: who tags; default: the name of the account.
        settings: the other arguments of :func:`dlx.analyze_errors`.

    Raises:
        UserError: predictions or settings at fault, a folder that is not there, or a port that is taken.
    """
    who = reviewer_name(reviewer)
    settings |= {"reviewer": who}
    about = subject(what)  # once: a run that ends meanwhile is not "last" here
    found = analyze_errors(about.source, **settings)
    desk = desk_of(found, about.source, who, images=images)
    named = replace(found, what=about.what)
    if front == "terminal":
        from dlx.desk import terminal

        terminal.run(desk)
    else:
        from dlx.desk import page

        page.serve(
            desk,
            port=port,
            open_browser=open_browser,
            on_ready=on_ready,
            summary=lambda: overview(named, desk.log.records(), effort=settings.get("effort")),
            command=_again(about.what, images),
        )
    return replace(analyze_errors(about.source, **settings), what=about.what)


def desk_of(found: ErrorAnalysis, source: Any, who: str, *, images: str | os.PathLike | None = None) -> TagDesk:
    """The desk of an analysis.

    Args:
        found: what :func:`dlx.analyze_errors` returned.
        source: what it was of: a run, a path, a table or predictions.
        who: the reviewer.
        images: folder of pictures and sounds.

    Raises:
        UserError: a folder that is not there.
    """
    return TagDesk(
        found.sample,
        TagLog(found.log_path),
        who,
        exhibits=_exhibits(found.sample, source, images),
        likely=likeliest(source, found.sample),
    )


def _exhibits(sample: Sample, source: Any, images: str | os.PathLike | None) -> Exhibits:
    if images is not None and not Path(images).is_dir():
        raise UserError("no such folder of images", value=str(images), where="--images")
    if isinstance(source, Run) and images is None:
        return exhibits.of_run(source)
    return exhibits.of_files(sample.table, images)


def _again(what: str, images: str | os.PathLike | None) -> str:
    return shlex.join(["dlx", "analyze-errors", what, *([] if images is None else ["--images", str(images)])])
