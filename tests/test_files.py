"""Files are whole or absent."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlx.errors import DlxError, UserError
from dlx.files import append_line, disk_errors, lines, replacing


def replace_half(path: Path, error: Exception) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(b"a part")
        raise error


def test_replacing_keeps_the_old_file_when_the_block_fails(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="half-way"):
        replace_half(path, RuntimeError("half-way"))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["run.json"]


def test_replacing_keeps_the_suffix_because_writers_choose_the_format_by_it(tmp_path):
    with replacing(tmp_path / "model.keras", durable=True) as temporary:
        assert temporary.suffix == ".keras"
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"x")
    assert (tmp_path / "model.keras").read_bytes() == b"x"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_message_and_exit_code_1(tmp_path, code):
    with pytest.raises(DlxError, match="disk is full") as caught:
        replace_half(tmp_path / "x.npz", OSError(code, os.strerror(code)))
    assert caught.value.exit_code == 1
    assert "x.npz" in str(caught.value)
    assert "dlx runs --prune" in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_known_by_its_text_too(tmp_path):
    with pytest.raises(DlxError, match="disk is full"), disk_errors(tmp_path):
        raise OSError("Can't write data (file write failed: errno = 28, 'No space left on device')")


def test_a_place_that_may_not_be_written_is_the_users_to_mend(tmp_path):
    with pytest.raises(UserError, match="cannot write here"), disk_errors(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_other_errors_pass_unchanged(tmp_path):
    with pytest.raises(FileNotFoundError), disk_errors(tmp_path):
        Path(tmp_path / "nothing").read_text()


def test_a_disk_that_fills_up_inside_a_line_leaves_no_part_of_it(tmp_path, monkeypatch):
    path = tmp_path / "history.jsonl"
    append_line(path, {"epoch": 1})
    whole, write = path.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:4]))
    with pytest.raises(DlxError, match="disk is full"):
        append_line(path, {"epoch": 2, "loss": 0.5})
    assert path.read_bytes() == whole


def test_no_file_has_no_lines(tmp_path):
    assert lines(tmp_path / "history.jsonl") == []


values = st.one_of(st.integers(-9, 9), st.floats(allow_nan=False), st.text(max_size=4), st.none())
records = st.lists(st.dictionaries(st.text(max_size=3), values, max_size=3), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=records, cut=st.integers(0, 300), after=st.dictionaries(st.text(max_size=3), values, max_size=2))
def test_a_log_cut_off_anywhere_keeps_its_whole_lines_and_takes_new_ones(tmp_path, written, cut, after):
    path = tmp_path / "log.jsonl"
    path.unlink(missing_ok=True)
    for record in written:
        append_line(path, record)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - min(cut, len(content))])
    survived = lines(path)
    assert survived == written[: len(survived)]
    assert len(survived) >= path.read_bytes().count(b"\n")
    append_line(path, after)
    assert lines(path)[: len(survived)] == survived
    assert lines(path)[-1] == after


def test_numpy_values_become_json(tmp_path):
    import numpy as np

    append_line(tmp_path / "x.jsonl", {"loss": np.float32(0.5), "units": np.array([1, 2])})
    assert json.loads((tmp_path / "x.jsonl").read_text()) == {"loss": 0.5, "units": [1, 2]}
