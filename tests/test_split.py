"""Laws of the split, and the worked examples O36 to O39."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx.dataset import Dataset, content_hash, examples_table
from dlx.errors import UserError
from dlx.payloads import Arrays, TensorSpec
from dlx.split import Split, read, split
from dlx.split._cut import allocate
from dlx.split._sizes import auto, train_dev_size


def make(y, *, content=None, **columns) -> Dataset:
    n = len(y)
    keys = [content_hash(str(c).encode()) for c in (range(n) if content is None else content)]
    payload = Arrays({"numbers": np.zeros((n, 1), np.float32)}, (TensorSpec("numbers", (1,), "float32", ("a",)),))
    return Dataset("made", examples_table(keys, list(y), **columns), payload, "table")


def data(**changes):
    return {"split": "auto", "split_by": "hash", "target": None, "target_in_train": None} | changes


def part_of(divided: Split) -> dict[str, str]:
    return dict(zip(divided.table["id"], divided.table["split"], strict=True))


# sizes


@pytest.mark.parametrize(
    ("n", "dev"),
    [
        (5, 1),
        (100, 20),
        (50_000, 10_000),
        (50_001, 10_000),
        (1_000_000, 10_000),
        (2_000_000, 10_000),
        (8_000_000, 20_000),
    ],
)
def test_auto_sizes_follow_the_amount_of_data(n, dev):
    """O36: 60/20/20 when small; 98/1/1 at a million; 99.5/0.25/0.25 above, but never under 10,000."""
    assert auto(n) == dev


def test_o36_a_million_gives_98_1_1():
    assert split(make(["a", "b"] * 5000), data()).sizes == {"train": 6000, "dev": 2000, "test": 2000}


@pytest.mark.parametrize(("train", "dev", "expected"), [(5000, 899, 500), (205_000, 2_500, 2_500), (5, 2, 1)])
def test_train_dev_is_as_large_as_dev_but_at_most_a_tenth_of_train(train, dev, expected):
    assert train_dev_size(train, dev) == expected


def test_own_shares_and_counts():
    d = make(["a", "b"] * 50)
    assert split(d, data(split={"train": 0.7, "dev": 0.3, "test": 0})).sizes == {"train": 70, "dev": 30}
    assert split(d, data(split={"dev": 7, "test": 9})).sizes == {"train": 84, "dev": 7, "test": 9}
    assert split(d, data(split={"train": None, "dev": 0.1, "test": 0.1, "train_dev": None})).sizes["train"] == 80
    left = split(d, data(split={"train": 50, "dev": 10, "test": 10}))
    assert left.sizes == {"train": 50, "dev": 10, "test": 10}
    assert any("30 examples are in no part" in note for note in left.notes)


@pytest.mark.parametrize(
    "asked",
    [
        {"train": 0.6, "dev": 0.2},
        {"dev": 0.7, "test": 0.4},
        {"train": 90, "dev": 20, "test": 20},
        {"dev": 0, "test": 0.2},
        {"dev": -0.1},
        {"dev": 0.2, "tset": 0.2},
        {"dev": "many"},
    ],
)
def test_sizes_that_cannot_be_are_refused(asked):
    with pytest.raises(UserError):
        split(make(["a", "b"] * 50), data(split=asked))


def test_no_test_set_is_allowed_with_a_warning():
    divided = split(make(["a", "b"] * 50), data(split={"dev": 0.2, "test": 0}))
    assert "test" not in divided.sizes
    assert any("no test set" in warning for warning in divided.warnings)


# laws


@settings(max_examples=25, deadline=None)
@given(
    classes=st.lists(st.integers(0, 3), min_size=12, max_size=80).filter(lambda y: len(set(y)) > 1),
    seed=st.integers(0, 99),
)
def test_row_order_does_not_matter(classes, seed):
    d = make([str(c) for c in classes])
    order = np.random.default_rng(seed).permutation(len(d))
    assert part_of(split(d, data())) == part_of(split(d.subset(order), data()))


@settings(max_examples=25, deadline=None)
@given(
    content=st.lists(st.integers(0, 40), min_size=12, max_size=120).filter(lambda c: len(set(c)) > 5),
    labels=st.integers(2, 4),
)
def test_duplicates_never_straddle_and_no_part_is_empty(content, labels):
    d = make([str(i % labels) for i in range(len(content))], content=content)
    divided = split(d, data())
    assert (divided.table.groupby("content")["split"].nunique() == 1).all()
    assert set(divided.sizes) == {"train", "dev", "test"}
    assert sum(divided.sizes.values()) == len(d)


@settings(max_examples=25, deadline=None)
@given(groups=st.lists(st.integers(0, 9), min_size=20, max_size=120).filter(lambda g: len(set(g)) >= 3))
def test_groups_stay_whole_and_no_part_is_empty_while_groups_suffice(groups):
    d = make([str(i % 2) for i in range(len(groups))], group=[f"g{g}" for g in groups])
    divided = split(d, data())
    assert (divided.table.groupby("group")["split"].nunique() == 1).all()
    assert set(divided.sizes) == {"train", "dev", "test"}


def test_classes_are_stratified_and_totals_are_exact():
    y = ["common"] * 700 + ["rare"] * 250 + ["rarest"] * 50
    divided = split(make(y), data())
    assert divided.sizes == {"train": 600, "dev": 200, "test": 200}
    balance = pd.crosstab(y, divided.table["split"].to_numpy())
    assert balance.loc["rarest", ["dev", "test", "train"]].tolist() == [10, 10, 30]
    assert balance.loc["rare", ["dev", "test", "train"]].tolist() == [50, 50, 150]


def test_totals_are_exact_with_duplicates_too():
    content = [i // 2 if i % 3 else i for i in range(1000)]
    divided = split(make([str(i % 5) for i in range(1000)], content=content), data())
    assert divided.sizes == {"train": 600, "dev": 200, "test": 200}


def test_a_class_of_one_stays_in_train():
    y = ["a"] * 60 + ["b"] * 39 + ["once"]
    divided = split(make(y), data())
    assert divided.table["split"].iloc[-1] == "train"


@pytest.mark.parametrize("asked", [{}, {"train_dev": 0.05}, {"train_dev": 30}])
def test_asking_for_train_dev_moves_neither_dev_nor_test(asked):
    d = make([str(i % 3) for i in range(600)])
    plain = part_of(split(d, data(split={"dev": 0.2, "test": 0.2})))
    asked_for = part_of(split(d, data(split={"dev": 0.2, "test": 0.2} | asked)))
    kept = [k for k, p in plain.items() if p in ("dev", "test")]
    assert all(asked_for[k] == plain[k] for k in kept)
    assert {asked_for[k] for k, p in plain.items() if p == "train"} <= {"train", "train_dev"}


def test_growing_data_moves_only_examples_beside_a_cut():
    y = [str(i % 4) for i in range(2000)]
    before = part_of(split(make(y[:1800]), data()))
    after = part_of(split(make(y), data()))
    moved = sum(after[k] != p for k, p in before.items())
    assert 0 < moved < 100  # the cuts of 4 classes shift by a few ranks; a new shuffle would move about 56 %


def test_no_seed_enters():
    d = make(["a", "b"] * 200)
    assert split(d, data()).digest() == split(d, data()).digest()


# an earlier split


def test_from_run_moves_nothing_and_divides_what_is_new():
    y = [str(i % 4) for i in range(3000)]
    first = split(make(y[:2000]), data())
    grown = split(make(y), data(split="from:last"), previous=first)
    before, after = part_of(first), part_of(grown)
    assert all(after[k] == p for k, p in before.items())
    assert grown.moved == 0
    new = pd.Series([after[k] for k in after if k not in before]).value_counts(normalize=True)
    assert new["train"] == pytest.approx(0.6, abs=0.06)
    assert new["dev"] == pytest.approx(0.2, abs=0.06)
    assert split(make(y), data()).digest() != grown.digest()


def test_from_run_keeps_groups_whole_when_they_grow():
    d = make(["a", "b"] * 50, group=[f"g{i // 10}" for i in range(100)])
    first = split(d, data())
    grown = make(["a", "b"] * 60, group=[f"g{i // 10}" for i in range(100)] + ["g3"] * 20)
    table = split(grown, data(split="from:last"), previous=first).table
    assert (table.groupby("group")["split"].nunique() == 1).all()


def test_from_run_survives_a_file_and_left_out_rows(tmp_path):
    d = make(["a", "b"] * 50)
    first = split(d, data(split={"train": 40, "dev": 20, "test": 20}))
    first.write(tmp_path / "split.parquet")
    again = read(tmp_path / "split.parquet")
    assert again.cuts == first.cuts
    assert again.digest() == first.digest()
    kept = split(d, data(split="from:last"), previous=again)
    assert kept.digest() == first.digest()


def test_from_run_keeps_the_users_own_copies_where_they_were():
    own = ["train"] * 60 + ["val"] * 20 + ["test"] * 20
    d = make(["a", "b"] * 50, content=[*range(80), *range(20)], split=["dev" if s == "val" else s for s in own])
    first = split(d, data())
    assert split(d, data(split="from:last"), previous=first).digest() == first.digest()


def test_from_run_works_with_a_bare_table_and_needs_one():
    d = make(["a", "b"] * 50)
    first = split(d, data())
    bare = first.table[["id", "split"]]
    assert split(d, data(split="from:last"), previous=bare).digest() == first.digest()
    with pytest.raises(UserError, match="from:RUN"):
        split(d, data(split="from:last"))


def test_moved_counts_against_the_split_it_is_compared_with():
    d = make(["a", "b"] * 100)
    first = split(d, data())
    other = split(d, data(split={"dev": 0.1, "test": 0.2}), compare=first)
    assert other.moved == 20  # dev shrank by 20, which went to train
    assert split(d, data(), compare=first).moved == 0
    assert first.moved is None


def test_a_file_that_is_no_split_is_refused(tmp_path):
    (tmp_path / "x.parquet").write_text("no")
    with pytest.raises(UserError, match="earlier split"):
        read(tmp_path / "x.parquet")


# a target source


def two_sources(web: int, mobile: int) -> Dataset:
    n = web + mobile
    return make([str(i % 2) for i in range(n)], source=["web"] * web + ["mobile"] * mobile)


def test_o37_half_of_the_target_goes_to_train():
    """200,000 web + 10,000 mobile: train 205,000, dev and test 2,500 mobile each; train-dev is carved from train."""
    divided = split(two_sources(20_000, 1_000), data(target="mobile", target_in_train=0.5))
    assert divided.sizes["train"] + divided.sizes["train_dev"] == 20_500
    assert (divided.sizes["dev"], divided.sizes["test"], divided.sizes["train_dev"]) == (250, 250, 250)
    by_source = pd.crosstab(divided.table["source"], divided.table["split"])
    assert by_source.loc["web", ["dev", "test"]].tolist() == [0, 0]
    assert by_source.loc["mobile", ["train", "train_dev"]].sum() == 500


def test_o37_shuffling_both_sources_is_warned_about():
    divided = split(two_sources(20_000, 1_000), data(split={"train": 20_500, "dev": 250, "test": 250}))
    assert any("dev mixes sources (12 mobile, 238 web)" in w for w in divided.warnings)  # 250·1/21 = 11.9


@pytest.mark.parametrize(("share", "dev"), [(0, 1_000), (0.5, 500)])
def test_o38_both_ways_to_use_the_mirror_recordings(share, dev):
    divided = split(two_sources(50_000, 2_000), data(target="mobile", target_in_train=share))
    assert (divided.sizes["dev"], divided.sizes["test"]) == (dev, dev)
    assert divided.sizes["train"] + divided.sizes["train_dev"] == 50_000 + 2_000 * share


def test_with_none_of_the_target_in_train_there_is_none():
    divided = split(two_sources(500, 101), data(target="mobile", target_in_train=0))
    by_source = pd.crosstab(divided.table["source"], divided.table["split"])
    assert by_source.loc["mobile", "train"] == by_source.loc["mobile", "train_dev"] == 0
    assert divided.sizes["dev"] + divided.sizes["test"] == 101


def test_a_copy_of_the_target_elsewhere_reaches_neither_train_nor_dev():
    d = two_sources(500, 100)
    d.examples.loc[[500, 501], ["content", "raw"]] = d.examples.loc[[0, 1], ["content", "raw"]].to_numpy()
    divided = split(d, data(target="mobile", target_in_train=0))
    assert divided.table["split"].iloc[[500, 501]].isna().all()
    assert divided.table["split"].iloc[[0, 1]].isin(["train", "train_dev"]).all()


def test_counts_with_a_target_leave_the_rest_out():
    divided = split(
        two_sources(500, 200), data(target="mobile", target_in_train=0.5, split={"dev": 20, "test": 30, "train_dev": 0})
    )
    assert divided.sizes == {"train": 600, "dev": 20, "test": 30}
    assert divided.table["split"].isna().sum() == 50
    with pytest.raises(UserError, match="of the target"):
        split(two_sources(500, 200), data(target="mobile", split={"dev": 100, "test": 30}))


def test_without_train_dev_set_a_warning_says_what_cannot_be_named():
    asked = data(target="mobile", split={"dev": 0.5, "test": 0.5, "train_dev": 0}, target_in_train=0)
    divided = split(two_sources(500, 200), asked | {"split": {"dev": 0.4, "test": 0.4, "train_dev": 0}})
    assert "train_dev" not in divided.sizes
    assert any("variance cannot be named" in w for w in divided.warnings)


def test_an_unknown_target_names_the_nearest():
    with pytest.raises(UserError, match="mobile"):
        split(two_sources(50, 50), data(target="mobil"))


# the user's own split


def test_own_split_is_kept_and_said():
    own = ["train"] * 70 + ["dev"] * 20 + ["test"] * 10
    divided = split(make(["a", "b"] * 50, split=own), data())
    assert divided.table["split"].tolist() == own
    assert any("own split is kept" in note for note in divided.notes)


def test_a_missing_dev_is_carved_from_train():
    own = ["train"] * 80 + ["test"] * 20
    divided = split(make(["a", "b"] * 50, split=own), data())
    assert divided.sizes == {"train": 60, "dev": 20, "test": 20}
    assert divided.table["split"].iloc[80:].eq("test").all()


def test_own_split_without_test_is_warned_about_and_sizes_make_a_new_one():
    d = make(["a", "b"] * 50, split=["train"] * 80 + ["dev"] * 20)
    assert any("no test set" in w for w in split(d, data()).warnings)
    assert split(d, data(split={"dev": 0.1, "test": 0.1})).sizes == {"train": 80, "dev": 10, "test": 10}


def test_own_split_faults():
    with pytest.raises(UserError, match="no split of its own"):
        split(make(["a", "b"] * 5), data(split="own"))
    with pytest.raises(UserError, match="2 of 10 examples have no split"):
        split(make(["a", "b"] * 5, split=["train"] * 4 + ["dev"] * 4 + [None] * 2), data())
    with pytest.raises(UserError, match="no train"):
        split(make(["a", "b"] * 5, split=["dev"] * 5 + ["test"] * 5), data())


def test_dev_and_test_of_different_sources_are_warned_about():
    d = make(["a", "b"] * 50, split=["train"] * 60 + ["dev"] * 20 + ["test"] * 20, source=["x"] * 80 + ["y"] * 20)
    assert any("dev holds x, test holds y" in w for w in split(d, data()).warnings)


# a target with a split of its own


def shops(n_web: int = 60, n_photos: int = 300, **columns) -> Dataset:
    """Web pictures without a split; photos of which 200 are for train, 60 for dev, 40 for test; six classes."""
    n = n_web + n_photos
    own = [None] * n_web + ["train"] * (n_photos - 100) + ["dev"] * 60 + ["test"] * 40
    return make([str(i % 6) for i in range(n)], split=own, source=["web"] * n_web + ["photos"] * n_photos, **columns)


def from_photos(share, dataset=None, how="auto") -> set[str]:
    """Ids of the photos that are trained on or held out from train."""
    divided = split(shops() if dataset is None else dataset, data(target="photos", target_in_train=share, split=how))
    table = divided.table
    return set(table["id"][(table["source"] == "photos") & table["split"].isin(["train", "train_dev"])])


@pytest.mark.parametrize("how", ["auto", "own"])
@pytest.mark.parametrize(("share", "n"), [(None, 200), (1, 200), (0.5, 100), (0.1, 20), (0, 0)])
def test_a_share_of_the_targets_own_train_part_is_trained_on(share, n, how):
    assert len(from_photos(share, how=how)) == n


def test_growing_the_share_removes_no_example_and_moves_neither_dev_nor_test():
    d = shops()
    shares = [0, 0.01, 0.03, 0.1, 0.24, 0.25, 0.26, 0.5, 0.77, 0.99, 1]
    sets = [from_photos(share, d) for share in shares]
    assert all(small <= large for small, large in itertools.pairwise(sets))
    parts = [split(d, data(target="photos", target_in_train=share)) for share in (0, 0.26, 1)]
    for name in ("dev", "test"):
        assert len({tuple(p.table["id"][p.table["split"] == name]) for p in parts}) == 1
    assert parts[0].sizes["dev"] == 60
    assert parts[0].sizes["test"] == 40


def test_the_share_is_taken_from_every_class():
    d = shops()
    for share in (0.05, 0.3, 0.77):
        counts = d.examples[d.examples["id"].isin(from_photos(share))]["y"].value_counts()
        assert len(counts) == 6
        assert counts.max() - counts.min() <= 2


def test_the_share_takes_whole_groups():
    groups = [None] * 60 + [f"shelf {i // 7}" for i in range(300)]
    d = shops(group=groups)
    d.examples.loc[60:, "split"] = ["train" if i // 7 < 29 else "dev" for i in range(300)]
    for share in (0.01, 0.3, 0.8):
        taken = from_photos(share, d)
        inside = d.examples[(d.examples["source"] == "photos") & (d.examples["split"] == "train")]
        assert (inside.assign(taken=inside["id"].isin(taken)).groupby("group")["taken"].nunique() == 1).all()
        assert 7 <= len(taken) <= max(7, share * len(inside) + 1)


def test_the_rest_of_the_own_train_part_is_said_to_be_unused():
    divided = split(shops(), data(target="photos", target_in_train=0.1))
    assert any("train gets 20 of the 200 train examples" in n and "other 180 are not used" in n for n in divided.notes)
    assert not any("in no part" in note for note in divided.notes)  # said once
    assert split(shops(), data(target="photos", target_in_train=0.1)).digest() == divided.digest()


def test_train_dev_takes_no_class_out_of_train_even_where_classes_are_small():
    """81 pictures of 43 kinds, as few as no stratum is made of: 38 of them can be spared."""
    y = [str(i % 43) for i in range(81)] + [str(i % 43) for i in range(300)]
    own = [None] * 81 + ["train"] * 200 + ["dev"] * 100
    d = make(y, split=own, source=["web"] * 81 + ["photos"] * 300)
    divided = split(d, data(target="photos", target_in_train=0))
    assert divided.sizes == {"train": 73, "train_dev": 8, "dev": 100}
    assert d.examples["y"][divided.index("train")].nunique() == 43


@pytest.mark.parametrize("asked", ["auto", {"dev": 0.2, "test": 0.2}])
def test_a_share_that_leaves_nothing_for_dev_is_refused(asked):
    with pytest.raises(UserError, match="100 of the 100 examples of the target") as caught:
        split(two_sources(500, 100), data(target="mobile", target_in_train=1.0, split=asked))
    assert caught.value.where == "data.target_in_train"


def test_the_share_of_one_source_of_several_with_sizes_cuts_anew():
    """Sizes make a new split: the share is of the whole target again."""
    divided = split(shops(), data(target="photos", target_in_train=0.5, split={"dev": 0.2, "test": 0.2}))
    by_source = pd.crosstab(divided.table["source"], divided.table["split"])
    assert by_source.loc["photos", ["train", "train_dev"]].sum() == 150


# time


def test_by_time_the_newest_are_test():
    d = make(["a", "b"] * 50, time=[float(t) for t in range(100)])
    divided = split(d, data(split_by="time"))
    assert divided.table["split"].tolist() == ["train"] * 60 + ["dev"] * 20 + ["test"] * 20
    grown = split(
        make(["a", "b"] * 55, time=[float(t) for t in range(110)]),
        data(split="from:last", split_by="time"),
        previous=divided,
    )
    assert grown.table["split"].iloc[100:].eq("test").all()


def test_by_time_needs_times():
    with pytest.raises(UserError, match="time for every example"):
        split(make(["a", "b"] * 50, time=[1.0] * 99 + [None]), data(split_by="time"))


# faults


def test_fewer_examples_than_parts():
    with pytest.raises(UserError, match="at least 3"):
        split(make(["a", "b"]), data())
    with pytest.raises(UserError, match="at least 3"):
        split(make(["a", "b"] * 20, group=["g", "h"] * 20), data())
    assert split(make(["a", "b", "a"]), data()).sizes == {"train": 1, "dev": 1, "test": 1}


def test_one_class_only_and_no_example():
    with pytest.raises(UserError, match="one class only"):
        split(make(["a"] * 20), data())
    with pytest.raises(UserError, match="no example"):
        split(make([]), data())


def test_a_class_that_train_lacks_is_said():
    d = make(["a", "b"] * 30 + ["c"] * 10, source=["x"] * 60 + ["y"] * 10)
    divided = split(d, data(target="y", target_in_train=0))
    assert any("1 classes are in dev but not in train: c" in w for w in divided.warnings)


def test_a_class_that_dev_lacks_is_said():
    own = (["train"] * 2 + ["dev"]) * 20 + ["train"] * 10
    divided = split(make(["a", "b", "a"] * 20 + ["c"] * 10, split=own), data())
    assert any("2 classes are in train but not in dev" in w and w.endswith(": b, c") for w in divided.warnings)
    assert not any("classes" in w for w in split(make(["a", "b"] * 50), data()).warnings)


def test_keys_of_the_users_own_do_not_let_copies_straddle():
    d = make(["a", "b"] * 100, content=range(200))
    d.examples["raw"] = [content_hash(str(i // 4).encode()) for i in range(200)]
    divided = split(d, data())
    assert (divided.table.groupby("raw")["split"].nunique() == 1).all()
    assert divided.sizes == {"train": 120, "dev": 40, "test": 40}


def test_numbers_are_not_stratified_by_value():
    divided = split(make([float(i) + 0.5 for i in range(500)]), data())
    assert divided.sizes == {"train": 300, "dev": 100, "test": 100}


@settings(max_examples=50, deadline=None)
@given(
    weights=st.lists(st.integers(1, 50), min_size=1, max_size=12),
    share=st.floats(0, 1),
)
def test_allocation_is_exact_and_within_one_of_the_proportion(weights, share):
    sizes = np.array(weights)
    total = int(share * sizes.sum())
    given_ = allocate(total, sizes, sizes)
    assert given_.sum() == total
    assert (np.abs(given_ - total * sizes / sizes.sum()) < 1).all()


def test_allocation_with_caps_still_reaches_the_total():
    assert allocate(60, np.array([50, 50, 50]), np.array([5, 50, 50])).tolist() == [5, 28, 27]
    assert allocate(99, np.array([1, 1]), np.array([3, 4])).tolist() == [3, 4]
