"""Is synthesised data varied enough, and is it like the real thing? Three checks (rules P6 and P60)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dlx.strategy.two_sample import TwoSample, near_duplicates, two_sample_test
from dlx.training.augmenting import Augmenting

__all__ = ["Ingredients", "Synthesis", "examine"]

#: Fewer distinct pictures than this are few, whatever the amount of data.
FEW = 100
#: A picture that is mixed in more often than this can be learned by heart; one hour of noise, 10,000 times, is
#: the warning example.
OFTEN = 1000
#: examples of each kind that are compared
SAMPLE = 500
#: Below this many in dev the two-sample test says nothing.
LEAST = 30
_SIDE = 16


@dataclass(frozen=True)
class Ingredients:
    """What one augmentation mixes in.

    Attributes:
        name: of the augmentation.
        distinct: pictures.
        uses: how often the whole fit mixes one in.
    """

    name: str
    distinct: int
    uses: int

    @property
    def repeats(self) -> float:
        """How often each picture is used in the whole fit."""
        return self.uses / self.distinct

    @property
    def few(self) -> bool:
        """Whether the network may learn these very pictures."""
        return self.distinct < FEW or self.repeats > OFTEN

    def sentence(self) -> str:
        times = f"about {self.repeats:,.0f} times in the fit" if self.repeats >= 2 else "at most twice or so in the fit"
        text = f"{self.name}: {self.distinct:,} distinct pictures, each mixed in {times}"
        if not self.few:
            return f"{text}."
        why = f"{FEW} or more are better" if self.distinct < FEW else f"more than {OFTEN:,} times is often"
        return f"{text}: {why}. The network may learn these very pictures, and the eye cannot tell: collect more."


@dataclass(frozen=True)
class Synthesis:
    """What the checks found.

    Attributes:
        ingredients: of each augmentation that mixes pictures in.
        near_duplicates: share of synthetic examples that are nearly the same as another one.
        near_duplicates_real: the same among the dev examples.
        before: train examples as they are against dev, told apart by a classifier; None where dev is too small.
        after: synthetic examples against dev.
    """

    ingredients: tuple[Ingredients, ...]
    near_duplicates: float
    near_duplicates_real: float
    before: TwoSample | None
    after: TwoSample | None

    def to_dict(self) -> dict[str, Any]:
        """The checks as JSON data; shares in 0–1."""
        found = asdict(self)
        found["ingredients"] = [asdict(each) | {"repeats": each.repeats, "few": each.few} for each in self.ingredients]
        return found

    def sentences(self) -> list[tuple[str, bool]]:
        """One sentence for each check, and whether it is a warning."""
        made = [(each.sentence(), each.few) for each in self.ingredients]
        copies, real = self.near_duplicates, self.near_duplicates_real
        text = f"near-duplicates: {copies:.1%} of the synthetic examples are nearly the same as another one"
        made.append((f"{text}, {real:.1%} of the dev examples are.", copies > 2 * real + 0.05))
        if self.before is None or self.after is None:
            made.append((f"real against synthetic: not tested, dev has fewer than {LEAST} examples.", False))
            return made
        worse = self.after.low > self.before.high
        told = f"told apart from dev by a classifier: {_rate(self.before)} before, {_rate(self.after)} after"
        close = "" if self.after.told_apart else f"; no difference to dev is shown (p {self.after.p_value:.2g})"
        end = ". The synthetic examples are further from dev than the real ones." if worse else "."
        made.append((f"{told}; 50 % = cannot be told apart{close}{end}", worse))
        return made


def _rate(test: TwoSample) -> str:
    return f"{test.accuracy:.0%} [{test.low:.0%}, {test.high:.0%}]"


def examine(
    augment: Augmenting, settings: dict[str, Any], sections: list[dict[str, Any]],
    train: np.ndarray, dev: np.ndarray, *, n_train: int,
) -> Synthesis:  # fmt: skip
    """Run the checks.

    Args:
        augment: the recipe's augmentations, fitted.
        settings: the recipe's ``train`` block.
        sections: the recipe's ``augment``.
        train: (n, height, width, channels) train images, raw: of different examples.
        dev: (m, height, width, channels) dev images, raw.
        n_train: examples in train.
    """

    def version(epoch: int) -> np.ndarray:
        parts = (train[start : start + 64] for start in range(0, len(train), 64))
        return _unit(np.concatenate([augment.now(p, settings["seed"], epoch, i) for i, p in enumerate(parts)]))

    first, real, plain = version(0), _unit(dev), _unit(train)
    half = len(first) // 2
    twice = np.concatenate([first[:half], version(1)[:half]])
    before, after = (_test(sample, real) for sample in (plain, first))
    passes = n_train * settings["epochs"]
    uses = [
        Ingredients(section["name"], step.ingredients, round(passes * section.get("probability", 1)))
        for section, step in zip(sections, augment.steps, strict=True)
        if step.ingredients
    ]
    return Synthesis(tuple(uses), near_duplicates(_shrunk(twice)), near_duplicates(_shrunk(real)), before, after)


def _test(sample: np.ndarray, real: np.ndarray) -> TwoSample | None:
    if min(len(sample), len(real)) < LEAST:
        return None
    return two_sample_test(_features(sample), _features(real))


def _unit(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / np.float32(255) if images.dtype == np.uint8 else images


def _shrunk(images: np.ndarray, side: int = _SIDE) -> np.ndarray:
    """(n, side, side, channels): means over a grid; smaller images stay as they are."""
    height, width = (min(side, s) for s in images.shape[1:3])
    rows, columns = (np.arange(n) * size // n for n, size in ((height, images.shape[1]), (width, images.shape[2])))
    sums = np.add.reduceat(np.add.reduceat(images, rows, axis=1), columns, axis=2)
    tall, wide = (np.diff([*at, size]) for at, size in ((rows, images.shape[1]), (columns, images.shape[2])))
    return sums / (tall[:, None] * wide)[..., None]


def _features(images: np.ndarray) -> np.ndarray:
    """(n, d): what a simple eye sees: a thumbnail, how much is dark, spread of colour, sharpness, plain edges."""
    small = _shrunk(images, 8)
    parts = [small.reshape(len(images), -1), images.std(axis=(1, 2))]
    parts += [(images < limit).mean(axis=(1, 2)) for limit in np.linspace(0.1, 0.9, 9)]
    grey = images.mean(axis=3)
    if min(grey.shape[1:]) >= 3:
        inside = grey[:, 1:-1, 1:-1]
        around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
        parts.append(np.log((around - 4 * inside).var(axis=(1, 2)) + 1e-6)[:, None])
    edge = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], axis=1)
    parts.append(np.log(edge.std(axis=1) + 1e-3)[:, None])
    if images.shape[-1] == 3:
        saturation = images.max(axis=3) - images.min(axis=3)
        parts += [saturation.mean(axis=(1, 2))[:, None], saturation.std(axis=(1, 2))[:, None]]
    return np.concatenate(parts, axis=1)
