"""What becomes of the copy in MLflow of a run that changed after it had ended."""

from __future__ import annotations

from dlx.run import Run

__all__ = ["copied"]


def copied(run: Run, changed: bool) -> str:
    """Send what has changed, if this run is copied at all; nobody waits for it.

    Args:
        run: the run.
        changed: whether anything has.

    Returns:
        what becomes of the copy, in words.
    """
    if not run.has("mlflow.json"):
        return f"not copied; `dlx sync {run.id}` does it"
    if not changed:
        return "unchanged"
    from dlx import tracking

    sent = tracking.follow(run)
    return f"not copied, as DLX_TRACKING says; `dlx sync {run.id}` does it" if sent.process is None else "being copied"
