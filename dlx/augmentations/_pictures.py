"""Pictures that are mixed into others: read once, kept small, and cut anew for every image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.augmentations._base import draws
from dlx.errors import UserError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["cuts", "read"]

#: More pictures than this are thinned evenly: at 96 pixels these take 124 MB.
MOST = 2000
#: They are kept larger than the images by this factor, so that every cut is another one.
LARGER = 1.5


def read(path: str, shape: tuple[int, int, int], *, where: str) -> np.ndarray:
    """The pictures below a folder, or of one file: (k, height, width, channels) uint8, a little larger than asked.

    Args:
        path: folder or file.
        shape: (height, width, channels) of the images that they are mixed into.
        where: the recipe's key, for messages.

    Raises:
        UserError: no such folder, or no readable picture in it.
    """
    import numpy as np

    from dlx.readers import _decode, _image_lists
    from dlx.readers._files import existing

    try:
        place = existing(path, kind="any")
    except UserError as error:
        raise UserError(error.rule, value=error.value, where=where, hint=error.hint) from error
    files = _image_lists.files_below(place) if place.is_dir() else [place]
    if len(files) > MOST:
        files = [files[i] for i in np.linspace(0, len(files) - 1, MOST).astype(int)]
    size = (round(shape[0] * LARGER), round(shape[1] * LARGER))
    decoded = list(_decode.in_threads(_decode.decode, files, size, shape[2]))
    pictures = [picture for picture in decoded if not isinstance(picture, str)]
    if not pictures:
        why = decoded[0] if decoded else "there is none"
        raise UserError(
            f"no picture can be read: {why}", value=str(path), where=where, hint="Name a folder of pictures."
        )
    return np.stack(pictures)


def cuts(pictures: np.ndarray):
    """``cut(n, size, seed)``: parts of random pictures, at random places and sizes, as (n, height, width, c) in 0–1."""
    import tensorflow as tf

    with tf.device("cpu:0"):
        held = tf.constant(pictures)

    def cut(n, size, seed):
        which, scale, top, left = draws(seed, n, (0, len(pictures)), (1 / LARGER, 1), (0, 1), (0, 1))
        which = tf.minimum(tf.cast(which, tf.int32), len(pictures) - 1)
        y, x = (1 - scale) * top, (1 - scale) * left
        # drawn in a little, lest rounding look outside of the picture
        boxes = tf.clip_by_value(tf.stack([y, x, y + scale, x + scale], axis=1), 1e-5, 1 - 1e-5)
        return tf.image.crop_and_resize(held, boxes, which, size) / 255

    return cut
