"""What to do next about labels, the first thing first."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlx.labelling._result import LabelErrorReport
    from dlx.run import Run

__all__ = ["steps"]


def steps(found: LabelErrorReport, run: Run | None) -> tuple[tuple[str, str], ...]:
    """(reason, command) of each step; a command may be empty.

    Args:
        found: everything that is known.
        run: of which; None for a file.
    """

    def again(*words: str) -> str:
        return shlex.join(["dlx", "labels", found.what, *words])

    said, audit, made = found.judgement, found.audit, []
    left = len(audit.order) - max(found.done.values(), default=0)
    if left > 0:
        some = "more " if found.done else ""
        made.append((f"Look at {left} {some}examples, blind: no label and no prediction is shown.", again()))
    elif said.labels.n_more:
        n = said.labels.n_checked + said.labels.n_more
        made.append(
            (f"Look at about {said.labels.n_more} more misclassified examples: they decide.", again("--n", str(n)))
        )
    if said.labels.worth_relabelling and not audit.relabel and left <= 0:
        made.append(("Relabel dev and test alike: look at all of both.", again("--relabel")))
    if said.train.systematic and left <= 0:
        every = found.n_flagged
        if audit.flagged < every:
            made.append(
                (f"Look at all {every} flagged labels: those in train must be mended.", again("--flagged", str(every)))
            )
    if found.overlay.pending and left <= 0:
        made.append((f"Write the {found.overlay.pending} corrections that people agree on.", again("--apply")))
    elif found.overlay.current is False and run is not None:
        made.append(("Train on the corrected labels.", str(run.info.get("command", "dlx train"))))
    if said.labels.worth_relabelling is False and run is not None:
        made.append(
            ("Labels can wait: see what the other errors are.", f"dlx analyze-errors {shlex.quote(found.what)}")
        )
    return tuple(made)
