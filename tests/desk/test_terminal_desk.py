"""The desk in a terminal, driven by keys: what they say is in the log, and nothing that is shown can do anything."""

from __future__ import annotations

import asyncio
import errno
import io
import json

import pandas as pd
import pytest
from PIL import Image

from dlx.desk import Exhibit, Item, TagDesk, VoteDesk
from dlx.errors import DlxError, UserError
from dlx.tagging.frozen import Sample
from dlx.tagging.log import TagLog
from dlx.tagging.votes import VoteLog

EVIL = "[bold]x[/]\x1b[2J\x07<b>&\u202e[link=http://x]y"


class Shelf:
    """Pictures for ids that begin with p, hostile texts and rows for others."""

    def ready(self):
        return True

    def example(self, example):
        if example.startswith("p"):
            out = io.BytesIO()
            Image.new("RGB", (4, 4), (255, 0, 0)).save(out, "PNG")
            return Exhibit("image", out.getvalue(), "image/png")
        return (
            Exhibit("row", row={EVIL: EVIL}) if example.startswith("r") else Exhibit("text", text=f"begin {EVIL} end")
        )

    def neighbour(self, example):
        return Exhibit("text", text="the neighbour", label="seven")


def tag_desk(folder, ids=("p1", "p2", "t3", "r4")) -> TagDesk:
    table = pd.DataFrame(
        {"id": ids, "example": ids, "kind": "error", "stratum": "errors", "p_inclusion": 0.1, "y_true": "cat"}
    ).assign(y_pred="dog", meta_note=EVIL)
    sample = Sample(table, 30, 300, {"errors": 30}, predictions=EVIL, classes=("cat", "dog", "fox"))
    return TagDesk(sample, TagLog(folder / "tags.jsonl"), "ann", exhibits=Shelf(), likely={"p1": [("dog", 0.75)]})


def vote_desk(folder, **facts) -> VoteDesk:
    items = [Item(name, name) for name in ("p1", "t2", "p3")]
    return VoteDesk(items, VoteLog(folder / "labels.jsonl"), "ann", title="audit", exhibits=Shelf(), **facts)


def drive(desk, *keys, size=(80, 24), ink="colour", then=None):
    """Press keys; a word of several letters is typed. Returns the screen's text, and what ``then`` says of the app."""
    from dlx.desk.terminal._app import DeskApp

    async def go():
        app = DeskApp(desk, ink=ink)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await app.workers.wait_for_complete()
            for key in keys:
                names = [key] if len(key) == 1 or key in NAMED else list(key.replace(" ", "\0"))
                for name in names:
                    await pilot.press({"\0": "space", "?": "question_mark", "/": "slash"}.get(name, name))
                await pilot.pause()
            await app.workers.wait_for_complete()
            await pilot.pause()
            text = "\n".join("".join(s.text for s in strip) for strip in app.screen._compositor.render_strips())
            return text if then is None else (text, then(app))

    return asyncio.run(go())


NAMED = ("enter", "space", "escape", "tab", "backspace", "ctrl+j", "left", "right", "ctrl+c")


def test_two_keys_for_an_example_with_one_tag(tmp_path):
    desk = tag_desk(tmp_path)
    drive(desk, "n", "blurry", "enter", "enter", "1", "enter", "1", "space")
    assert {i: a["tags"] for i, a in desk.answers().items()} == {i: ["blurry"] for i in ("p1", "p2", "t3")}
    lines = [json.loads(line) for line in desk.log.path.read_text().splitlines()]
    assert {line["source"] for line in lines} == {"terminal"}
    assert lines[0]["seconds"] >= 0


def test_all_that_can_be_said_of_an_error(tmp_path):
    desk = tag_desk(tmp_path)
    drive(desk, "?", "w", "f", "enter", "c", "two", "ctrl+j", "lines", "enter")
    said = desk.answer("p1")
    assert (said["tags"], said["correct_label"], said["comment"]) == (["ambiguous"], "fox", "two\nlines")
    assert said["incorrectly_labelled"]
    drive(desk, "k", "k", "k", "k", "w", *["backspace"] * 3, "it is", "enter", "?", "x", "enter")
    assert desk.answer("p1")["done"]  # the Enter after x: looked at, and no tag fits
    assert desk.answer("p1")["tags"] == []
    assert not desk.answer("p1")["incorrectly_labelled"]


def test_undo_goes_to_what_it_was_about(tmp_path):
    desk = tag_desk(tmp_path)
    screen = drive(desk, "n", "dark", "enter", "enter", "1", "enter", "u")
    assert desk.answer("p2")["tags"] == []
    assert desk.answer("p1")["tags"] == ["dark"]
    assert screen.splitlines()[0].strip().startswith("2/4")
    assert "nothing to take back" in drive(tag_desk(tmp_path / "new"), "u")


def test_it_goes_on_where_it_ended(tmp_path):
    drive(tag_desk(tmp_path), "space", "space")
    assert drive(tag_desk(tmp_path)).splitlines()[0].strip().startswith("3/4")


def test_moving_says_nothing_and_a_search_narrows(tmp_path):
    desk = tag_desk(tmp_path)
    assert drive(desk, "j", "j", "k", "right", "left", "/", "t3", "enter").splitlines()[0].strip().startswith("1/1")
    assert "4/4" in drive(desk, "/", "t3", "enter", "escape", "j").splitlines()[0]
    assert "No example holds" in drive(desk, "/", "nowhere", "enter")
    assert not desk.log.path.exists()


def test_an_unknown_class_is_refused_with_the_nearest(tmp_path):
    desk = tag_desk(tmp_path)
    assert "'fox'?" in drive(desk, "w", "foxx", "enter")
    assert "it has now" in drive(desk, "w", "cat", "enter")
    assert not desk.log.path.exists()


def test_a_new_tag_that_is_there_is_given_not_taken(tmp_path):
    desk = tag_desk(tmp_path)
    drive(desk, "n", "dark", "enter", "n", "Dark", "enter")
    assert desk.answer("p1")["tags"] == ["dark"]


def test_a_full_disk_is_said_and_what_was_typed_is_kept(tmp_path, monkeypatch):
    desk = tag_desk(tmp_path)
    act = desk.act

    def full(*args, **facts):
        raise DlxError("the disk is full", where="tags.jsonl") from OSError(errno.ENOSPC, "full")

    def mended(app):
        return app.screen._prompt.text

    monkeypatch.setattr(desk, "act", full)
    assert "Not kept: the disk is full" in drive(desk, "c", "precious", "enter")
    assert drive(desk, "c", "precious", "enter", "c", then=mended)[1] == "precious"
    screen = drive(desk, "enter", "1", "?")
    assert screen.splitlines()[0].strip().startswith("1/4")
    monkeypatch.setattr(desk, "act", act)
    assert desk.answers() == {}


def test_what_another_process_writes_is_seen(tmp_path, monkeypatch):
    from dlx.desk.terminal import _view

    monkeypatch.setattr(_view, "_POLL", 0.01)
    desk = tag_desk(tmp_path)
    shown = desk.progress

    def late():
        if not desk.log.path.exists():
            tag_desk(tmp_path).act(["p1"], {"tag": "elsewhere"}, source="page")
            return tag_desk(tmp_path / "other").progress()
        return shown()

    monkeypatch.setattr(desk, "progress", late)
    desk.log.path.unlink(missing_ok=True)
    assert "elsewhere" in drive(desk, "h", "escape", "h", "escape")


@pytest.mark.parametrize(("ink", "size"), [("colour", (80, 24)), ("ascii", (140, 40)), ("shades", (40, 10))])
def test_no_text_can_do_anything(tmp_path, ink, size):
    desk = tag_desk(tmp_path)
    desk.act(["p1", "t3", "r4"], {"tag": "[red]t[/]"}, source="page")
    desk.act(["t3"], {"comment": EVIL}, source="page")
    for moves in ("", "jj", "jjj"):
        screen = drive(desk, *"kkkk", *moves, size=size, ink=ink)
        assert not set(screen) & set("\x1b\x07\u202e")
        if size[0] > 40:
            assert "[red]t[/]" in screen
    assert "begin [bold]x[/]" in drive(desk, *"kkkkjj", size=(140, 40))


def test_letters_only_where_the_terminal_has_no_more(tmp_path):
    desk = tag_desk(tmp_path, ids=("p1", "tü—✓中"))
    assert drive(desk, "n", "größe", "enter", ink="ascii").isascii()
    assert drive(desk, "h", ink="ascii").isascii()
    assert "grosse" not in drive(desk, ink="ascii")  # a cell stays a cell
    assert desk.answer("p1")["tags"] == ["größe"]


def test_the_neighbour_beside_or_by_tab(tmp_path):
    assert "labelled seven" in drive(tag_desk(tmp_path), size=(140, 40))
    assert "the neighbour" not in drive(tag_desk(tmp_path))
    assert "the neighbour" in drive(tag_desk(tmp_path), "tab")
    assert "the neighbour" not in drive(tag_desk(tmp_path), "tab", "tab")


def test_a_key_for_each_label_and_on(tmp_path):
    desk = vote_desk(tmp_path, labels=("3", "7"))
    screen = drive(desk, "7", "x", "n", "3", "enter")
    assert {i: a["label"] for i, a in desk.answers().items()} == {"p1": "7", "t2": "", "p3": "3"}
    assert "All is done" in screen


def test_nobody_who_labels_blind_sees_a_label(tmp_path):
    assert "seven" not in drive(vote_desk(tmp_path, labels=("3", "7")), "tab", size=(140, 40))


def test_several_labels_are_ticked(tmp_path):
    desk = vote_desk(tmp_path, labels=("dog", "cat"), form="many")
    drive(desk, "2", "1", "enter", "1", "1", "enter", "enter")
    assert [a["label"] for a in desk.answers().values()] == ['["dog", "cat"]', "[]", "[]"]


def test_numbers_are_typed(tmp_path):
    desk = vote_desk(tmp_path, labels=(), form="number")
    screen = drive(desk, "4", "2,5", "enter", "t", "all", "enter")
    assert desk.answer("p1")["label"] == "42.5"
    assert "Not kept: the answer is a number" in screen
    assert not desk.answer("t2")["done"]


def test_data_that_are_slow_to_read_keep_nobody_from_quitting(tmp_path):
    class Slow(Shelf):
        def ready(self):
            return False

        def example(self, example):
            raise AssertionError("asked before it is ready")

    desk = tag_desk(tmp_path)
    desk.exhibits = Slow()
    assert "Reading the data" in drive(desk, "n", "dark", "enter")
    assert desk.answer("p1")["tags"] == ["dark"]


def test_without_a_terminal_it_is_refused(tmp_path):
    from dlx.desk import terminal

    with pytest.raises(UserError, match="needs a terminal"):
        terminal.run(tag_desk(tmp_path))
    with pytest.raises(UserError, match="no example"):
        terminal.run(tag_desk(tmp_path, ids=()))


def test_what_a_terminal_can():
    from dlx.desk.terminal._app import ink_of

    assert ink_of({"TERM": "xterm"}, "utf-8") == "colour"
    assert ink_of({"TERM": "xterm", "NO_COLOR": "1"}, "utf-8") == "shades"
    assert ink_of({"TERM": "dumb"}, "utf-8") == "ascii"
    assert ink_of({"TERM": "xterm"}, "ascii") == ink_of({}, "latin-1") == "ascii"
