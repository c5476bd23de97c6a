"""Pictures of characters: colours of pixels by hand."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from dlx.desk.terminal._pixels import drawn
from dlx.desk.terminal._texts import visible


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_two_pixels_in_a_cell():
    picture = Image.new("RGB", (2, 3))
    picture.putpixel((0, 0), (255, 0, 0))
    picture.putpixel((0, 1), (0, 0, 255))
    lines = drawn(png(picture), 2, 2, "colour")
    assert [len(line) for line in lines] == [2, 2]
    first = lines[0][0]
    assert first.text == "▀"
    assert (first.style.color.triplet, first.style.bgcolor.triplet) == ((255, 0, 0), (0, 0, 255))
    assert lines[1][0].style.bgcolor is None  # a third line has nothing beneath it


def test_tiny_pictures_are_enlarged_by_whole_numbers():
    picture = Image.new("L", (2, 2))
    picture.putpixel((1, 0), 255)
    lines = drawn(png(picture), 9, 5, "colour")  # 9 × 10 pixels: four times as large
    assert (len(lines[0]), len(lines)) == (8, 4)
    whites = [x for x, cell in enumerate(lines[0]) if cell.style.color.triplet == (255, 255, 255)]
    assert whites == [4, 5, 6, 7]


def test_large_pictures_keep_their_form():
    lines = drawn(png(Image.new("RGB", (400, 200))), 40, 40, "colour")
    assert (len(lines[0]), len(lines)) == (40, 10)


def test_clear_pixels_are_white():
    cell = drawn(png(Image.new("RGBA", (2, 2), (0, 0, 0, 0))), 2, 1, "colour")[0][0]
    assert cell.style.color.triplet == (255, 255, 255)


@pytest.mark.parametrize(("ink", "dark", "light"), [("shades", " ", "█"), ("ascii", " ", "@")])
def test_shades_without_colour(ink, dark, light):
    picture = Image.new("L", (4, 4))
    picture.paste(255, (2, 0, 4, 4))
    lines = ["".join(cell.text for cell in line) for line in drawn(png(picture), 4, 2, ink)]
    assert lines == [dark * 2 + light * 2] * 2
    assert all(cell.style is None for line in drawn(png(picture), 4, 2, ink) for cell in line)


@pytest.mark.parametrize("media", [b"", b"no picture", png(Image.new("L", (9, 9)))[:40]])
def test_broken_pictures(media):
    with pytest.raises(ValueError, match="cannot be shown"):
        drawn(media, 10, 10, "colour")


def test_texts_keep_their_lines_and_lose_their_powers():
    assert visible("a\r\nb\tc\x1b]0;title\x07") == "a\nb    c�]0;title�"
    assert visible("\u202eabc") == "�abc"
    assert visible("Größe 中 [bold]") == "Größe 中 [bold]"
