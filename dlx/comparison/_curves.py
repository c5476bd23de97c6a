"""Learning curves of several runs in one drawing that brings its colours: it stands in a notebook or page alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from dlx.reports._svg import Scale, log_ticks, picture, tag, ticks

__all__ = ["COLOURS", "Points", "curves", "overlaid"]

#: Told apart by people who see few colours too (Okabe & Ito 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 660, 300, 56, 430, 14, 256
_POINTS = 400
_GREY = "#777"

Points = tuple[tuple[float, float], ...]


def curves(histories: Mapping[str, Sequence[Mapping[str, object]]]) -> tuple[str, dict[str, Points]]:
    """The dev error by epoch where all recorded it, else the dev loss.

    Args:
        histories: candidate → one record per epoch; those without any are left out.

    Returns:
        what it is (``val_error`` or ``val_loss``), and candidate → (epoch, value) of each epoch.
    """
    for key in ("val_error", "val_loss"):
        found = {name: _points(records, key) for name, records in histories.items() if records}
        if len(found) > 1 and all(found.values()):
            return key, found
    return "", {}


def _points(records: Sequence[Mapping[str, object]], key: str) -> Points:
    known = [(float(r.get("epoch", i + 1)), r.get(key)) for i, r in enumerate(records)]
    points = [(epoch, float(v)) for epoch, v in known if isinstance(v, (int, float)) and abs(v) < float("inf")]
    stride = -(-len(points) // _POINTS) or 1
    return tuple(points[::stride])


def overlaid(key: str, found: Mapping[str, Points]) -> Markup:
    """The drawing; empty where there is nothing to draw."""
    if not found:
        return Markup("")
    values = [value for points in found.values() for _, value in points]
    epochs = [epoch for points in found.values() for epoch, _ in points]
    low, high = min(values), max(values)
    log = low > 0 and high / low > 30
    low, high = (low, high) if log else (min(low, 0.0), high * 1.04 or 1.0)
    across, up = Scale(min(epochs), max(epochs), _LEFT, _RIGHT), Scale(low, high, _BOTTOM, _TOP, log=log)
    title = "dev error" if key == "val_error" else "dev loss"
    said = ", ".join(f"{name} ends at {points[-1][1]:.3g}" for name, points in found.items())
    parts = [*_axes(across, up, log, title), *_lines(found, across, up)]
    return picture(_WIDTH, _HEIGHT, parts, label=f"{title} by epoch: {said}")


def _axes(across: Scale, up: Scale, log: bool, title: str) -> Iterator[Markup]:
    for value in log_ticks(up.low, up.high) if log else ticks(up.low, up.high, 5):
        y = up(value)
        yield tag("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, stroke="#ddd")
        yield tag("text", f"{value:g}", x=_LEFT - 6, y=y + 4, text_anchor="end", font_size=12, fill=_GREY)
    for value in ticks(across.low, across.high, 6):
        if value == int(value):
            place = across(value)
            yield tag("text", f"{value:g}", x=place, y=_BOTTOM + 18, text_anchor="middle", font_size=12, fill=_GREY)
    middle = (_LEFT + _RIGHT) / 2
    yield tag("text", f"{title} by epoch", x=middle, y=_BOTTOM + 36, text_anchor="middle", font_size=12, fill=_GREY)


def _lines(found: Mapping[str, Points], across: Scale, up: Scale) -> Iterator[Markup]:
    for i, (name, points) in enumerate(found.items()):
        colour = COLOURS[i % len(COLOURS)]
        places = [(across(epoch), up(value)) for epoch, value in points]
        if len(places) == 1:
            yield tag("circle", cx=places[0][0], cy=places[0][1], r=4, fill=colour)
        else:
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            yield tag("path", d=path, fill="none", stroke=colour, stroke_width=2)
        y = _TOP + 10 + 18 * i
        yield tag("line", x1=_RIGHT + 10, x2=_RIGHT + 26, y1=y - 4, y2=y - 4, stroke=colour, stroke_width=3)
        short = name if len(name) <= 28 else f"{name[:13]}…{name[-14:]}"
        yield tag("text", tag("title", name), short, x=_RIGHT + 31, y=y, font_size=12, fill=colour)
