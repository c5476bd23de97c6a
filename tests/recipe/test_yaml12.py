"""YAML 1.2: typed scalars, duplicate keys, no tags, and a dump that reads back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx import yaml12
from dlx.errors import UserError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1e5", 100000.0),
        (".5", 0.5),
        ("no", "no"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("~", None),
        ("", None),
        ("5%", "5%"),
        ("12:30:00", "12:30:00"),
        ("2020-01-01", "2020-01-01"),
        ("[16, 32]", [16, 32]),
        ("{a: 1}", {"a": 1}),
        ("0.0.0", "0.0.0"),
        ("'1'", "1"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    read = yaml12.parse(text, where="x").data
    assert read == value
    assert type(read) is type(value)


def test_keys_stay_as_they_are_written():
    assert yaml12.parse("{007: 1, true: 2, 1e3: 3}", where="x").data == {"007": 1, "true": 2, "1e3": 3}


def test_infinity_is_a_number():
    assert yaml12.parse(".inf", where="x").data == math.inf


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\nb: 2\na: 3", "line 3", "'a' stands twice"),
        ("a:\n  b: 1\n  b: 2", "line 3", "'b' stands twice"),
        ("a: [1,\nb: 2", "line 2", "cannot be read as YAML"),
        ("a: !!python/object/apply:os.system [x]", "line 1", "tag"),
        ("a: !foo 1", "line 1", "tag"),
        ("a: &x [*x]", "line 1", "alias"),
        ("? [1]\n: 2", "line 1", "plain text"),
        ("a: 1\n\tb: 2", "line 2", "cannot be read as YAML"),
    ],
)
def test_faults_have_their_line(text, line, word):
    with pytest.raises(UserError) as caught:
        yaml12.parse(text, where="f.yaml")
    assert line in str(caught.value)
    assert word in str(caught.value)
    assert "f.yaml" in str(caught.value)


def test_aliases_cannot_grow_without_end():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(UserError, match="without end"):
        yaml12.parse("\n".join(lines), where="x")


def test_lines_of_keys_and_items():
    lines = yaml12.parse("a: 1\nb:\n  c: [1,\n      2]\n", where="x").lines
    assert lines[("a",)] == 1
    assert lines[("b", "c")] == 3
    assert lines[("b", "c", 1)] == 4


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
data = st.recursive(
    scalars, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(), x, max_size=4), max_leaves=12
)


@settings(max_examples=60)
@given(data)
def test_what_is_dumped_reads_back(value):
    assert yaml12.parse(yaml12.dump({"value": value}), where="x").data == {"value": value}


@pytest.mark.parametrize("key", ["k" * 200, "a\x1f\x85b", "0" * 40 + " 0", "é\u2028", "- a: b", "😀" * 70])
def test_rare_keys_and_texts_survive(key):
    value = {"a": {key: None, "0" * 30: key, "x": 1}, key: [key, 1.5]}
    assert yaml12.parse(yaml12.dump(value), where="x").data == value
