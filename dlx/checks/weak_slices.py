"""Classes or sources whose dev error is clearly above the rest."""

from __future__ import annotations

from dlx.checks._common import level, not_applicable
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: Errors below this many times the overall error are not worth a line.
_TIMES = 1.5


def check(evidence: Evidence) -> Finding:
    """Reads the slices of the scores; limits are widened for the number of slices (Bonferroni)."""
    code = "weak_slices"
    rows, ladder = evidence.scores, evidence.ladder
    if rows is None or ladder is None:
        return not_applicable(code, "There are no scores.")
    rows = rows[(rows["metric"] == "error") & (rows["split"] == "dev")]
    rows = rows[(rows["predictor"] != "baseline") & ~rows["predictor"].str.startswith("human:")]
    whole = rows[rows["slice"] == "all"]
    slices = rows[(rows["slice"] != "all") & rows["low"].notna() & rows["high"].notna()]
    if whole.empty or len(slices) < 2:
        return not_applicable(code, "Dev has no slices: no classes and no sources.")
    overall = float(whole["value"].iloc[0])
    weak = []
    for row in slices.to_dict("records"):
        low = row["value"] - _stretch(len(slices)) * (row["value"] - row["low"])
        if low > overall and row["value"] >= _TIMES * overall:
            weak.append(row)
    weak.sort(key=lambda row: -row["value"] * row["n"])
    facts = {"overall": overall, "slices": {r["slice"]: {k: r[k] for k in ("value", "low", "high", "n")} for r in weak}}
    if not weak:
        return Finding(code, f"None of {len(slices)} slices stands out from the dev error.", "passed", facts)
    listed = ", ".join(f"{r['slice']} ({level(ladder, r['value'])} of {r['n']:,})" for r in weak[:3])
    title = f"Errors concentrate: {listed}, against {level(ladder, overall)} overall."
    step = "Look at the errors of these first: more or cleaner examples there help most."
    return Finding(code, title, "tip", facts, step)


def _stretch(k: int) -> float:
    """How much wider an interval is that holds for k slices at once."""
    from scipy.special import ndtri

    return float(ndtri(1 - 0.025 / k) / ndtri(0.975))
