"""Another background for objects on a plain one, as in product pictures."""

from __future__ import annotations

from dlx.augmentations import _pictures
from dlx.augmentations._base import Augmentation, sometimes, within

__all__ = ["background"]

#: An image has a plain background when this share of its edge pixels has the colour of their median.
PLAIN = 0.7
#: how far the plain colour is followed round corners that cannot be seen straight from an edge, in pixels
CORNERS = 8


def background(path: str, *, tolerance: float = 0.04, probability: float = 0.5) -> Augmentation:
    """Put the object of a picture with a plain background before a random part of a picture from a folder.

    Background is what has the colour of the image's edge and is connected with it; white parts within the object stay.
    Images whose edge has no one colour are left as they are. It is synthesis: backgrounds should be as varied as in
    reality, or the network learns these very pictures.

    Args:
        path: folder of pictures, of places where the objects will be seen; at most 2,000 are used, spread evenly.
        tolerance: largest difference in any channel from the edge's colour, in images of 0–1, above 0 and at most 0.5;
            more of it takes shadows away, and parts of white objects on white.
        probability: of a new background, 0–1.
    """
    within("tolerance", tolerance, 0, 0.5, open_low=True)
    within("probability", probability, 0, 1)

    def fit(sample):
        pictures = _pictures.read(path, sample.shape[1:], where="augment, background: path")
        cut = _pictures.cuts(pictures)

        def apply(images, seed):
            import tensorflow as tf

            n = tf.shape(images)[0]
            behind = cut(n, tuple(images.shape[1:3]), seed)
            share = plain_background(images, tolerance) * sometimes(seed, n, probability)
            return images + (behind - images) * share

        return Augmentation(apply, ingredients=len(pictures))

    return Augmentation(fit=fit)


def plain_background(images, tolerance: float):
    """(n, height, width, 1) in 0–1: how far each pixel belongs to the plain background; 0 where there is none."""
    import tensorflow as tf

    edge = tf.concat([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)[:, ::2]
    median = tf.sort(edge, axis=1)[:, edge.shape[1] // 2]
    on_edge = tf.reduce_max(tf.abs(edge - median[:, None]), axis=2) < tolerance
    plain = tf.reduce_mean(tf.cast(on_edge, tf.float32), axis=1) >= PLAIN
    alike = tf.reduce_max(tf.abs(images - median[:, None, None]), axis=3) < tolerance
    # images become the last axis, along which scans and pooling are several times as fast
    alike = tf.cast(tf.transpose(alike & plain[:, None, None], [1, 2, 0]), tf.float32)[None]
    # seen straight from one of the four edges, then a few pixels round the corner
    straight = [tf.math.cumprod(alike, axis=axis, reverse=back) for axis in (1, 2) for back in (False, True)]
    found = tf.maximum(tf.maximum(straight[0], straight[1]), tf.maximum(straight[2], straight[3]))
    for _ in range(CORNERS):
        found = tf.minimum(tf.nn.max_pool2d(found, 3, 1, "SAME"), alike)
    # two pixels into the object and softly: its edge is mixed with the old colour
    soft = tf.nn.avg_pool2d(tf.nn.max_pool2d(found, 5, 1, "SAME"), 3, 1, "SAME")
    return tf.transpose(soft[0], [2, 0, 1])[..., None]
