"""Published networks for photos, as Keras keeps them, with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

    from dlx.tasks._base import ModelSpec

__all__ = [
    "efficientnet",
    "inception_v3",
    "mobilenet",
    "mobilenet_v2",
    "mobilenet_v3",
    "resnet50",
    "resnet101",
    "resnet152",
    "vgg16",
    "vgg19",
]


def vgg16(spec: ModelSpec, *, units: Sequence[int] = (4096, 4096), dropout: float = 0.5) -> keras.Model:
    """VGG-16: 13 convolutions of 3×3, then two layers of 4,096 units (Simonyan and Zisserman 2015).

    Args:
        units: dense layers behind the convolutions; [] lets the head average over positions.
        dropout: share of units switched off in the dense layers, or of channels without them.
    """
    return _vgg(spec, "VGG16", units, dropout)


def vgg19(spec: ModelSpec, *, units: Sequence[int] = (4096, 4096), dropout: float = 0.5) -> keras.Model:
    """VGG-19: 16 convolutions of 3×3; hardly better than VGG-16 (Simonyan and Zisserman 2015).

    Args:
        units: dense layers behind the convolutions; [] lets the head average over positions.
        dropout: share of units switched off in the dense layers, or of channels without them.
    """
    return _vgg(spec, "VGG19", units, dropout)


def resnet50(spec: ModelSpec, *, dropout: float = 0.0) -> keras.Model:
    """ResNet-50: 16 bottleneck blocks (He et al. 2016).

    Args:
        dropout: share of channels switched off behind the last block.
    """
    return _published(spec, "ResNet50", least=32, dropout=dropout)


def resnet101(spec: ModelSpec, *, dropout: float = 0.0) -> keras.Model:
    """ResNet-101: 33 bottleneck blocks (He et al. 2016).

    Args:
        dropout: share of channels switched off behind the last block.
    """
    return _published(spec, "ResNet101", least=32, dropout=dropout)


def resnet152(spec: ModelSpec, *, dropout: float = 0.0) -> keras.Model:
    """ResNet-152: 50 bottleneck blocks (He et al. 2016).

    Args:
        dropout: share of channels switched off behind the last block.
    """
    return _published(spec, "ResNet152", least=32, dropout=dropout)


def inception_v3(spec: ModelSpec, *, dropout: float = 0.0) -> keras.Model:
    """Inception v3: modules with factorised filters (Szegedy et al. 2016).

    Args:
        dropout: share of channels switched off behind the last module.
    """
    return _published(spec, "InceptionV3", least=75, dropout=dropout)


def mobilenet(spec: ModelSpec, *, alpha: float = 1.0, dropout: float = 0.001) -> keras.Model:
    """MobileNet v1: depthwise separable convolutions (Howard et al. 2017).

    Args:
        alpha: factor of all numbers of channels.
        dropout: share of channels switched off behind the last layer.
    """
    return _published(spec, "MobileNet", least=32, dropout=dropout, alpha=_alpha(alpha))


def mobilenet_v2(spec: ModelSpec, *, alpha: float = 1.0, dropout: float = 0.0) -> keras.Model:
    """MobileNet v2: 17 inverted residual bottlenecks (Sandler et al. 2018).

    Args:
        alpha: factor of all numbers of channels.
        dropout: share of channels switched off behind the last layer.
    """
    return _published(spec, "MobileNetV2", least=32, dropout=dropout, alpha=_alpha(alpha))


def mobilenet_v3(
    spec: ModelSpec, *, size: str = "small", alpha: float = 1.0, minimalistic: bool = False, dropout: float = 0.2
) -> keras.Model:
    """MobileNet v3: bottlenecks with squeeze and excitation (Howard et al. 2019).

    Args:
        size: small or large.
        alpha: factor of all numbers of channels.
        minimalistic: without what some hardware is slow at: squeeze and excitation, hard swish, 5×5 filters.
        dropout: share of units switched off behind the last layer.
    """
    import keras

    from dlx.builders._layers import image_input, per_layer
    from dlx.errors import UserError

    if size not in ("small", "large"):
        raise UserError("size is 'small' or 'large'", value=size, where="model.size")
    inputs = image_input(spec, "mobilenet_v3", least=32)
    make = keras.applications.MobileNetV3Small if size == "small" else keras.applications.MobileNetV3Large
    # Keras counts the last hidden layer to the top: the network is made with it and cut before the classes
    whole = make(
        input_tensor=inputs, weights=None, alpha=_alpha(alpha), minimalistic=minimalistic, include_preprocessing=False,
        dropout_rate=per_layer(dropout, 1, "dropout")[0], classes=1, classifier_activation=None,
    )  # fmt: skip
    return keras.Model(inputs, whole.get_layer("logits").input, name="mobilenet_v3")


def efficientnet(spec: ModelSpec, *, scale: int = 0, dropout: float = 0.2) -> keras.Model:
    """EfficientNet B0 to B7: resolution, depth and width grow together (Tan and Le 2019).

    Args:
        scale: 0 to 7; the paper's images have 224, 240, 260, 300, 380, 456, 528 and 600 pixels.
        dropout: share of channels switched off behind the last layer.
    """
    import keras

    from dlx.errors import UserError

    if isinstance(scale, bool) or scale not in range(8):
        raise UserError("scale is a whole number from 0 to 7", value=scale, where="model.scale")
    # Keras divides by 255 inside, and the inputs here are standardised already
    restored = keras.layers.Rescaling(255.0, name="undo_rescaling")
    return _published(spec, f"EfficientNetB{scale}", least=32, dropout=dropout, before=restored)


def _alpha(alpha: float) -> float:
    from dlx.errors import UserError

    if not 0 < alpha <= 4:
        raise UserError("alpha is a factor above 0, at most 4", value=alpha, where="model.alpha")
    return alpha


def _published(spec: ModelSpec, name: str, *, least: int, dropout: float, before=None, **arguments) -> keras.Model:
    """A network of ``keras.applications`` up to its last feature map."""
    import keras

    from dlx.builders._layers import image_input, per_layer

    rate = per_layer(dropout, 1, "dropout")[0]
    inputs = image_input(spec, name, least=least)
    given = inputs if before is None else before(inputs)
    x = getattr(keras.applications, name)(include_top=False, weights=None, input_tensor=given, **arguments).output
    if rate:
        x = keras.layers.SpatialDropout2D(rate, name="dropout")(x)
    return keras.Model(inputs, x, name=name.lower())


def _vgg(spec: ModelSpec, name: str, units: Sequence[int], dropout: float) -> keras.Model:
    import keras

    from dlx.builders._layers import dense_block, per_layer, positive

    sizes = positive(units, "units") if units else []
    rate = per_layer(dropout, 1, "dropout")[0]
    made = _published(spec, name, least=32, dropout=0.0 if sizes else dropout)
    if not sizes:
        return made
    x = keras.layers.Flatten(name="flat")(made.output)
    for i, n in enumerate(sizes, start=1):
        x = dense_block(
            x, n, activation="relu", init="auto", l1=0.0, l2=0.0, batch_norm=False, dropout=rate, name=f"fc{i}"
        )
    return keras.Model(made.input, x, name=name.lower())
