"""How much of a source is trained, by the amount of data (rule P55)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Depth", "depth"]

#: Train examples up to which only a new head is trained, and up to which only the last blocks are. The notes give no
#: numbers; these are dlx's own, and every step is open to the user.
FEW, SOME = 1_000, 10_000
#: The last blocks of a medium amount of data.
LAST = 2


@dataclass(frozen=True)
class Depth:
    """What is trained.

    Attributes:
        blocks: how many of the last blocks are trained beside the head; None for all of them.
        reason: in words.
    """

    blocks: int | None
    reason: str

    @property
    def head_only(self) -> bool:
        """Whether the source stays as it is."""
        return self.blocks == 0


def depth(asked: int | str, n: int, learned: int | None) -> Depth:
    """What the recipe asks for, or what the amount of data calls for.

    Args:
        asked: ``transfer.depth``, but for scratch: then there is no source.
        n: train examples.
        learned: examples that the source was trained on; None if that is not known.

    >>> depth("auto", 500, 1_281_167).blocks, depth("auto", 2640, 1_281_167).blocks, depth("auto", 50_000, None).blocks
    (0, 2, None)
    """
    told = f"{n:,} train examples"
    if asked == "head":
        return Depth(0, "a new head, as asked")
    if asked == "all":
        return Depth(None, "all layers, as asked")
    if asked != "auto":
        return Depth(int(asked), f"the last {asked} block{'s' if int(asked) > 1 else ''} and a new head, as asked")
    if n < FEW:
        return Depth(0, f"a new head: {told} are few (under {FEW:,})")
    if n < SOME:
        return Depth(LAST, f"the last {LAST} blocks and a new head: {told} are a medium amount (under {SOME:,})")
    if learned is not None and n >= learned:
        return Depth(None, f"all layers: {told} are as many as the source learned from, and scratch may do as well")
    return Depth(None, f"all layers, from the source's weights: {told} are many")
