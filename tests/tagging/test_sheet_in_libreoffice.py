"""The workbook in a spreadsheet program: its totals are the counts that come out of the import."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections import Counter

import openpyxl
import pandas as pd
import pytest

from dlx.tagging.frozen import Sample
from dlx.tagging.log import TagLog
from dlx.tagging.merge import merge
from dlx.tagging.sheet import grid, read_sheet, write_sheet

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed"),
]


def test_totals_are_what_the_import_counts(tmp_path):
    ids = [f"e{i}" for i in range(12)]
    table = pd.DataFrame({"id": ids, "example": ids, "kind": "error", "y_true": "cat", "y_pred": "dog"})
    sample, log = Sample(table, 30, 300, {"errors": 30}, classes=("cat", "dog")), TagLog(tmp_path / "tags.jsonl")
    log.write([("e0", "dark", True), ("e1", "reviewed", True)], reviewer="ann")
    path = tmp_path / "e.xlsx"
    write_sheet(grid(sample, log.state(), "ann", log.mark(reviewer="ann", sheet="e.xlsx")), path)
    book = openpyxl.load_workbook(path)
    sheet = book["errors"]
    header = [cell.value for cell in sheet[1]]
    dark, fog = header.index("dark") + 1, header.index("export") + 2
    sheet.cell(1, fog, "fog")
    for row, value in enumerate(["x", "no", 0, False, True, 1, "yes", "n", "-", "✓", None, None], start=2):
        sheet.cell(row, fog, value)
    for row, value in ((5, "no"), (6, "x"), (13, "x")):
        sheet.cell(row, dark, value)
    book.save(path)
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", str(tmp_path), str(path)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with (tmp_path / "e.csv").open(encoding="utf-8", newline="") as file:
        lines = {line[0]: line for line in csv.reader(file)}
    now = log.state()
    merged = merge(read_sheet(path), now, {}, "ann", ids=set(ids), classes=sample.classes)
    log.write(merged.values, reviewer="ann")
    reviews = [log.state().review(example, "ann") for example in ids]
    counts = Counter(tag for review in reviews for tag in review.tags)
    done = sum(review.done for review in reviews)
    assert counts == {"fog": 5, "dark": 3}
    assert done == 11  # all but one row says something
    for name, expected in (("fog", counts["fog"]), ("dark", counts["dark"]), ("reviewed", done)):
        column = fog - 1 if name == "fog" else header.index(name)
        assert lines["count"][column] == str(expected), name
    assert lines["% of reviewed"][fog - 1] == "45.5%"
