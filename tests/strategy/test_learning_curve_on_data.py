"""Real learners on real data: what half and a quarter of the examples foretell, against what all of them give."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.split import nested
from dlx.strategy.learning_curve import extrapolate

pytestmark = pytest.mark.slow
#: sizes known to the extrapolation; the truth is measured at twice and four times the last
_KNOWN, _REPEATS = (38, 53, 75, 106, 150, 212, 300), 5


def digits():
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.data / 16, found.target


def synthetic():
    from sklearn.datasets import make_classification

    return make_classification(
        1800, n_features=20, n_informative=8, n_redundant=4, n_classes=4, class_sep=1.2, random_state=0
    )


def learners():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    return {
        "logistic": lambda seed: LogisticRegression(max_iter=3000),
        "neighbours": lambda seed: KNeighborsClassifier(3),
        "naive Bayes": lambda seed: GaussianNB(var_smoothing=1e-2),
        "tree": lambda seed: DecisionTreeClassifier(random_state=seed),
        "forest": lambda seed: RandomForestClassifier(50, random_state=seed),
        "svm": lambda seed: SVC(),
    }


def examples(y):
    from dlx.dataset import examples_table

    return examples_table([f"k{i}" for i in range(len(y))], [str(label) for label in y])


def test_24_extrapolations_hold():
    """Six learners on two data sets, foretold at 2 and 4 times the largest size known (statistics 3.9)."""
    held, off, no_change = [], [], []
    for name, data in {"digits": digits(), "synthetic": synthetic()}.items():
        x, y = data
        train, dev = np.arange(1200), np.arange(1200, len(y))
        orders = [nested(examples(y[train]), repeat) for repeat in range(_REPEATS)]
        for learner, make in learners().items():

            def error(n, repeat, make=make, x=x, y=y, train=train, dev=dev, orders=orders):
                rows = train[orders[repeat][:n]]
                return float((make(repeat).fit(x[rows], y[rows]).predict(x[dev]) != y[dev]).mean())

            measured = [{"n": n, "error": error(n, r)} for n in _KNOWN for r in range(_REPEATS)]
            found = extrapolate(measured, seed=0)
            for there in found.ahead:
                truth = float(np.mean([error(there.n, r) for r in range(_REPEATS)]))
                held.append(there.low <= truth <= there.high)
                told = " ".join(f"{100 * value:5.1f}" for value in (there.low, there.error, there.high, truth))
                print(f"{name:10} {learner:12} ×{there.factor:g}  {told}  {'held' if held[-1] else 'missed'}")
                if there.factor == 2:
                    off.append(abs(there.error - truth))
                    no_change.append(abs(found.sizes[-1].error - truth))
    print(f"{sum(held)} of {len(held)} held; at ×2 off by {100 * np.mean(off):.2f} points")
    print(f"by {100 * np.mean(no_change):.2f} points if nothing were to change")
    assert len(held) >= 20  # a back-test may refuse some
    assert np.mean(held) >= 0.9
    assert np.mean(off) < np.mean(no_change)
