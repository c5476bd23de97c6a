"""Every metric passes the same laws."""

from __future__ import annotations

import importlib

import numpy as np
import pandas as pd
import pytest

from dlx import parts
from dlx.errors import UserError
from dlx.metrics._counts import counts
from dlx.metrics._measure import measure
from dlx.predictions import read

NAMES = parts.names("metrics")
EXPECTED = 16


def tables() -> dict[str, pd.DataFrame]:
    """One table per task, with probabilities, weights and sources; each metric fits at least one."""
    rng = np.random.default_rng(0)
    n = 80
    base = {"id": [f"i{k}" for k in range(n)], "split": "dev", "source": rng.choice(["web", "phone"], n)}
    base["weight"] = rng.integers(1, 4, n).astype(float)
    y = rng.choice(list("abc"), n)
    proba = rng.dirichlet(np.ones(3), n) + (y[:, None] == np.array(list("abc"))) * rng.uniform(0, 2, (n, 1))
    proba /= proba.sum(axis=1, keepdims=True)
    said = np.array(list("abc"))[proba.argmax(axis=1)]
    columns = {f"proba_{c}": proba[:, i] for i, c in enumerate("abc")}
    number = rng.normal(10, 3, n)
    lists = rng.integers(0, 2, (n, 2))
    return {
        "classification": read(pd.DataFrame({**base, "y_true": y, "y_pred": said, **columns})).table,
        "regression": read(pd.DataFrame({**base, "y_true": number, "y_pred": number + rng.normal(0, 1, n)})).table,
        "multilabel": read(
            pd.DataFrame({**base, "y_true": lists.tolist(), "y_pred": rng.integers(0, 2, (n, 2)).tolist()})
        ).table,
    }


def perfect(table: pd.DataFrame) -> pd.DataFrame:
    changed = table.assign(y_pred=table["y_true"], error=0.0)
    for column in [c for c in table if c.startswith("proba_")]:
        changed[column] = (table["y_true"] == column.removeprefix("proba_")).astype(float)
    return changed


def values(name: str, change=lambda table: table) -> dict[str, float]:
    """The metric on each task's table that it fits."""
    found, measured = {}, measure(name)
    for task, table in tables().items():
        try:
            found[task] = measured(change(table))
        except UserError:
            continue
    assert found, f"{name} fits none of the tables"
    return found


def test_the_sweep_sees_every_metric():
    assert len(NAMES) == EXPECTED


@pytest.mark.parametrize("name", NAMES)
class TestEveryMetric:
    def test_says_what_is_better_and_exports_one_function(self, name):
        part = parts.find("metrics", name)
        module = importlib.import_module(part.module)
        assert module.__all__ == [name]
        assert isinstance(module.GREATER_IS_BETTER, bool)
        assert isinstance(module.UNIT, str)
        low, high = module.BOUNDS
        assert low < high
        assert part.summary.endswith(".")

    def test_stays_in_its_bounds_and_is_a_plain_float(self, name):
        low, high = measure(name).bounds
        for task, value in values(name).items():
            bounded = task != "regression" or name not in ("error", "weighted_error", "average_error")
            assert type(value) is float
            assert low <= value
            assert value <= high or not bounded

    def test_row_order_and_ids_do_not_matter(self, name):
        def shuffled(table):
            order = np.random.default_rng(1).permutation(len(table))
            return table.iloc[order].assign(id=[f"other{i}" for i in range(len(table))])

        assert values(name, shuffled) == pytest.approx(values(name))

    def test_a_perfect_predictor_has_error_zero(self, name):
        measured = measure(name)
        for value in values(name, perfect).values():
            assert measured.as_error(value) == pytest.approx(0, abs=1e-9)

    def test_a_row_repeated_under_another_id_is_a_row_of_weight_two(self, name):
        def repeated(table):
            return pd.concat([table, table.iloc[:30].assign(id=[f"again{i}" for i in range(30)])], ignore_index=True)

        def heavier(table):
            factor = np.where(np.arange(len(table)) < 30, 2.0, 1.0)
            return table.assign(weight=table["weight"] * factor)

        assert values(name, repeated) == pytest.approx(values(name, heavier))

    def test_its_shortcuts_give_the_same_value(self, name):
        measured = measure(name)
        for task in values(name):
            table = tables()[task]
            if measured.rows is not None:
                each, scale = measured.rows(table)
                assert float(each @ scale / scale.sum()) == pytest.approx(measured(table))
            if measured.arrays is not None:
                assert measured.of_arrays(*measured.arrays(table)) == pytest.approx(measured(table))
            if measured.of_counts is not None:
                assert float(measured.of_counts(counts(table))) == pytest.approx(measured(table))
