"""The verdict in words, as the Markdown that MLflow shows on top of a run's page."""

from __future__ import annotations

from typing import Any

from dlx.run import Run

__all__ = ["note"]

_TITLES = {
    "decided": "Work on {focus}",
    "tie": "A tie between {focus}",
    "undecided": "Undecided",
    "undetermined": "Not to be told from these splits",
    "need_train_dev": "A train-dev set is needed",
    "good_enough": "Good enough",
}


def note(run: Run) -> str:
    """Verdict, ladder and next commands of a finished run; what happened, for one that did not finish."""
    state, info = run.state(), run.info
    diagnosis = run.read_json("diagnosis.json", default={})
    parts = [] if state in {"complete", "running"} else [f"**{state.capitalize()}.** {info.get('error') or ''}".strip()]
    if info.get("note"):
        parts.append(str(info["note"]))
    if run.is_search:
        return "\n\n".join([*parts, *_search(run)])
    if info.get("transfer"):
        parts.append(f"Begun from {info['transfer']['source']}; trained: {info['transfer']['depth']}.")
    curve = run.read_json("curve.json", default={})
    if curve:
        parts += ["### Would more data help?", str(curve["text"]), "The picture: **curve.svg** under *Artifacts*."]
    sharing = run.read_json("multitask.json", default={})
    if sharing:
        parts += ["### One network for all tasks, or one for each?", str(sharing["text"])]
    if diagnosis.get("verdict"):
        parts += _verdict(diagnosis)
    if run.has("report.html"):
        parts.append("Pictures, worst errors and findings: **report.html** under *Artifacts*.")
    parts.append(f"On the machine that trained it: `dlx report {run.id}`")
    return "\n\n".join(parts)


def _search(run: Run) -> list[str]:
    """The best trials of a search, why its stages are where they are, and how to go on."""
    found = run.read_json("summary.json", default={})
    if not found:
        return [f"A search; `dlx tune {run.id} --resume` goes on if it has stopped."]
    scored = [trial for trial in found["trials"] if trial["score"] is not None and trial["feasible"] is not False]
    scored.sort(key=lambda trial: -trial["score"] if found["greater_is_better"] else trial["score"])
    lines = [f"| trial | dev {found['metric']} | limits | settings |", "|--:|--:|:--|:--|"]
    for trial in scored[:10]:
        settings = ", ".join(f"{path} = {value}" for path, value in trial["params"].items())
        kept = {True: "kept", None: ""}.get(trial["feasible"], str(trial["feasible"]))
        lines.append(f"| {trial['number']} | {trial['score']:.4g} | {kept} | {settings} |")
    stages = [f"{stage['number']}. {stage['reason']}" for stage in found["stages"]]
    best = "Best recipe: **best.yaml**; pictures: **search.html**; all trials: **trials.csv**, under *Artifacts*."
    parts = [
        "### Best trials",
        "\n".join(lines),
        "Stages:\n\n" + "\n".join(stages) if stages else "",
        *found["notes"],
        best,
    ]
    return [part for part in parts if part]


def _verdict(diagnosis: dict[str, Any]) -> list[str]:
    verdict = diagnosis["verdict"]
    focus = [str(name).replace("_", " ") for name in verdict.get("focus") or []]
    title = _TITLES.get(verdict["status"], str(verdict["status"])).format(focus=" and ".join(focus) or "nothing")
    parts = [f"### {title}", str(verdict.get("reason") or "")]
    rungs = [_rung(rung, diagnosis) for rung in diagnosis.get("rungs") or [] if rung.get("error") is not None]
    if rungs:
        heading = str(diagnosis.get("metric") or "error")
        parts.append("\n".join([f"| rung | {heading} | 95 % interval | n |", "|:--|--:|:-:|--:|", *rungs]))
    actions = diagnosis.get("actions") or []
    if actions:
        steps = [_action(number, action) for number, action in enumerate(actions[:3], start=1)]
        parts.append("Next:\n\n" + "\n".join(steps))
    return [part for part in parts if part]


def _rung(rung: dict[str, Any], diagnosis: dict[str, Any]) -> str:
    def show(value: float | None) -> str:
        if value is None:
            return "–"
        if diagnosis.get("bounded", True):
            return f"{100 * value:.3g} %"
        return f"{value:.4g} {diagnosis.get('unit') or ''}".strip()

    low, high = rung.get("low"), rung.get("high")
    interval = "–" if low is None or high is None else f"{show(low)} to {show(high)}"
    size = rung.get("n")
    return f"| {rung['name']} | {show(rung['error'])} | {interval} | {'–' if size is None else f'{size:,.0f}'} |"


def _action(number: int, action: dict[str, Any]) -> str:
    command = action.get("command")
    return f"{number}. {action.get('reason', '')}" + (f"\n\n       {command}" if command else "")
