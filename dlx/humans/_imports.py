"""Votes that were given elsewhere: one row for each vote, one person's sheet, or a matrix of counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from dlx.errors import UserError, all_faults, nearest
from dlx.humans._answers import Answers
from dlx.humans._ballots import CROWD, GROUP, counts_person
from dlx.tagging.cells import Matcher, id_column, text_of
from dlx.tagging.merge import Cells
from dlx.tagging.names import key
from dlx.tagging.sheet import read_sheet
from dlx.tagging.votes import Vote

__all__ = ["Imported", "changes", "read_votes", "take"]

_LABEL = ("label", "vote", "answer", "annotation", "class", "category", "y", "rating", "choice", "response")
_PERSON = ("person", "annotator", "annotator id", "rater", "worker", "worker id", "reviewer", "labeller", "labeler",
           "user", "coder", "expert", "who")  # fmt: skip
_GROUP = ("group", "team", "panel")
_COMMENT = ("comment", "note", "notes")
#: A message stays readable: so many cells at fault are listed.
_LISTED = 12


@dataclass
class Imported:
    """What a file says.

    Attributes:
        votes: example, person, label and facts (group, counts, comment) of each.
        unknown: ids that are no example of the data.
        elsewhere: split → ids that are not of dev: people are asked about dev only.
        faults: cells that cannot be understood.
        notes: what was guessed.
    """

    votes: list[Vote] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    elsewhere: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def take(
    path: Path,
    answers: Answers,
    split_of: Mapping[str, str],
    aliases: Mapping[str, str],
    *,
    person: str | None,
    group: str | None,
    groups: Mapping[str, str],
) -> Imported:
    """Read a file of votes.

    Args:
        path: .csv, .tsv, .xlsx or .parquet: ``id``, ``person``, ``label`` and perhaps ``group``; or ``id`` and
            ``label`` of one person; or ``id`` and one column of counts per class.
        answers: what may be said.
        split_of: id → the part its example is in.
        aliases: other names of examples (those in sheets that dlx wrote) → id.
        person: whose votes, where no column tells.
        group: the group of people that no column tells.
        groups: person → the group that the log knows them in.

    Raises:
        UserError: cells that cannot be understood, all of them in one message; or not one known example.
    """
    sheet = read_votes(path)
    found = id_column(sheet.headers)
    if found is None:
        raise UserError(
            "a file of votes needs a column of ids", value=[h for h in sheet.headers if h], where=sheet.where,
            hint="Call it 'id'.",
        )  # fmt: skip
    made = Imported(notes=list(sheet.notes))
    rows = _known_rows(sheet, found, split_of, aliases, made)
    label = _column(sheet, _LABEL, but=(found,))
    if label is None:
        _counts(sheet, found, rows, answers, _counted(group or CROWD, groups, sheet), made)
    else:
        _single(sheet, found, label, rows, answers, person, group, groups, made)
    if made.faults:
        more = len(made.faults) - _LISTED
        raise all_faults(made.faults[:_LISTED] + ([f"and {more} more"] if more > 0 else []), where=sheet.where)
    if not rows:
        raise UserError(
            "no example of dev is named in this file", value=[*made.unknown, *chain(*made.elsewhere.values())][:3],
            where=sheet.where, hint=f"An id looks like {next(iter(split_of), '')!r}.",
        )  # fmt: skip
    made.notes += _missing(made)
    return made


def read_votes(path: Path) -> Cells:
    """A file as cells.

    Raises:
        UserError: no such file, or one that cannot be read.
    """
    if path.suffix.lower() not in (".parquet", ".pq"):
        return read_sheet(path)
    import pandas as pd
    import pyarrow as pa

    if not path.is_file():
        raise UserError("no such sheet", value=str(path), where="--import")
    try:
        table = pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UserError("this Parquet file cannot be read", value=path.name, where="--import") from error
    if isinstance(table.index, pd.RangeIndex) is False and table.index.name:
        table = table.reset_index()
    headers = tuple(str(c) for c in table.columns)
    rows = tuple(tuple(None if v is None or v != v else v for v in row) for row in table.itertuples(index=False))
    letters = tuple(f"column {i + 1} of row " for i in range(len(headers)))
    return Cells(path.name, headers, rows, tuple(range(1, len(rows) + 1)), letters)


def _column(sheet: Cells, names: Sequence[str], but: Iterable[int] = ()) -> int | None:
    keys = [key(header) for header in sheet.headers]
    return next((keys.index(name) for name in names if name in keys and keys.index(name) not in but), None)


def _known_rows(sheet: Cells, column: int, split_of, aliases, made: Imported) -> list[tuple[int, str]]:
    """(row, id) of the rows that are about dev."""
    matcher, rows = Matcher([*split_of, *aliases]), []
    for i, row in enumerate(sheet.rows):
        text = text_of(row[column])
        if not text:
            continue
        name = matcher.find(text)
        example = None if name is None else aliases.get(name, name)
        if example is None:
            made.unknown.append(text)
        elif split_of[example] != "dev":
            made.elsewhere.setdefault(str(split_of[example]), []).append(text)
        else:
            rows.append((i, example))
    return rows


def _single(sheet, id_at, label_at, rows, answers: Answers, person, group, groups, made: Imported) -> None:
    """One row for each vote."""
    person_at, group_at, comment_at = (
        _column(sheet, names, but=(id_at, label_at)) for names in (_PERSON, _GROUP, _COMMENT)
    )
    if person_at is None and person is None:
        raise UserError("whose votes are these", where=sheet.where, hint="Add --person NAME, or a column 'person'.")
    said: dict[tuple[str, str], tuple[str, int]] = {}
    group_of: dict[str, tuple[str, int]] = {}
    for i, example in rows:
        row = sheet.rows[i]
        if not text_of(row[label_at]):
            continue
        who = " ".join(text_of(row[person_at]).split()) if person_at is not None else person
        if not who:
            made.faults.append(f"{sheet.place(i, person_at)}: a vote needs a person")
            continue
        try:
            label = answers.parse(row[label_at])
        except UserError as error:
            made.faults.append(f"{sheet.place(i, label_at)}: {error}")
            continue
        belongs = (text_of(row[group_at]) if group_at is not None else "") or group or groups.get(who) or GROUP
        _one_group(sheet, i, who, belongs, groups, group_of, made)
        earlier = said.setdefault((example, who), (label, i))
        if earlier[0] != label:
            made.faults.append(
                f"{sheet.place(i, label_at)}: {who} says {label!r} here and {earlier[0]!r} in row "
                f"{sheet.places[earlier[1]]} about the same example"
            )
            continue
        comment = text_of(row[comment_at]) if comment_at is not None else ""
        made.votes.append(Vote(example, who, label, {"group": belongs} | ({"comment": comment} if comment else {})))


def _one_group(sheet, i: int, who: str, belongs: str, groups, group_of, made: Imported) -> None:
    """A person is in one group, in the file and in the log."""
    first = group_of.setdefault(who, (belongs, i))
    if first[0] != belongs:
        made.faults.append(
            f"row {sheet.places[i]}: {who} is in group {belongs!r} here and in {first[0]!r} in row "
            f"{sheet.places[first[1]]}; a person belongs to one group"
        )
    elif first[1] == i and groups.get(who, belongs) != belongs:
        made.faults.append(
            f"row {sheet.places[i]}: {who} is in group {belongs!r} here and in {groups[who]!r} in the log; a person "
            "belongs to one group: give one of the two another name"
        )


def _counted(group: str, groups: Mapping[str, str], sheet: Cells) -> str:
    """The group that counts belong to: one without people by name, whose votes the counts could hold again."""
    if group in groups.values():
        people = sorted(person for person, theirs in groups.items() if theirs == group)
        raise UserError(
            "counts and votes of named people are two groups", value=group, where=sheet.where,
            hint=f"{people[0]} is in {group!r}: choose another --group for these counts.",
        )  # fmt: skip
    return group


def _counts(sheet, id_at, rows, answers: Answers, group: str, made: Imported) -> None:
    """One column of counts per class; who gave the votes is not known."""
    if answers.task != "classification":
        raise UserError(
            "a file of votes needs a column of labels", value=[h for h in sheet.headers if h], where=sheet.where,
            hint="Call it 'label'; a matrix of counts is for classes.",
        )  # fmt: skip
    matcher = Matcher(answers.labels, fold=True)
    columns = {i: matcher.find(h) for i, h in enumerate(sheet.headers) if h and i != id_at}
    strangers = [sheet.headers[i] for i, name in columns.items() if name is None]
    columns = {i: name for i, name in columns.items() if name is not None}
    if not columns:
        close = nearest(strangers[0], answers.labels) if strangers else None
        known = f"The classes are {list(answers.labels)[:10]}."
        raise UserError(
            "neither a column of labels nor columns of the classes are here", value=strangers, where=sheet.where,
            hint=f"Is {strangers[0]!r} meant as {close!r}?" if close else known,
        )  # fmt: skip
    without = sorted(set(answers.labels) - set(columns.values()))
    for name in strangers:
        close = nearest(name, answers.labels)
        if close or (without and _numbers(sheet, sheet.headers.index(name))):
            missing = f"; classes without a column: {', '.join(without[:5])}" if without else ""
            made.faults.append(f"column {name!r} is no class{f'; did you mean {close!r}?' if close else missing}")
    if strangers and not made.faults:
        made.notes.append(f"Columns that are no class are not read: {', '.join(strangers[:5])}.")
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


def _missing(made: Imported) -> list[str]:
    def named(ids: list[str]) -> str:
        shown = ", ".join(repr(i) for i in ids[:3])
        return f"{shown}{' …' if len(ids) > 3 else ''}"

    notes = []
    if made.unknown:
        notes.append(f"{len(made.unknown):,} rows name no example of the data and are left out: {named(made.unknown)}.")
    for split, ids in made.elsewhere.items():
        where = "no part of the split" if split in ("None", "nan") else split
        notes.append(f"{len(ids):,} rows are about {where}, not dev, and are left out: {named(ids)}.")
    return notes


def changes(found: Imported, log: Mapping[tuple[str, str], Vote], answers: Answers) -> list[Vote]:
    """The votes that the log does not hold already."""
    return [vote for vote in found.votes if not _same(log.get((vote.example, vote.person)), vote, answers)]


def _same(old: Vote | None, new: Vote, answers: Answers) -> bool:
    if old is None or answers.normal(old.label) != new.label:
        return False
    return all(new.facts.get(n) in (None, old.facts.get(n)) for n in ("group", "counts", "comment"))
