"""Several views of each picture, made inside the model: flips and crops, stacked for one pass (systems S70)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError, unknown
from dlx.payloads import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CROP", "Views"]

#: Views of a picture by name.
COUNTS = {"flips": 2, "ten-crop": 10}
#: Side of a crop as a share of the picture's: 224 of 256 pixels.
CROP = 0.875


@dataclass(frozen=True)
class Views:
    """How each picture is looked at.

    Attributes:
        name: ``flips``: the picture and its mirror image; ``ten-crop``: its centre and four corners, each and its
            mirror image, resized to the size that the network takes.
        crop: side of a crop as a share of the picture's, in (0, 1); None for flips.
    """

    name: str
    crop: float | None = None

    @staticmethod
    def of(name: str | None, crop: float | None) -> Views | None:
        """The views asked for; None where none are.

        Raises:
            UserError: an unknown name, a crop outside (0, 1), or one without ten-crop.
        """
        if name is not None and name not in COUNTS:
            raise unknown("view", name, COUNTS, where="--views")
        if crop is not None and name != "ten-crop":
            raise UserError("--crop is the size of the crops of --views ten-crop", value=crop, where="--crop")
        if crop is not None and not 0 < crop < 1:
            raise UserError("a crop's side is a share of the picture's between 0 and 1", value=crop, where="--crop")
        if name is None:
            return None
        return Views(name, (CROP if crop is None else crop) if name == "ten-crop" else None)

    @property
    def count(self) -> int:
        """Views of each picture."""
        return COUNTS[self.name]

    def picture(self, inputs: Sequence[TensorSpec]) -> TensorSpec:
        """The one input that holds pictures.

        Raises:
            UserError: there is none, several, their size varies, or they are too small for the crop.
        """
        found = [spec for spec in inputs if spec.name == "image" and len(spec.shape) == 3]
        if len(found) != 1 or len(inputs) != 1:
            raise UserError(
                "views are for pictures, and these models take something else",
                value=[f"{spec.name} {spec.shape}" for spec in inputs],
                where="--views",
                hint="Leave --views out: runs of any kind can be averaged.",
            )
        height, width, _ = found[0].shape
        if height is None or width is None:
            raise UserError("views need pictures of one size", value=found[0].shape, where="--views")
        if self.crop is not None and not (
            0 < _side(height, self.crop) < height and 0 < _side(width, self.crop) < width
        ):
            hint = f"At most {(min(height, width) - 1) / min(height, width):.3g} leaves a pixel out."
            raise UserError(
                f"crops of {self.crop:g} of {height} × {width} pixels are the whole picture, or nothing",
                value=self.crop, where="--crop", hint=hint,
            )  # fmt: skip
        return found[0]

    def stacked(self, x: Any, spec: TensorSpec) -> Any:
        """All views of a batch, one after the other along its first axis: (views · n, height, width, channels).

        Args:
            x: a Keras tensor (n, height, width, channels).
            spec: of that input.
        """
        from keras import layers, ops

        if self.crop is None:
            return ops.concatenate([x, ops.flip(x, axis=2)], axis=0)
        height, width, _ = spec.shape
        crops = [x[:, top:bottom, left:right, :] for top, left, bottom, right in boxes(height, width, self.crop)]
        together = ops.cast(ops.concatenate(crops, axis=0), "float32")
        resized = layers.Resizing(height, width, interpolation="bilinear", name="crops_resized")(together)
        if spec.dtype != "float32":  # the network takes whole grey values
            resized = ops.cast(ops.round(resized), spec.dtype)
        return ops.concatenate([resized, ops.flip(resized, axis=2)], axis=0)

    def averaged(self, y: Any) -> Any:
        """Outputs of the stacked views, averaged: (views · n, …) → (n, …)."""
        from keras import ops

        return ops.mean(ops.reshape(y, (self.count, -1, *y.shape[1:])), axis=0)


def boxes(height: int, width: int, crop: float) -> list[tuple[int, int, int, int]]:
    """(top, left, bottom, right) of the centre and the four corners.

    >>> boxes(8, 8, 0.75)
    [(1, 1, 7, 7), (0, 0, 6, 6), (0, 2, 6, 8), (2, 0, 8, 6), (2, 2, 8, 8)]
    """
    tall, wide = _side(height, crop), _side(width, crop)
    down, right = height - tall, width - wide
    corners = [(down // 2, right // 2), (0, 0), (0, right), (down, 0), (down, right)]
    return [(top, left, top + tall, left + wide) for top, left in corners]


def _side(pixels: int, crop: float) -> int:
    return round(pixels * crop)
