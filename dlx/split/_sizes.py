"""How many examples each part of a split gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlx.dataset import SPLITS
from dlx.errors import UserError, unknown

__all__ = ["Sizes", "auto", "count", "plan", "train_dev_size"]


@dataclass(frozen=True)
class Sizes:
    """Examples per part.

    Attributes:
        dev, test: wanted numbers.
        train: wanted number, or None for all that is left.
        train_dev: wanted number, or None to decide once train and dev are known.
    """

    dev: int
    test: int
    train: int | None = None
    train_dev: int | None = None


def auto(n: int) -> int:
    """Size of dev, and of test, from the amount of data (rule P22, worked example O36).

    A fifth up to 50,000 examples, then 10,000, and 0.25 % of more than four million.
    """
    if n <= 50_000:
        return max(1, round(0.2 * n))
    return max(10_000, round(0.0025 * n)) if n > 1_000_000 else 10_000


def train_dev_size(train: int, dev: int) -> int:
    """As large as dev, at most a tenth of train."""
    return min(dev, max(1, train // 10))


def plan(split: str | dict[str, Any], n: int, *, n_target: int | None, target_in_train: float) -> Sizes:
    """Sizes from the recipe.

    Args:
        split: ``auto``, or part → share in 0–1 (float) or count (whole number).
        n: examples in all.
        n_target: examples of the target source, or None without a target. Dev and test then take what
            ``target_in_train`` leaves of it: half each, in the ratio of their shares, or the counts given.
        target_in_train: share of the target that train gets.

    Raises:
        UserError: parts that do not exist, shares that do not add up, more than there is.
    """
    if split == "auto":
        if n_target is None:
            return Sizes(auto(n), auto(n))
        return _of_target(n_target, target_in_train, 1, 1)
    if not isinstance(split, dict):
        raise UserError("split is auto, own, from:RUN or sizes", value=split, where="data.split")
    given = {part: _one(part, value) for part, value in split.items() if value is not None}
    shares = {part: value for part, value in given.items() if isinstance(value, float)}
    _check_shares(given, shares)
    train_dev = None if given.get("train_dev") is None else count(given["train_dev"], n)
    dev, test = given.get("dev", 0), given.get("test", 0)
    if not dev:
        raise UserError("dev needs examples", value=split, where="data.split", hint="For example dev: 0.2.")
    if (
        n_target is not None
        and isinstance(dev, float)
        and isinstance(test, (float, int))
        and (test == 0 or shares.get("test"))
    ):
        sizes = _of_target(n_target, target_in_train, dev, test)
        return Sizes(sizes.dev, sizes.test, None, train_dev)
    sizes = Sizes(count(dev, n), count(test, n), None, train_dev)
    if isinstance(given.get("train"), int):
        sizes = Sizes(sizes.dev, sizes.test, given["train"], train_dev)
    _check_counts(sizes, n, n_target, target_in_train)
    return sizes


def _of_target(n_target: int, target_in_train: float, dev: float, test: float) -> Sizes:
    """What train leaves of the target, shared by dev and test in that ratio.

    Raises:
        UserError: it leaves too little.
    """
    left = n_target - round(target_in_train * n_target)
    if left < 1 + bool(test):
        raise UserError(
            f"train would get {n_target - left:,} of the {n_target:,} examples of the target, dev and test the rest",
            value=target_in_train,
            where="data.target_in_train",
            hint="Lower it: dev and test hold the target only. (Of a target with its own dev part, 1 is all of train.)",
        )
    n_test = int(left * test / (dev + test))  # the odd one goes to dev, which decides
    return Sizes(left - n_test, n_test)


def _one(part: str, value: Any) -> int | float:
    if part not in SPLITS:
        raise unknown("part of a split", part, SPLITS, where="data.split")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise UserError("a size is a share in 0–1 or a count", value=value, where=f"data.split.{part}")
    if isinstance(value, float) and value > 1:
        if not value.is_integer():
            raise UserError("a share lies in 0–1", value=value, where=f"data.split.{part}")
        return int(value)
    return 0 if value == 0 else value


def _check_shares(given: dict, shares: dict) -> None:
    if "train" not in shares:
        if sum(shares.values()) >= 1:
            raise UserError("nothing is left for train", value=given, where="data.split")
        return
    total = sum(value for part, value in shares.items() if part != "train_dev")
    whole = total + shares.get("train_dev", 0)
    if any(isinstance(v, int) and v > 0 for v in given.values()):
        raise UserError("shares and counts cannot be mixed once train is given", value=given, where="data.split")
    if abs(total - 1) > 1e-6 and abs(whole - 1) > 1e-6:
        raise UserError(
            "shares must add up to 1", value=given, where="data.split", hint=f"They give {whole:g}; leave train out."
        )


def count(value: int | float, n: int) -> int:
    """A share or a count as a count, at least 1."""
    return max(1, round(value * n)) if isinstance(value, float) else int(value)


def _check_counts(sizes: Sizes, n: int, n_target: int | None, target_in_train: float) -> None:
    wanted = sizes.dev + sizes.test
    if n_target is not None:
        left = n_target - round(target_in_train * n_target)
        if wanted > left:
            raise UserError(
                f"dev and test want {wanted:,} examples of the target, but train leaves them {left:,}",
                where="data.split",
                hint="Ask for fewer, or lower data.target_in_train.",
            )
    total = wanted + (sizes.train or 1) + (sizes.train_dev or 0)
    if total > n:
        raise UserError(
            f"the split wants {total:,} examples, there are {n:,}", where="data.split", hint="Ask for fewer."
        )
