"""Labels as pictures are captioned, for every task."""

from __future__ import annotations

from typing import Any

__all__ = ["label_of"]


def label_of(y: Any, description: dict[str, Any]) -> Any:
    """A class as text, a number as a float, several labels as the names of those that are on.

    Args:
        y: as it stands in the examples table or in the predictions table.
        description: what stands in ``targets.json``.
    """
    from dlx.tasks.classification import as_text

    names = description.get("label_names")
    if names and hasattr(y, "__len__") and not isinstance(y, str):
        return [name for name, value in zip(names, y, strict=True) if value == 1]
    return float(y) if description["task"]["name"] == "regression" else as_text(y)
