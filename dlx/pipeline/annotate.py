"""``dlx.annotate_errors``: sample, exhibits and log on one desk, in the browser or in the terminal."""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from dlx import analysis
from dlx.analysis import ErrorAnalysis, label_names, likeliest, overview, subject, suggesting
from dlx.desk import Exhibits, TagDesk
from dlx.desk.opening import open_desk
from dlx.errors import UserError
from dlx.pipeline import exhibits
from dlx.predictions import Predictions
from dlx.run import Run
from dlx.tagging.log import TagLog
from dlx.tagging.names import reviewer_name

if TYPE_CHECKING:
    from dlx.analysis._sampling import Subject
    from dlx.tagging.frozen import Sample

__all__ = ["analyze_errors", "annotate_errors", "desk_of"]


@functools.wraps(analysis.analyze_errors)
def analyze_errors(what: Any = "last", **settings: Any) -> ErrorAnalysis:
    """As :func:`dlx.analysis.analyze_errors`; a workbook of a run's errors gets their pictures from the run's data."""
    sheet = settings.get("export_sheet")
    if sheet is None or Path(sheet).suffix.lower() != ".xlsx" or settings.get("images") is not None:
        return analysis.analyze_errors(what, **settings)
    source = None if settings.get("n_errors") is not None else subject(what).source
    if not isinstance(source, Run):
        return analysis.analyze_errors(what, **settings)
    pictures = _Pictures(source)
    found = analysis.analyze_errors(what, **{"picture": pictures} | settings)
    return replace(found, notes=(*found.notes, *pictures.missing))


class _Pictures:
    """Pictures of a run's examples; what cannot be shown is counted, and the first reason kept."""

    def __init__(self, run: Run):
        self._shown, self._without, self._reason = exhibits.of_run(run), 0, ""

    def __call__(self, example: str) -> bytes | None:
        found = self._shown.example(example)
        if found.kind == "none":
            self._without, self._reason = self._without + 1, self._reason or found.text
        return found.media if found.kind == "image" else None

    @property
    def missing(self) -> list[str]:
        """One sentence, where any could not be shown."""
        return [f"Without a picture: {self._without} examples. {self._reason}"] if self._without else []


def annotate_errors(
    what: str | os.PathLike | pd.DataFrame | Predictions | Run = "last",
    *,
    front: Literal["page", "terminal"] = "page",
    port: int = 0,
    open_browser: bool = True,
    on_ready: Callable[[str], None] | None = None,
    images: str | os.PathLike | None = None,
    reviewer: str | None = None,
    new: Sequence[str] | None = None,
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
        new: ids of errors to go through, where not all of the sample are wanted.
        settings: the other arguments of :func:`dlx.analyze_errors`.

    Raises:
        UserError: predictions or settings at fault, a folder that is not there, or a port that is taken.
    """
    who = reviewer_name(reviewer)
    settings |= {"reviewer": who}
    about = subject(what)  # once: a run that ends meanwhile is not "last" here
    found = analyze_errors(about.source, **settings)
    if new is None and found.against is not None:
        new = found.against.queue
        if not new:
            return replace(found, what=about.what)  # no new error is left to look at
    desk = desk_of(found, about.source, who, images=images, new=new)
    named = replace(found, what=about.what)
    open_desk(
        desk,
        front,
        port=port,
        open_browser=open_browser,
        on_ready=on_ready,
        summary=lambda: overview(named, desk.log.records(), effort=settings.get("effort")),
        suggestions=lambda: _ideas(about, desk),
        command=_again(about.what, images),
    )
    return replace(analyze_errors(about.source, suggest=True, **settings), what=about.what)


def _ideas(about: Subject, desk: TagDesk) -> list[dict[str, Any]]:
    """A machine's suggestions, once people have spoken."""
    made = suggesting.suggest(about, desk.sample, desk.log.state()).items
    here = {item.id for item in desk.items}
    return [
        {"text": one.text, "items": [i for i in one.items if i in here], "tag": one.tag, "source": one.source}
        for one in made
    ]


def desk_of(
    found: ErrorAnalysis,
    source: Any,
    who: str,
    *,
    images: str | os.PathLike | None = None,
    new: Sequence[str] | None = None,
) -> TagDesk:
    """The desk of an analysis.

    Args:
        found: what :func:`dlx.analyze_errors` returned.
        source: what it was of: a run, a path, a table or predictions.
        who: the reviewer.
        images: folder of pictures and sounds.
        new: ids of errors to go through, where not all of the sample are wanted.

    Raises:
        UserError: a folder that is not there.
    """
    return TagDesk(
        found.sample,
        TagLog(found.log_path),
        who,
        exhibits=_exhibits(found.sample, source, images),
        likely=likeliest(source, found.sample),
        names=label_names(source, found.sample),
        new=new,
    )


def _exhibits(sample: Sample, source: Any, images: str | os.PathLike | None) -> Exhibits:
    if images is not None and not Path(images).is_dir():
        raise UserError("no such folder of images", value=str(images), where="--images")
    if isinstance(source, Run) and images is None:
        return exhibits.of_run(source)
    return exhibits.of_files(sample.table, images)


def _again(what: str, images: str | os.PathLike | None) -> str:
    return shlex.join(["dlx", "analyze-errors", what, *([] if images is None else ["--images", str(images)])])
