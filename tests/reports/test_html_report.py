"""The HTML report as a document: whole, self-contained, safe, and true to what was computed."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import fields, replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from dlx.reports._contents import Contents
from dlx.reports.html import render
from dlx.strategy.rungs import TITLES

VOID = {"meta", "link", "img", "br", "hr", "input"}
EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Tags in order, their attributes, the text, and whether every tag that was opened was closed in its turn."""

    def __init__(self, source: str):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts, self.open, self.faults = [], [], [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def headings(self, source: str) -> list[str]:
        return re.findall(r"<h2>(.*?)</h2>", source)


def test_every_tag_is_closed_and_the_verdict_comes_first(contents):
    source = render(contents)
    page = Page(source)
    assert page.faults == []
    assert page.open == []
    assert source.lstrip().lower().startswith("<!doctype html>")
    assert page.tags.count("h1") == 1
    assert page.tags.index("h1") < page.tags.index("svg")
    assert contents.diagnosis["verdict"]["reason"].replace(" %", "\N{NO-BREAK SPACE}%") in " ".join(page.texts)


def test_nothing_is_fetched(contents):
    page = Page(render(contents))
    links = [
        value for _, name, value in page.attributes if name in ("src", "href", "srcset", "action", "data", "poster")
    ]
    assert all(value.startswith("data:") for value in links)
    assert not {"iframe", "object", "embed", "base", "form"} & set(page.tags)
    style = re.search(r"<style>(.*?)</style>", render(contents), re.S)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_only_its_own_script_may_run(contents):
    source = render(contents)
    page = Page(source)
    scripts = re.findall(r"<script>(.*?)</script>", source, re.S)
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = next(v for _, name, v in page.attributes if name == "content" and "default-src" in v)
    assert len(scripts) == 1
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]


def test_every_rung_and_gap_of_the_json_appears(contents):
    text = Page(render(contents)).text
    for rung in contents.diagnosis["rungs"]:
        assert TITLES[rung["name"]] in text
    for gap in contents.diagnosis["gaps"]:
        assert TITLES[gap["name"]] in text


def test_numbers_are_those_of_the_json(made_up):
    text = Page(render(made_up["digits"])).text.replace("\N{NO-BREAK SPACE}", " ")
    for said in (
        "29.1 %",
        "0.20 %",
        "+27.1 points",
        "[24.0, 30.3]",
        "n = 898",
        "> 99 %",
        "A constant guess (always '1') has an error of 90.0 % [87.9, 91.8] on dev.",
    ):
        assert said in text


def test_user_text_is_never_markup():
    frame = pd.DataFrame(
        {
            "predictor": "model",
            "id": ["1", "2"],
            "split": "dev",
            "source": EVIL,
            "y_true": [EVIL, "b"],
            "y_pred": ["b", EVIL],
            "error": [1.0, 1.0],
        }
    )
    scores = pd.DataFrame(
        [
            (EVIL if i else "model", "error", "dev", s, 0.5, 0.1, 0.9, 2)
            for i in range(2)
            for s in ("all", f"class={EVIL}", f"source={EVIL}", "source=b", f"meta_{EVIL}=1")
        ],
        columns=["predictor", "metric", "split", "slice", "value", "low", "high", "n"],
    )
    rung = {"name": "dev", "error": 0.5, "low": 0.1, "high": 0.9, "n": 2, "basis": EVIL, "source": EVIL}
    finding = {"code": "x", "title": EVIL, "status": "issue", "evidence": {EVIL: EVIL}, "next_step": f"dlx {EVIL}"}
    diagnosis = {
        "rungs": [rung],
        "gaps": [],
        "verdict": {"status": EVIL, "focus": [EVIL], "reason": f"`{EVIL}` {EVIL}"},
        "findings": [finding, finding | {"code": "worse_than_baseline"}, finding | {"status": "passed"}],
        "actions": [{"knob": EVIL, "reason": EVIL, "command": EVIL}],
        "metric": EVIL,
        "unit": EVIL,
        "bounded": True,
        "task": "classification",
        "human": [{"group": EVIL, "error": 0.1, "source": EVIL}],
        "baseline": None,
    }
    worst = [
        {
            "id": EVIL,
            "source": EVIL,
            "y_true": EVIL,
            "y_pred": EVIL,
            "error": 0.5,
            "row": {EVIL: EVIL},
            "text": EVIL,
            "caption": EVIL,
            "image": EVIL,
        }
    ]
    info = dict.fromkeys(
        ("id", "name", "note", "command", "device", "git_commit", "recipe", "started", "platform"), EVIL
    )
    data = {
        "sizes": {EVIL: 3},
        "class_balance": {EVIL: {"train": 3}},
        "sources": {EVIL: {"train": 3}},
        "notes": [EVIL],
        "warnings": [EVIL],
        "set_aside": EVIL,
        "label_range": {},
        "groups": {},
    }
    contents = Contents(
        diagnosis,
        scores,
        frame,
        [{"epoch": 1, "loss": 1.0}],
        data,
        info | {"versions": {EVIL: EVIL}},
        {},
        EVIL,
        worst,
        [EVIL],
        EVIL,
    )
    source = render(contents)
    page = Page(source)
    assert page.tags.count("script") == 1
    assert page.tags.count("img") == 0
    assert page.faults == []
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert "<script>alert" not in source
    assert page.text.count("alert('x')") > 20


@pytest.mark.parametrize(
    "image",
    [
        "https://example.org/x.png",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:text/html;base64,AAAA",
        'data:image/png;base64,AA" onload="alert(1)',
        "javascript:alert(1)",
    ],
)
def test_only_raster_pictures_that_are_in_the_page_are_shown(made_up, image):
    base = made_up["digits"]
    page = Page(render(replace(base, worst=[dict(base.worst[0], image=image)])))
    assert "img" not in page.tags


def test_pictures_of_few_pixels_stay_sharp(made_up):
    assert render(made_up["digits"]).count('<img class="coarse" src="data:image/png') == 12


def test_what_is_missing_is_absent():
    source = render(Contents({"verdict": {"status": "undetermined", "focus": [], "reason": "No rung."}}))
    page = Page(source)
    assert page.headings(source) == []
    assert page.faults == []
    assert "svg" not in page.tags


@pytest.mark.parametrize(
    "name", [f.name for f in fields(Contents) if f.name not in ("diagnosis", "predictor", "title")]
)
def test_each_part_may_be_missing(made_up, name):
    default = next(f for f in fields(Contents) if f.name == name)
    empty = default.default_factory() if callable(default.default_factory) else default.default
    whole = made_up["digits"]
    page = Page(render(replace(whole, **{name: empty})))
    assert page.faults == []
    assert TITLES["data_mismatch"] in page.text


def test_sections_of_each_task(made_up):
    heads = {name: Page(source).headings(source) for name, source in ((n, render(c)) for n, c in made_up.items())}
    assert "Which classes are confused" in heads["digits"]
    assert "Predicted and true" in heads["diabetes"]
    assert "Label by label" in heads["attributes"]
    assert "Learning curves" not in heads["foreign"]
    assert "The run" not in heads["foreign"]
    assert "The data" not in heads["foreign"]


def test_a_model_no_better_than_the_baseline_is_said_before_the_verdict(made_up):
    base = made_up["digits"]
    finding = {
        "code": "worse_than_baseline",
        "title": "No better than a constant guess.",
        "status": "issue",
        "next_step": "",
    }
    source = render(replace(base, diagnosis=dict(base.diagnosis) | {"findings": [finding]}))
    assert source.index("No better than a constant guess.") < source.index("<h1>")


def test_commands_are_whole_and_can_be_copied(made_up):
    source = render(made_up["digits"])
    assert '<div class="command"><code>dlx train digits-shift -s data.target_in_train=0.5</code></div>' in source
    assert '<div class="command"><code>dlx train digits-shift -s train.learning_rate=3e-4</code></div>' in source


def test_rows_do_not_matter_in_their_order(made_up):
    base = made_up["digits"]
    shuffled = base.predictions.sample(frac=1, random_state=0)
    assert render(replace(base, predictions=shuffled)) == render(base)


def test_the_test_set_is_kept_out_of_error_analysis(made_up):
    base = made_up["digits"]
    test = base.predictions[base.predictions["split"] == "dev"].assign(split="test", y_pred="0", error=1.0)
    more = pd.concat([base.predictions.astype({"split": object}), test], ignore_index=True)
    assert "235 errors among 898 examples of dev" in render(replace(base, predictions=more))
