"""``dlx compare``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _print
from dlx.cli._complete import runs

NAME = "compare"
PANEL = "Review"


def command(
    tables: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN|FILE...", autocompletion=runs, help="Runs, or predictions of any framework: CSV or Parquet."
        ),
    ],
    metric: Annotated[
        str | None, typer.Option(help="Measure to optimise: error, f1, weighted_error(column=meta_cost) …")
    ] = None,
    positive: Annotated[str | None, typer.Option(metavar="CLASS", help="Class that F1 and AUC look for.")] = None,
    satisfice: Annotated[
        list[str] | None,
        typer.Option(metavar="LIMIT", help='A limit to keep: "latency_ms <= 100", "recall(positive=cat) >= 90%".'),
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option(metavar="SLICE:W", help="Rows that count W times: class=cat:10, source=mobile:2, meta_cost."),
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="classification, multilabel or regression; else decided by the labels.")
    ] = None,
    prefer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whom people prefer: written down; what would make the metric agree."),
    ] = None,
    because: Annotated[str, typer.Option(metavar="TEXT", help="With --prefer: why.")] = "",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Compare although dev sets or labels differ, on what they share.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Also write a page (.html) or the learning curves overlaid (.svg)."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Say which of several models is better on the same dev examples, and whether the difference is real.

    Example: dlx compare mine.csv yours.csv --metric f1
    """
    import dlx

    made = dlx.compare(
        *tables,
        metric=metric,
        positive=positive,
        satisfice=satisfice or None,
        weights=_weights(weight or []),
        task=task,
        prefer=prefer,
        because=because,
        anyway=anyway,
    )
    if out is not None:
        made.save(out)
    if json:
        _print.document(made.to_dict())
        return
    from dlx.reports import _comparison

    _comparison.render(made, console=_print.console)
    if out is not None:
        _print.line(f"{'Curves' if out.endswith('.svg') else 'Page'}: {out}")


def _weights(given: list[str]) -> dict[str, float]:
    """Slice → factor; a column alone stands for itself.

    Raises:
        UserError: a factor that is no number, or a slice that is given twice.
    """
    from dlx.errors import UserError

    found: dict[str, float] = {}
    for text in given:
        name, colon, factor = text.rpartition(":")
        try:
            key, value = (name, float(factor)) if colon else (text, 1.0)
        except ValueError:
            key, value = "", 0.0
        if not key or key in found or ("=" in key and not colon):
            hint = "Write --weight class=cat:10, or --weight meta_cost for a column of weights."
            raise UserError(
                "a weight is written SLICE:NUMBER, each slice once", value=text, where="--weight", hint=hint
            )
        found[key] = value
    return found
