"""Schedules, batch sizes and optimisers against the course's own numbers."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.errors import UserError
from dlx.training.loop import early_stop
from dlx.training.optimizers import batch_size, optimizer, schedule


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (None, [1, 1, 1]),
        ({"name": "none"}, [1, 1, 1]),
        ({"name": "inverse_time", "decay": 1.0}, [1, 1 / 2, 1 / 3]),
        ({"name": "exponential", "rate": 0.95}, [1, 0.95, 0.9025]),
        ({"name": "inverse_sqrt", "k": 1.0}, [1, 2**-0.5, 3**-0.5]),
        ({"name": "staircase", "every": 2, "factor": 0.5}, [1, 1, 0.5]),
        ({"name": "cosine", "floor": 0.0}, [1, 0.5 * (1 + np.cos(np.pi / 3)), 0.5 * (1 + np.cos(2 * np.pi / 3))]),
    ],
)
def test_schedules(spec, expected):
    factor = schedule(spec, 3)
    np.testing.assert_allclose([factor(epoch) for epoch in range(3)], expected)


def test_batch_size_follows_the_amount_of_data():
    assert batch_size("auto", 2000) == 2000  # worked number O54: full batch
    assert batch_size("auto", 2001) in (32, 64, 128, 256, 512)
    assert batch_size(1000, 5_000_000) == 1000
    assert batch_size(64, 10) == 10
    with pytest.raises(UserError, match="batch_size"):
        batch_size(0, 10)


def test_early_stopping_waits_for_its_patience():
    falling = [{"val_loss": v} for v in (1.0, 0.9, 0.8)]
    assert not early_stop(falling, {"patience": 1})
    assert not early_stop([*falling, {"val_loss": 0.85}], {"patience": 2})
    assert early_stop([*falling, {"val_loss": 0.85}, {"val_loss": 0.8}], {"patience": 2})
    assert not early_stop([*falling, {"val_loss": 0.85}], None)


@pytest.mark.tf
@pytest.mark.parametrize(
    ("settings", "steps", "expected", "tolerance"),
    [
        # worked number O57: w² − 10w + 25 from 0; descent at 0.01 is at 0.1 after one step, 4.99999 after 1,001
        ({"optimizer": "sgd", "learning_rate": 0.01}, 1, 0.1, 1e-6),
        ({"optimizer": "sgd", "learning_rate": 0.01}, 1001, 4.99999, 1e-4),
        ({"optimizer": "adam", "learning_rate": 0.1}, 1000, 5.000001, 1e-4),
        # one step of Keras' momentum is −αg, so 0.1; the second adds β times the first: 0.1 + 0.9·0.1 + 0.01·9.8
        ({"optimizer": "momentum", "learning_rate": 0.01, "momentum": 0.9}, 2, 0.288, 1e-6),
        # the first step of RMSprop is α·g/√(0.1·g²)
        ({"optimizer": "rmsprop", "learning_rate": 0.01}, 1, 0.01 / np.sqrt(0.1), 1e-5),
        # clipped to norm 1 a step is α
        ({"optimizer": "sgd", "learning_rate": 0.01, "clip_norm": 1.0}, 1, 0.01, 1e-7),
        # decoupled decay shrinks w before the step; from w = 0 nothing is to shrink
        ({"optimizer": "adamw", "learning_rate": 0.1, "weight_decay": 0.5}, 1, 0.1, 1e-5),
    ],
)
def test_optimizers_on_a_parabola(settings, steps, expected, tolerance):
    import keras
    import tensorflow as tf

    w = keras.Variable(0.0)
    made = optimizer(settings)
    made.build([w])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            cost = w.value**2 - 10 * w.value + 25
        made.apply(tape.gradient(cost, [w.value]), [w])

    for _ in range(steps):
        step()
    assert float(w.numpy()) == pytest.approx(expected, abs=tolerance)
