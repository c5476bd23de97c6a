"""A matrix of counts: how many people said each class of each example, without their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlx.errors import UserError, nearest
from dlx.humans._answers import Answers
from dlx.humans._ballots import counts_person
from dlx.humans._imported import Imported
from dlx.tagging.cells import Matcher, text_of
from dlx.tagging.merge import Cells
from dlx.tagging.votes import Vote

__all__ = ["apart", "is_matrix", "read_counts"]


def apart(group: str, groups: Mapping[str, str], where: str) -> str:
    """The group that counts belong to: one without people by name, whose votes the counts could hold again."""
    if group in groups.values():
        people = sorted(person for person, theirs in groups.items() if theirs == group)
        raise UserError(
            "counts and votes of named people are two groups", value=group, where=where,
            hint=f"{people[0]} is in {group!r}: choose another --group for these counts.",
        )  # fmt: skip
    return group


def is_matrix(sheet: Cells, answers: Answers) -> bool:
    """Whether columns are called like classes: a class may be called ``y`` or ``label``, as columns of votes are."""
    matcher = Matcher(answers.labels, fold=True)
    return answers.task == "classification" and sum(matcher.find(h) is not None for h in sheet.headers if h) > 1


def read_counts(
    sheet: Cells, id_at: int, rows: Sequence[tuple[int, str]], answers: Answers, group: str, made: Imported
) -> None:
    """One column of counts per class; who gave the votes is not known.

    Args:
        sheet: the file.
        id_at: its column of ids.
        rows: (row, id) of the rows that are about dev.
        answers: what may be said.
        group: whose votes these are.
        made: takes votes, faults and notes.

    Raises:
        UserError: no column of a class.
    """
    columns = _class_columns(sheet, id_at, answers, made)
    seen: dict[str, tuple[dict[str, int], int]] = {}
    for i, example in rows:
        given = {name: _whole(sheet, i, column, made) for column, name in columns.items()}
        counts = {name: n for name, n in given.items() if n}
        if not counts:
            continue
        first = seen.setdefault(example, (counts, i))
        if first[0] != counts:
            made.faults.append(
                f"row {sheet.places[i]}: other counts than in row {sheet.places[first[1]]} of this example"
            )
        elif first[1] == i:
            made.votes.append(Vote(example, counts_person(group), "", {"group": group, "counts": counts}))


def _class_columns(sheet: Cells, id_at: int, answers: Answers, made: Imported) -> dict[int, str]:
    """Column → class."""
    if answers.task != "classification":
        raise UserError(
            "a file of votes needs a column of labels", value=[h for h in sheet.headers if h], where=sheet.where,
            hint="Call it 'label'; a matrix of counts is for classes.",
        )  # fmt: skip
    matcher = Matcher(answers.labels, fold=True)
    found = {i: matcher.find(h) for i, h in enumerate(sheet.headers) if h and i != id_at}
    strangers = [i for i, name in found.items() if name is None]
    columns = {i: name for i, name in found.items() if name is not None}
    names = [sheet.headers[i] for i in strangers]
    if not columns:
        close = nearest(names[0], answers.labels) if names else None
        known = f"The classes are {list(answers.labels)[:10]}."
        raise UserError(
            "neither a column of labels nor columns of the classes are here", value=names, where=sheet.where,
            hint=f"Is {names[0]!r} meant as {close!r}?" if close else known,
        )  # fmt: skip
    without = sorted(set(answers.labels) - set(columns.values()))
    for i in strangers if without else ():
        close = nearest(sheet.headers[i], without)
        if close or _numbers(sheet, i):
            why = f"did you mean {close!r}?" if close else f"classes without a column: {', '.join(without[:5])}"
            made.faults.append(f"column {sheet.headers[i]!r} is no class; {why}")
    if names and not made.faults:
        made.notes.append(f"Columns that are no class are not read: {', '.join(names[:5])}.")
    return columns


def _numbers(sheet: Cells, column: int) -> bool:
    return all(text_of(row[column]).replace(".", "", 1).isdecimal() for row in sheet.rows[:20])


def _whole(sheet: Cells, i: int, column: int, made: Imported) -> int:
    text = text_of(sheet.rows[i][column])
    try:
        number = float(text.replace(",", ".")) if text else 0.0
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e9 or number != int(number):
        shares = " (shares must be multiplied by the number of votes)" if 0 < number < 1 else ""
        made.faults.append(f"{sheet.place(i, column)}: a count is a whole number from 0 up{shares}, not {text!r}")
        return 0
    return int(number)
