"""The report in a real browser: on a phone nothing is cut off, nothing is fetched, nothing complains, commands copy."""

from __future__ import annotations

from dataclasses import replace

import chromium
import pytest
from tagged import analysis, pictures

from dlx.reports.html import render

pytestmark = chromium.needed


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = chromium.BINARY
    for option in (*chromium.OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromium.DRIVER))
    yield driver
    driver.quit()


def show(browser, source, folder, *, width=375, dark=False):
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    for log in ("browser", "performance"):
        browser.get_log(log)  # what earlier pages said
    path = folder / "report.html"
    path.write_text(source, encoding="utf-8")
    browser.get(path.as_uri())


def long_names(made):
    """The same run with names that are too long for a phone."""
    name = "a-very-long-name-without-any-place-to-break-it-" * 3
    table = made.predictions.astype({"source": str, "y_true": str, "y_pred": str})
    table = table.assign(source=name + table["source"], y_true=name + table["y_true"], y_pred=name + table["y_pred"])
    scores = made.scores.assign(slice=made.scores["slice"].str.replace("=", f"={name}"))
    findings = [
        {"code": "x", "status": "issue", "title": name, "next_step": f"dlx train {name}", "evidence": {name: name}}
    ]
    actions = [{"knob": name, "reason": name, "command": f"dlx train {name} -s {name}=1"}]
    diagnosis = dict(made.diagnosis) | {"findings": findings, "actions": actions}
    worst = [
        {"id": name, "source": name, "y_true": name, "y_pred": name, "error": 1.0, "row": {name: name}, "text": name}
    ]
    info = dict(made.info) | {"note": name, "command": f"dlx train {name}"}
    return replace(
        made,
        predictions=table,
        scores=scores,
        diagnosis=diagnosis,
        worst=worst,
        info=info,
        title=name,
        classes=(),
        recipe_text=f"name: {name}",
    )


def with_tags(made, name="fog"):
    """The same run with its errors tagged."""
    return replace(made, errors=analysis({name: 43, "last one": 61}, wrong_labels=9), pictures=pictures())


@pytest.mark.parametrize("name", ["digits", "diabetes", "attributes", "foreign", "long"])
def test_nothing_overflows_on_a_phone(browser, made_up, tmp_path, name):
    contents = long_names(made_up["digits"]) if name == "long" else made_up[name]
    contents = with_tags(contents, "a-very-long-name-of-a-tag-without-any-place-to-break" if name == "long" else "fog")
    show(browser, render(contents), tmp_path)
    browser.execute_script("for (const box of document.querySelectorAll('details')) box.open = true")
    assert browser.execute_script("return window.innerWidth") == 375
    wide = browser.execute_script(
        "return [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, .command, svg')"
        " && e.getBoundingClientRect().right > 376).map(e => e.outerHTML.slice(0, 90))"
    )
    assert wide == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 375


def test_nothing_is_fetched_and_nothing_complains(browser, made_up, tmp_path):
    show(browser, render(with_tags(made_up["digits"])), tmp_path, width=1280, dark=True)
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    requests = [entry["message"] for entry in browser.get_log("performance") if "requestWillBeSent" in entry["message"]]
    assert not [message for message in requests if '"url":"http' in message]


def test_phone_and_desktop_have_a_ladder_each(browser, made_up, tmp_path):
    for width, kind in ((375, "narrow"), (600, "medium"), (1280, "wide")):
        show(browser, render(made_up["digits"]), tmp_path, width=width)
        shown = "return [...document.querySelectorAll('.ladder svg')].filter(e => e.getBoundingClientRect().width)"
        (ladder,) = browser.execute_script(shown)
        assert kind in ladder.get_attribute("class")


def test_light_and_dark_have_legible_text(browser, made_up, tmp_path):
    ratio = """
        const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
        const parts = c => c.match(/[\\d.]+/g).slice(0, 3).map(v => linear(v / 255));
        const light = c => { const [r, g, b] = parts(c); return .2126 * r + .7152 * g + .0722 * b; };
        const paper = light(getComputedStyle(document.body).backgroundColor);
        return [...document.querySelectorAll('h1, p, th, td, summary, dt, .badge, svg text:not(.digits)')].map(e => {
          const style = getComputedStyle(e), ink = light(e.closest('svg') ? style.fill : style.color);
          return [(Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05), e.textContent];
        }).filter(([contrast]) => contrast < 4.5);
    """
    for dark in (False, True):
        show(browser, render(with_tags(made_up["digits"])), tmp_path, width=1280, dark=dark)
        assert browser.execute_script(ratio) == []


def test_commands_can_be_copied(browser, made_up, tmp_path):
    show(browser, render(made_up["digits"]), tmp_path, width=1280)
    browser.execute_script("document.querySelector('.command button').click()")
    assert browser.execute_script("return getSelection().toString()") == "dlx report last --open"


def test_it_works_inside_a_sandboxed_frame(browser, made_up, tmp_path):
    (tmp_path / "inner.html").write_text(render(made_up["digits"]), encoding="utf-8")
    show(
        browser,
        '<iframe src="inner.html" sandbox="allow-scripts" width="600" height="700"></iframe>',
        tmp_path,
        width=1280,
    )
    browser.switch_to.frame(0)
    assert browser.execute_script("return document.querySelectorAll('.command button').length") > 0
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 600
    browser.switch_to.default_content()
