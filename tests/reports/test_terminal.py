"""The ladder in characters: what stands where, at any width, with and without colours."""

import io
import re

import pytest
from rich.console import Console

import dlx
from dlx.findings import Finding
from dlx.reports import terminal
from dlx.strategy.intervals import rate_rung
from dlx.strategy.ladder import HumanFigure, Rung, build

EXAMPLE = {"human": "1%", "train": "3%", "train_dev": "6%", "dev": "8%"}
SIZES = {"n_train": 5000, "n_train_dev": 1000, "n_dev": 1000}


class Ascii(io.StringIO):
    encoding = "ascii"


def printed(ladder, findings=(), width=80, file=None, **options):
    console = Console(file=file or io.StringIO(), width=width, highlight=False, **options)
    terminal.render(ladder, findings, console=console)
    return console.file.getvalue()


def row(text, title):
    return next(line for line in text.splitlines() if title in line)


def test_rungs_and_gaps_in_order_with_their_numbers():
    text = printed(dlx.ladder(**EXAMPLE, **SIZES))
    order = ["human", "avoidable bias", "train ", "variance", "train-dev", "data mismatch", "dev  "]
    places = [text.index(f" {name}") for name in order]
    assert places == sorted(places)
    assert "8.00  [6.47, 9.85]" in row(text, " dev ")
    assert "P 69 %" in row(text, "variance")
    assert "cited" in row(text, "human")


def test_gaps_in_focus_are_marked_without_colour_too():
    text = printed(dlx.ladder(**EXAMPLE, **SIZES))
    assert row(text, "variance").startswith("▶")
    assert "█" in row(text, "variance")
    assert not row(text, "avoidable bias").startswith("▶")
    assert "█" not in row(text, "avoidable bias")


def test_rungs_stand_on_one_axis():
    text = printed(dlx.ladder(human=0, train="50%", dev="100%"), width=90)
    human, train, dev = (re.search("[●○]", row(text, name)).start() for name in ("human", "train ", "dev "))
    assert train - human == pytest.approx(dev - train, abs=1)
    assert "○" in row(text, "human")


def test_the_interval_is_drawn_around_the_dot():
    drawn = row(printed(dlx.ladder(**EXAMPLE, **SIZES)), "dev  ")
    assert drawn.index("├") < drawn.index("●") < drawn.index("┤")


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_the_picture_fits_the_width_and_nothing_trails(width):
    ladder = dlx.ladder(0, "1%", None, "10%", "17%", different_sources=True, n_train=50, n_dev=40, target="20%")
    for line in printed(ladder, width=width).splitlines():
        assert len(line) <= max(width, 60)
        assert line == line.rstrip()


def test_commands_are_never_broken():
    recipe = {"name": "tiny", "model": {"builder": "mlp", "units": [256] * 12}, "train": {"epochs": 30}}
    ladder = build([rate_rung("train", 0.3), rate_rung("dev", 0.3)], recipe=recipe, command="dlx train tiny")
    assert len(ladder.actions[0].command) > 60
    assert f"   {ladder.actions[0].command}\n" in printed(ladder, width=60)


def test_brackets_of_the_user_are_no_markup():
    ladder = build(
        [rate_rung("train", 0.3), rate_rung("dev", 0.3)],
        human=[HumanFigure("[bold]x", 0.1), HumanFigure("[red]y", 0.2)],
    )
    assert "[bold]x" in printed(ladder, width=200)


def test_colour_only_where_it_is_wanted():
    ladder = dlx.ladder(**EXAMPLE)
    assert "\x1b[" not in printed(ladder)
    assert "\x1b[1;31m" in printed(ladder, force_terminal=True, color_system="standard", no_color=False)
    assert "31m" not in printed(ladder, force_terminal=True, no_color=True)


def test_plain_letters_where_there_are_no_others():
    ladder = dlx.ladder(0, "5%", "4%", "15%", different_sources=True)
    text = printed(ladder, file=Ascii())
    assert text.isascii()
    assert row(text, "data mismatch").startswith(">")
    assert "-1.00" in row(text, "variance")


def test_a_gap_that_cannot_be_split_is_shown_as_one():
    text = printed(dlx.ladder(0, "1%", None, "10%", different_sources=True))
    assert "variance or data mismatch  cannot be told apart" in text


def test_other_measures_stand_in_their_unit():
    ladder = build(
        [Rung("train", 40.0, 38.0, 42.0, n=90, se=1.0), Rung("dev", 55.0, 50.0, 60.0, n=40, se=2.5)],
        bounded=False,
        unit="mg",
        metric="mae",
    )
    text = printed(ladder, width=100)
    assert "55.0  [50.0, 60.0]" in row(text, "dev ")
    assert text.splitlines()[1].split() == ["MAE", "mg", "95", "%"]


def test_the_target_is_a_line():
    text = printed(dlx.ladder(0, "5%", None, "6%", target="4%"))
    assert "┊" in row(text, "train ")
    assert "target 4" in text.splitlines()[1]


def test_findings_that_ask_for_something_are_listed_and_passed_ones_counted():
    findings = [
        Finding("a", "Nothing here.", "passed"),
        Finding("b", "Look here.", "tip", next_step="dlx data tiny"),
        Finding("c", "Act here.", "issue", next_step="Do this."),
        Finding("d", "Not for you.", "not_applicable"),
        Finding("variance", "It is in the picture.", "issue"),
    ]
    text = printed(dlx.ladder(**EXAMPLE), findings)
    assert text.index("! Act here.") < text.index("· Look here.")
    assert "   dlx data tiny\n" in text
    assert "1 check passed." in text
    assert "Not for you" not in text
    assert "in the picture" not in text
