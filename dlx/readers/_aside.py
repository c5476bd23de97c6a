"""Files that cannot be read: set aside and listed, or refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dlx.errors import UserError

__all__ = ["divide", "lost"]


def divide(table: pd.DataFrame, faults: list[str], strict: bool, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of readable files, and path and reason of the others."""
    bad = [i for i, fault in enumerate(faults) if fault]
    if bad and (strict or len(bad) == len(table)):
        shown = "; ".join(f"{table['path'].iloc[i]}: {faults[i]}" for i in bad[:5])
        raise UserError(
            f"{len(bad)} of {len(table)} images cannot be read",
            value=shown,
            where=str(folder),
            hint="Mend or remove them" + (", or leave strict out to set them aside." if strict else "."),
        )
    rows = [(table["path"].iloc[i], faults[i]) for i in bad]
    aside = pd.DataFrame(rows, columns=["path", "reason"])
    return table.drop(index=bad).reset_index(drop=True), aside


def lost(before: pd.Series, after: pd.Series, aside: pd.DataFrame) -> list[str]:
    """A note on classes of which no image can be read.

    Raises:
        UserError: one class is left.
    """
    gone = sorted({str(y) for y in before} - {str(y) for y in after})
    if gone and after.nunique() < 2:
        raise UserError(
            f"one class is left: of {', '.join(gone[:5])} no image can be read",
            value=f"{aside['path'].iloc[0]}: {aside['reason'].iloc[0]}",
            where=f"class {after.iloc[0]!r}",
        )
    return [f"classes of which no image can be read: {', '.join(gone[:5])}"] if gone else []
