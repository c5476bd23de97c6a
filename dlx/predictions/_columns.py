"""The other columns of a predictions table: checked, filled in and coded, with the row of what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dlx.errors import UserError, nearest

__all__ = ["REQUIRED", "SPLITS", "ids", "numbers", "plain", "refuse_repeats", "require", "row", "splits", "words"]

#: In the order of the ladder.
SPLITS = ("train", "train_dev", "dev", "test")
REQUIRED = ("id", "split", "y_true", "y_pred")
_SPLIT_NAMES = {name: name for name in SPLITS} | {
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "train-dev": "train_dev",
}
_OTHER_NAMES = {
    "y_true": ("label", "labels", "target", "truth", "true", "actual", "gold", "y"),
    "y_pred": ("prediction", "predictions", "predicted", "pred", "output", "y_hat"),
    "id": ("key", "index", "example", "name", "file", "filename", "image", "path"),
    "split": ("set", "subset", "fold", "partition", "dataset"),
}


def require(columns: Sequence[str], where: str) -> None:
    """Refuse a table that lacks a required column.

    Raises:
        UserError: with the nearest name among the columns that are there.
    """
    for name in REQUIRED:
        if name in columns:
            continue
        others = [c for c in columns if c not in REQUIRED]
        lowered = {c.lower().strip(): c for c in others}
        alias = next((lowered[a] for a in _OTHER_NAMES[name] if a in lowered), None)
        close = alias or nearest(name, others)
        raise UserError(
            f"a predictions table needs the column {name!r}",
            value=list(columns),
            where=where,
            hint=f"Is it {close!r}? Then rename that column to {name!r}."
            if close
            else f"It needs {', '.join(REQUIRED)}; all other columns are optional.",
        )


def row(frame: pd.DataFrame, position: int, where: str) -> str:
    """Where a fault stands: file, row (from 1, without the header) and id."""
    key = frame["id"].iloc[position] if "id" in frame else None
    return f"{where}, row {position + 1}" + (f" (id {str(key)!r})" if key is not None else "")


def ids(series: pd.Series, where: str) -> pd.Series:
    """Ids as text: ``7`` and ``7.0`` become ``7``, ``007`` stays.

    Raises:
        UserError: an id that is missing.
    """
    import pyarrow as pa

    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    missing = series.isna().to_numpy()
    if pd.api.types.is_float_dtype(series) and not missing.any() and (series == np.floor(series)).all():
        series = series.astype("int64")
    if pd.api.types.is_numeric_dtype(series) and not missing.any():
        text = pa.array(series.to_numpy()).cast(pa.large_string()).to_pandas()
    elif series.dtype == object:
        text = series.where(missing, series.map(str))
    else:
        text = series
    missing = missing | (text == "").to_numpy(dtype=bool)
    if missing.any():
        raise UserError("every row needs an id", value=None, where=f"{where}, row {int(np.argmax(missing)) + 1}")
    return text.reset_index(drop=True)


def refuse_repeats(frame: pd.DataFrame, where: str) -> None:
    """Refuse a predictor that scores one id twice.

    Ids are compared by 64-bit hashes first, in pieces, since a hash table of a million texts is larger than the table.

    Raises:
        UserError: with the id, its rows and splits.
    """
    pieces = [
        pd.util.hash_array(frame["id"].iloc[i : i + 50_000].to_numpy(dtype=object), categorize=False)
        for i in range(0, len(frame), 50_000)
    ]
    hashes = np.concatenate(pieces)
    # an odd multiplier keeps predictors apart: equal sums need equal hashes
    hashes += frame["predictor"].cat.codes.to_numpy().astype("uint64") * np.uint64(0x9E3779B97F4A7C15)
    ordered = np.sort(hashes)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(repeated):
        return
    suspects = frame.loc[np.isin(hashes, repeated), ["predictor", "id", "split"]]
    again = suspects[suspects.duplicated(["predictor", "id"])]
    if again.empty:  # two ids with one hash
        return
    second = again.iloc[0]
    first = suspects[(suspects["id"] == second["id"]) & (suspects["predictor"] == second["predictor"])].iloc[0]
    apart = first["split"] != second["split"]
    raise UserError(
        f"each predictor has one row per id; {len(again)} {'row is' if len(again) == 1 else 'rows are'} too many",
        value=str(second["id"]),
        where=f"{where}, rows {first.name + 1} ({first['split']}) and {second.name + 1} ({second['split']})",
        hint="Ids must differ between splits too: put the split's name before them."
        if apart
        else "Keep one of them, or name the model of each row in a column 'predictor'.",
    )


def splits(series: pd.Series, frame: pd.DataFrame, where: str) -> tuple[pd.Series, list[str]]:
    """Splits under dlx's names, and which names were translated.

    Raises:
        UserError: a split with another name.
    """
    coded = words(series).array
    names = [_SPLIT_NAMES.get(str(c).strip().lower().replace(" ", "_")) for c in coded.categories]
    used = np.unique(coded.codes)
    for code in used:
        if code < 0 or names[code] is None:
            position = int(np.argmax(coded.codes == code))
            value = None if code < 0 else str(coded.categories[code])
            close = value and nearest(value.lower(), _SPLIT_NAMES)
            hint = (
                f"Is it {_SPLIT_NAMES[close]!r}?" if close else f"Splits are {', '.join(SPLITS)}; val is read as dev."
            )
            raise UserError("unknown split", value=value, where=row(frame, position, where), hint=hint)
    codes = np.array([SPLITS.index(n) if n else -1 for n in names] + [-1], dtype="int8")[coded.codes]
    given = {str(coded.categories[c]): names[c] for c in used}
    renamed = [f"split {old!r} is read as {new}" for old, new in given.items() if old != new]
    return pd.Series(pd.Categorical.from_codes(codes, categories=list(SPLITS))), renamed


def words(series: pd.Series) -> pd.Series:
    """A column of names as a Categorical of text; missing and empty become missing."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        coded = series.array
    else:
        codes, unique = pd.factorize(series)
        coded = pd.Categorical.from_codes(codes, categories=unique)
    names = [str(int(c)) if isinstance(c, float) and c.is_integer() else str(c) for c in coded.categories]
    kept = sorted({name for name in names if name != ""})
    place = {name: i for i, name in enumerate(kept)}
    codes = np.array([place.get(name, -1) for name in names] + [-1], dtype="int32")[coded.codes]
    return pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(kept, dtype=object)))


def numbers(series: pd.Series, frame: pd.DataFrame, where: str) -> np.ndarray:
    """A column of finite numbers that are not negative, float64.

    Raises:
        UserError: a value that is missing, negative, infinite or no number.
    """
    if isinstance(series.dtype, pd.CategoricalDtype):  # text from a CSV file: few different values, parse those
        parsed = pd.to_numeric(pd.Series(series.cat.categories, dtype=object), errors="coerce").to_numpy("float64")
        values = np.append(parsed, np.nan)[series.cat.codes]
    else:
        values = pd.to_numeric(series, errors="coerce").to_numpy("float64", na_value=np.nan)
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        position = int(np.argmax(bad))
        raise UserError(
            f"{series.name!r} must hold finite numbers from 0 up",
            value=plain(series.iloc[position]),
            where=row(frame, position, where),
        )
    return values


def plain(value: object) -> object:
    """A value as Python shows it: 1.5 instead of np.float64(1.5)."""
    return value.item() if isinstance(value, np.generic) else value
