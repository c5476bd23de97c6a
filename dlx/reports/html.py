"""One self-contained HTML page per run: verdict, ladder, next steps, curves, errors and facts."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.reports import (
    _confusion,
    _curves,
    _errors_picture,
    _facts,
    _labels,
    _regression,
    _scores_view,
    _seen,
    _sharing,
    _words,
    _worst,
)
from dlx.reports._contents import Contents, analysed
from dlx.reports._errors import chapter
from dlx.reports._ladder_picture import LAYOUTS
from dlx.reports._ladder_picture import draw as draw_ladder
from dlx.reports._ladder_view import view as ladder_view
from dlx.reports._numbers import Measure, chance, count, known, plain
from dlx.strategy.rungs import TITLES

if TYPE_CHECKING:
    import jinja2

__all__ = ["render"]

_FOLDER = Path(__file__).parent / "templates"
#: shown before the verdict, for they question it
_FIRST = ("worse_than_baseline",)
#: keys of the JSON's records; what a record lacks is null, so that templates may be strict
_RUNG = ("name", "error", "low", "high", "n", "n_eff", "design_effect", "groups", "basis", "source")
_GAP = ("name", "value", "low", "high", "p_largest", "flagged")
_FIGURE = ("group", "error", "low", "high", "n", "n_annotators", "basis", "source", "of")
_FINDING = ("code", "title", "status", "evidence", "next_step")
_ACTION = ("knob", "reason", "command")


def render(contents: Contents) -> str:
    """Write the page; nothing is computed here but counts, and a section without contents is left out.

    The page fetches nothing and runs only its own few lines of script (for copying), which its content security policy
    fixes by their hash; all text of the user is escaped.

    Args:
        contents: what was computed before.

    Returns:
        the HTML document.
    """
    diagnosis = contents.diagnosis
    measure = _measure(diagnosis)
    style, script = ((_FOLDER / name).read_text(encoding="utf-8").strip() for name in ("report.css", "report.js"))
    return _template().render(
        title=contents.title,
        subtitle=_facts.subtitle(contents),
        style=style,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        measure=measure,
        **_verdict(contents, measure),
        **_tagged(contents),
        **_errors(contents, measure),
        curves=_curves.drawn(contents.history, measure, _human(diagnosis), contents.info.get("stages") or ()),
        sharing=_sharing.fragment(contents.sharing) if contents.sharing else "",
        worst=_worst.cards(contents.worst, measure, contents.classes),
        seen=_seen.chapter(contents.seen),
        data=_facts.data_view(contents.data),
        facts=_facts.facts(contents),
        recipe=contents.recipe_text,
    )


@functools.cache
def _template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": _words.prose, "count": count, "plain": plain, "chance": chance}
    environment.tests["command"] = _words.is_command
    return environment.get_template("report.html.j2")


def _verdict(contents: Contents, measure: Measure) -> dict[str, Any]:
    """Headline, ladder, actions and findings."""
    diagnosis = contents.diagnosis
    verdict, gaps = diagnosis.get("verdict") or {}, diagnosis.get("gaps") or ()
    findings = _filled(diagnosis.get("findings"), _FINDING)
    alarms = [finding for finding in findings if finding["code"] in _FIRST and finding["status"] == "issue"]
    findings = [finding for finding in findings if finding not in alarms]
    ladder = ladder_view(diagnosis, measure, _target(contents))
    return {
        "status": verdict.get("status") or "none",
        "status_word": _words.status_word(verdict),
        "headline": _words.headline(verdict, gaps),
        "meaning": _words.meaning(verdict),
        "reason": verdict.get("reason") or "",
        "alarms": alarms,
        "ladder": ladder,
        "pictures": () if ladder is None else [draw_ladder(ladder, size) for size in LAYOUTS],
        "rungs": _filled(diagnosis.get("rungs"), _RUNG),
        "gaps": _filled(gaps, _GAP),
        "human": _filled(diagnosis.get("human"), _FIGURE),
        "baseline": _baseline(diagnosis, measure),
        "titles": TITLES,
        "actions": _filled(diagnosis.get("actions"), _ACTION),
        "findings": [f for status in ("issue", "tip", "undecided") for f in findings if f["status"] == status],
        "quiet": (quiet := [f for status in ("passed", "not_applicable") for f in findings if f["status"] == status]),
        "quiet_summary": _words.quiet_summary(quiet),
    }


def _tagged(contents: Contents) -> dict[str, Any]:
    """What people said about the errors, as a table and as pictures."""
    view = chapter(contents.errors, contents.pictures) if contents.errors else None
    drawn = (
        () if view is None or not view.rows else [_errors_picture.draw(view, size) for size in _errors_picture.LAYOUTS]
    )
    return {"tagged": view, "tag_pictures": drawn}


def _errors(contents: Contents, measure: Measure) -> dict[str, Any]:
    """Where the errors are: matrix, labels or residuals, and the scores."""
    views: dict[str, Any] = dict.fromkeys(("confusion", "matrix", "labels", "residuals", "clouds", "summary"))
    views |= {"analysed": "", "slices": (), "predictor": contents.predictor}
    task = contents.diagnosis.get("task")
    table, split = analysed(contents.predictions, contents.predictor)
    if table is not None:
        views["analysed"] = TITLES.get(split, split)
        if task == "classification":
            views["confusion"] = _confusion.confusion(table, contents.classes)
            views["matrix"] = _confusion.draw(views["confusion"]) if views["confusion"] else None
        elif task == "multilabel":
            views["labels"] = _labels.by_label(table, contents.classes)
        elif task == "regression":
            views["residuals"] = seen = _regression.residuals(table, contents.diagnosis.get("unit") or "")
            views["clouds"] = (_regression.draw_scatter(seen), _regression.draw_histogram(seen)) if seen else None
    if contents.scores is not None and len(contents.scores):
        views["summary"] = _scores_view.summary(contents.scores, measure, contents.predictor)
        _, first = analysed(contents.scores, contents.predictor)
        views["slices"] = _scores_view.slices(contents.scores, measure, contents.predictor, first)
    return views


def _measure(diagnosis: Mapping[str, Any]) -> Measure:
    name = str(diagnosis.get("metric") or "error")
    bounded = bool(diagnosis.get("bounded", True))
    return Measure(name, str(diagnosis.get("unit") or ""), bounded, _scores_view.greater_is_better(name))


def _filled(records: Any, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    return [dict.fromkeys(keys) | dict(record) for record in records or ()]


def _target(contents: Contents) -> float | None:
    target = contents.diagnosis.get("target", (contents.recipe.get("goal") or {}).get("target"))
    return target if known(target) else None


def _human(diagnosis: Mapping[str, Any]) -> float | None:
    """The human error as a level for the curves, where the ladder has the measure that training records."""
    if diagnosis.get("metric", "error") not in ("error", "mae"):
        return None
    rungs = [r for r in diagnosis.get("rungs") or () if r.get("name") == "human" and r.get("basis") != "assumed"]
    return rungs[0].get("error") if rungs else None


def _baseline(diagnosis: Mapping[str, Any], measure: Measure) -> str:
    """The plain dev error of a constant guess in words; empty where there is none."""
    baseline = diagnosis.get("baseline") or {}
    if not known(baseline.get("error")):
        return ""
    limits = measure.interval(baseline.get("low"), baseline.get("high"))
    how = f" ({baseline['how']})" if baseline.get("how") else ""
    return f"A constant guess{how} has an error of {measure.value(baseline['error'])} {limits}".strip() + " on dev."
