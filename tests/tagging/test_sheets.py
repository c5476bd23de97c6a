"""Sheets out and in: what people and spreadsheet programs do to them, and the three-way merge."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx.errors import UserError
from dlx.tagging.cells import Matcher, column_of, guarded, is_yes, unguarded
from dlx.tagging.frozen import Sample
from dlx.tagging.log import TagLog
from dlx.tagging.merge import Cells, merge, totals_row
from dlx.tagging.names import clean
from dlx.tagging.sheet import grid, read_sheet, write_sheet
from dlx.tagging.state import state

CLASSES = ("cat", "dog", "10")


def sample(ids=("a", "b", "c")) -> Sample:
    table = pd.DataFrame({"id": list(ids), "example": list(ids), "kind": "error", "y_true": "cat", "y_pred": "dog"})
    return Sample(table, 30, 300, {"errors": 30}, classes=CLASSES)


class Desk:
    """One reviewer with a log and sheets in a folder."""

    def __init__(self, folder: Path, ids=("a", "b", "c")):
        self.folder, self.log, self.sample, self.who = folder, TagLog(folder / "tags.jsonl"), sample(ids), "ann"

    def export(self, name="e.csv") -> Path:
        mark = self.log.mark(reviewer=self.who, sheet=name)
        write_sheet(grid(self.sample, self.log.state(), self.who, mark), self.folder / name)
        return self.folder / name

    def read(self, path: Path):
        records = self.log.records()
        now = state(records)
        bases = {mark: state(records[:n]) for mark, (who, n) in now.exports.items() if who == self.who}
        return merge(read_sheet(path), now, bases, self.who, ids=set(self.sample.table["id"]), classes=CLASSES)

    def take(self, path: Path):
        merged = self.read(path)
        for old, new in merged.renamed:
            self.log.rename(old, new, reviewer=self.who)
        if merged.values:
            self.log.write(merged.values, reviewer=self.who)
        return merged

    def review(self, example: str):
        return self.log.state().review(example, self.who)


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    desk.log.write(
        [("a", "dog", True), ("b", "blurry", True), ("b", "dog", True), ("c", "comment", "odd")], reviewer="ann"
    )
    return desk


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def edit(path: Path, change) -> Path:
    frame = table(path)
    frame = change(frame)
    frame.to_csv(path, index=False)
    return path


NASTY = st.text(st.characters(exclude_categories=("Cs",)), max_size=30) | st.sampled_from(
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@x",
        "'quoted",
        "''",
        "x;y,z",
        'a "b"',
        "a\nb",
        "_x0041_",
        "<script>alert(1)</script>",
        "007",
        "1e5",
    ]
)
#: Ids that a spreadsheet program, CSV, XML or a formula would change.
ODD = [
    "007",
    "7.0",
    "1e5",
    "=cmd",
    "-1",
    "a,b;c",
    'q"q',
    "two\nlines",
    " blank ",
    "con\x01trol",
    "Größe 中",
    "'x",
    "TRUE",
]
IDS = st.lists(
    (st.sampled_from(ODD) | st.text(min_size=1, max_size=8)).filter(lambda i: clean(i) and not totals_row(clean(i))),
    min_size=3,
    max_size=3,
    unique_by=clean,  # two that are one in a cell cannot be told apart
)
TAGS = st.sets(st.sampled_from(["dog", "blurry", "=sum", "great cat", "1", "Größe"]), max_size=4)


@settings(max_examples=40)
@given(
    IDS,
    st.lists(
        st.tuples(TAGS, st.booleans(), st.booleans(), st.sampled_from(["", *CLASSES]), NASTY), min_size=3, max_size=3
    ),
)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".tsv"])
def test_export_then_import_is_the_identity(tmp_path_factory, suffix, ids, said):
    desk = Desk(tmp_path_factory.mktemp("desk"), ids)
    values = []
    for example, (tags, reviewed, wrong, label, comment) in zip(ids, said, strict=True):
        values += [(example, tag, True) for tag in sorted(tags)]
        values += [(example, "reviewed", reviewed), (example, "incorrectly_labelled", wrong)]
        values += [(example, "correct_label", label), (example, "comment", comment)]
    desk.log.write(values, reviewer="ann")
    merged = desk.read(desk.export(f"e{suffix}"))
    assert (merged.values, merged.renamed, merged.conflicts, merged.ids) == ([], [], [], list(ids))
    # into an empty log it brings the same state
    other = Desk(tmp_path_factory.mktemp("other"), ids)
    other.take(desk.folder / f"e{suffix}")
    assert other.log.state().reviews == desk.log.state().reviews


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_importing_twice_changes_nothing(desk, suffix):
    path = desk.export(f"e{suffix}")
    if suffix == ".csv":
        edit(path, lambda t: t.assign(**{"great cat": ["x", "", "1"], "comment": ["", "new", "odd"]}))
    else:
        book = openpyxl.load_workbook(path)
        sheet = book["errors"]
        at = sheet.max_column + 1
        sheet.cell(1, at, "great cat")
        sheet.cell(2, at, True)
        sheet.cell(4, at, 1)
        sheet.cell(3, [c.value for c in sheet[1]].index("comment") + 1, "new")
        book.save(path)
    assert len(desk.take(path).values) == 3
    assert desk.review("a").tags == {"dog", "great cat"}
    assert desk.review("c").tags == {"great cat"}
    assert desk.review("b").comment == "new"
    before = desk.log.path.read_bytes()
    assert desk.take(path).values == []
    assert desk.log.path.read_bytes() == before


def test_rows_sorted_filtered_removed_and_doubled(desk):
    path = desk.export()
    edit(path, lambda t: pd.concat([t[t["id"] == "c"], t[t["id"] == "a"], t[t["id"] == "c"]]).assign(dog="x"))
    merged = desk.take(path)
    assert merged.values == [("c", "dog", True)]
    assert desk.review("b").tags == {"blurry", "dog"}  # its row is gone, its tags are not


def test_ticks_are_taken_back_only_where_the_sheet_knew_them(desk):
    path = desk.export()
    desk.log.write([("a", "late", True)], reviewer="ann")  # in the log after the export
    edit(path, lambda t: t.assign(dog=""))
    assert {value[:2] for value in desk.take(path).values} == {("a", "dog"), ("b", "dog")}
    assert desk.review("a").tags == {"late"}


def test_whoever_writes_a_no_has_looked(desk):
    path = edit(desk.export(), lambda t: t.assign(fog=["no", "", "0"], incorrectly_labelled=["", "FALSE", ""]))
    desk.take(path)
    assert [desk.review(example).reviewed for example in "abc"] == [True, True, True]
    assert desk.take(path).values == []


def test_a_removed_column_removes_nothing(desk):
    path = edit(desk.export(), lambda t: t.drop(columns=["dog", "comment"]))
    assert desk.take(path).values == []


def test_both_sides_changed_is_listed_by_cell_and_the_log_stays(desk):
    path = desk.export()
    desk.log.write([("c", "comment", "from the page")], reviewer="ann")
    edit(path, lambda t: t.assign(comment=["", "", "from the sheet"]))
    merged = desk.take(path)
    assert merged.values == []
    assert len(merged.conflicts) == 1
    assert all(word in merged.conflicts[0] for word in ("line 4", "comment", "from the sheet", "from the page"))
    assert desk.review("c").comment == "from the page"
    assert len(desk.take(path).conflicts) == 1


def test_copies_of_a_row_that_differ_are_a_conflict(desk):
    path = edit(
        desk.export(), lambda t: pd.concat([t, t.tail(1).assign(comment="two")]).assign(comment=["", "", "one", "two"])
    )
    assert "copies" in desk.take(path).conflicts[0]


def test_renamed_headers(desk):
    desk.log.write([("c", "blurry", True)], reviewer="bob")
    renamed = {
        "blurry": "out of focus",
        "incorrectly_labelled": "Mislabelled",
        "correct_label": "Right label",
        "id": "ID",
    }
    merged = desk.take(edit(desk.export(), lambda t: t.rename(columns=renamed)))
    assert merged.renamed == [("blurry", "out of focus")]
    assert merged.values == []
    now = desk.log.state()
    assert set(now.tags) == {"dog", "out of focus"}
    assert now.review("c", "bob").tags == {"out of focus"}  # for all reviewers


def test_a_new_column_beside_a_removed_one_is_a_new_tag(desk):
    path = edit(desk.export(), lambda t: t.drop(columns="blurry").assign(fog=["x", "", "x"]))
    assert desk.take(path).renamed == []
    assert set(desk.log.state().tags) == {"dog", "blurry", "fog"}


def test_a_column_without_a_tick_is_a_tag_with_count_none(desk):
    desk.take(edit(desk.export(), lambda t: t.assign(fog="")))
    assert "fog" in desk.log.state().tags
    assert desk.take(desk.folder / "e.csv").values == []


def test_unknown_labels_are_refused_with_the_nearest_and_nothing_is_written(desk):
    path = edit(desk.export(), lambda t: t.assign(correct_label=["dgo", "", "bird"], dog="x"))
    before = desk.log.path.read_bytes()
    with pytest.raises(UserError) as error:
        desk.take(path)
    assert all(
        word in str(error.value) for word in ("'dgo'", "did you mean 'dog'", "'bird'", "line 2", "line 4", "2 faults")
    )
    assert desk.log.path.read_bytes() == before


def test_labels_as_spreadsheets_write_them(desk):
    desk.take(edit(desk.export(), lambda t: t.assign(correct_label=["10.0", "DOG ", "cat"])))
    assert [desk.review(e).correct_label for e in "abc"] == ["10", "dog", "cat"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(dog=["maybe", "", ""]), "neither yes"),
        (lambda t: t.assign(Kommentar=["too dark", "", ""]), "column of texts is called 'comment'"),
        (lambda t: t.assign(**{"": ["x", "", ""]}), "no header"),
        (lambda t: t.assign(id=["", "b", "c"]), "no id"),
        (lambda t: t.drop(columns="id"), "column of ids"),
        (lambda t: t.assign(id=["q", "r", "s"]), "another run"),
        (lambda t: t.assign(DOG=""), "same header"),
        (lambda t: t.head(0), "no rows"),
    ],
)
def test_what_cannot_be_understood(desk, change, said):
    path = edit(desk.export(), change)
    with pytest.raises(UserError, match=said):
        desk.take(path)


def test_strangers_are_left_out_and_said(desk):
    path = edit(desk.export(), lambda t: t.assign(id=["a", "b", "zz"]))
    assert "'zz'" in desk.take(path).notes[0]


def test_yes_and_no():
    for yes in ("x", "X", "1", "yes", "TRUE", "✓", " y ", 1, 1.0, True, "1,0", "1.0", "wahr", "VRAI"):
        assert is_yes(yes) is True, yes
    for no in ("", None, "0", "no", "FALSE", 0, 0.0, False, "-", "nein", " "):
        assert is_yes(no) is False, no
    for neither in ("maybe", "2", "?", 0.5, float("nan")):
        assert is_yes(neither) is None, neither


def test_ids_a_spreadsheet_has_changed():
    matcher = Matcher(["007", "1e5", "a", "12", "12.0"])
    assert [matcher.find(t) for t in ("7", "100000", "a", "12", "A", "8")] == ["007", "1e5", "a", "12", None, None]
    assert matcher.find("012") is None  # two could be meant


@given(NASTY)
def test_guarding_is_undone(text):
    assert unguarded(guarded(text)) == text


def test_no_text_is_a_formula(tmp_path):
    desk = Desk(tmp_path, ids=("=cmd", "@b", "-c"))
    desk.log.write([("=cmd", "comment", '=HYPERLINK("http://x")'), ("@b", "=1+1", True)], reviewer="ann")
    for row in csv.reader(io.StringIO(desk.export().read_text(encoding="utf-8-sig"))):
        assert not any(cell.startswith(("=", "+", "@", "\t")) for cell in row), row
    sheet = openpyxl.load_workbook(desk.export("e.xlsx"))["errors"]
    totals = sheet.max_row - 1
    for line in sheet.iter_rows(max_row=totals - 1):
        for cell in line:
            assert cell.data_type != "f", cell.coordinate
    assert sheet["A2"].value == "=cmd"
    assert sheet["A2"].quotePrefix
    assert desk.read(desk.folder / "e.xlsx").values == desk.read(desk.folder / "e.csv").values == []


def test_the_workbook_helps(desk):
    book = openpyxl.load_workbook(desk.export("e.xlsx"))
    sheet = book["errors"]
    header = [cell.value for cell in sheet[1]]
    dog = openpyxl.utils.get_column_letter(header.index("dog") + 1)
    lists = {v.formula1: str(v.sqref) for v in sheet.data_validations.dataValidation}
    assert f"{dog}2:{dog}4" in lists['"x"'].split()
    assert "labels!$A$1:$A$3" in lists
    assert [c.value for c in book["labels"]["A"]] == list(CLASSES)
    assert book["labels"].sheet_state == "hidden"
    assert sheet[f"{dog}6"].value.startswith(f'=IF({dog}1="","",SUMPRODUCT(({dog}2:{dog}4<>"")')
    assert sheet.column_dimensions[openpyxl.utils.get_column_letter(header.index("export") + 1)].hidden
    assert sheet.freeze_panes


def test_merged_cells_say_their_value_everywhere(desk):
    path = desk.export("e.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["errors"]
    at = sheet.max_column + 1
    sheet.cell(1, at, "fog")
    sheet.cell(2, at, "x")
    sheet.merge_cells(start_row=2, end_row=3, start_column=at, end_column=at)
    book.save(path)
    merged = desk.take(path)
    assert merged.values == [("a", "fog", True), ("b", "fog", True)]
    assert "Merged cells" in merged.notes[0]


def test_a_formula_without_a_value_is_refused(desk):
    path = desk.export("e.xlsx")
    book = openpyxl.load_workbook(path)
    at = [c.value for c in book["errors"][1]].index("dog") + 1
    book["errors"].cell(3, at, '=IF(1,"x","")')
    book.save(path)
    with pytest.raises(UserError, match="formula"):
        desk.take(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(tmp_path, encoding, delimiter):
    path = tmp_path / "x.csv"
    path.write_text(f"id{delimiter}Größe\na{delimiter}x\n\nb{delimiter}\n", encoding=encoding)
    cells = read_sheet(path)
    assert cells.headers == ("id", "Größe")
    assert cells.rows == (("a", "x"), ("b", ""))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.xlsx", b"no workbook", "cannot be read"),
        ("x.csv", b"\x00\x01\x02", "no CSV"),
        ("x.csv", b"", "empty"),
        ("x.csv", b"\n\n", "empty"),
        ("x.ods", b"x", ".xlsx"),
    ],
)
def test_files_that_are_no_sheet(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said):
        merge(read_sheet(tmp_path / name), state([]), {}, "ann")
    with pytest.raises(UserError, match="no such sheet"):
        read_sheet(tmp_path / "gone.csv")


def test_columns():
    kinds = {"Incorrectly Labeled": "incorrectly_labelled", "Comments": "comment", "y_true": None, "meta_age": None,
             "Image": None, "File name": None, "great cat": "tag", "export": "export"}  # fmt: skip
    assert {header: column_of(header) for header in kinds} == kinds


def test_a_sheet_of_somebody_else_is_read_as_one_s_own(desk):
    path = desk.export()
    desk.who = "bob"
    merged = desk.take(path)
    assert {v for v in merged.values if v[1] != "comment"} == {
        ("a", "dog", True),
        ("b", "dog", True),
        ("b", "blurry", True),
    }
    assert "not removed" in merged.notes[0]


def test_a_sheet_made_elsewhere_needs_no_more_than_ids():
    cells = Cells("t.csv", ("Image", "dog"), (("1.jpg", "x"), ("2.jpg", "")), (2, 3), ("A", "B"))
    merged = merge(cells, state([]), {}, "ann")
    assert merged.values == [("1.jpg", "dog", True), ("1.jpg", "reviewed", True), ("2.jpg", "reviewed", True)]
    assert not merged.labels_checked
