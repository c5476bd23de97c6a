"""What the figures of an ensemble cannot say, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlx.comparison._words import Words
from dlx.ensembles._choice import Option
from dlx.ensembles._result import Gain
from dlx.strategy.selection import contenders
from dlx.strategy.words import listed

__all__ = ["of_members", "of_quality", "of_views"]

#: The usual range (systems S69).
_FEWEST, _MOST = 3, 15


def of_members(k: int, too_good: float, reference: Option, mean: Gain | None, words: Words) -> list[str]:
    """What the choice of the best member does to the gain, and whether the members are of the usual number."""
    told = []
    if too_good > 0:
        size = words.gap(too_good).removeprefix("+")
        shown = mean is not None and (mean.low > 0 if words.greater else mean.high < 0)
        told.append(
            f"{reference.name} is the best of {k} on these examples and looks about {size} too good for being picked "
            "here: against it a gain is understated by as much."
            + (" Against the average member it is shown." if shown else "")
        )
    if 1 < k < _FEWEST:
        told.append(f"Ensembles usually have {_FEWEST} to {_MOST} members; a third would bring most.")
    if k > _MOST:
        told.append(f"More than {_MOST} members: beyond that little is gained, see the errors by size.")
    return told


def of_quality(names: Sequence[str], errors: np.ndarray, reference: str) -> list[str]:
    """Which members are clearly worse than the best, for with equal weights all suffer from them.

    Args:
        names: of the members.
        errors: (members, examples).
        reference: the best of them.
    """
    worse = [name for name, alike in zip(names, contenders(errors), strict=True) if not alike]
    if not worse:
        return []
    verb = "is" if len(worse) == 1 else "are"
    return [f"{listed(worse)} {verb} clearly worse than {reference}, and all weigh alike: try it without."]


def of_views(options: Sequence[Option], words: Words) -> list[str]:
    """That views do harm where no network has learned to see such pictures."""
    plain, viewed = ([o.value for o in options if len(o.members) == 1 and (o.views > 1) == v] for v in (False, True))
    if not viewed or not ((np.mean(viewed) < np.mean(plain)) if words.greater else (np.mean(viewed) > np.mean(plain))):
        return []
    return [
        "The single models do worse on these views: views help networks that were trained on such pictures, "
        "`-s augment='[mirror, crop]'`."
    ]
