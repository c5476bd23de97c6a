"""The page in a real browser: keys reach the log, two windows agree, a killed server loses nothing, nothing runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import chromium
import pandas as pd
import pytest
from chromium import press, screen, until
from PIL import Image

from dlx.tagging.frozen import Sample, save
from dlx.tagging.log import TagLog
from dlx.tagging.votes import VoteLog

pytestmark = chromium.needed

ENTER, ESCAPE = "\ue007", "\ue00c"
EVIL = "<img src=x onerror=\"document.title='executed'\"><script>document.title='executed'</script>"
SERVER = Path(__file__).with_name("page_server.py")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    driver = chromium.start(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.fixture
def folder(tmp_path):
    """Twelve examples: pictures, one missing and one broken, a text with markup and a sound of a second."""
    for i in range(12):
        Image.new("RGB", (20, 20), (20 * i, 0, 0)).save(tmp_path / f"{i}.png")
    (tmp_path / "3.png").unlink()
    (tmp_path / "4.png").write_bytes(b"no picture")
    with wave.open(str(tmp_path / "6.wav"), "wb") as sound:
        sound.setparams((1, 2, 8_000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    ids = [{5: "text", 6: "6.wav"}.get(i, f"{i}.png") for i in range(12)]
    table = pd.DataFrame({"id": ids, "example": ids, "kind": "error", "stratum": "errors", "p_inclusion": 0.1})
    table = table.assign(
        y_true="cat", y_pred="dog", meta_note=EVIL, meta_text=[None if i != "text" else EVIL for i in ids]
    )
    save(Sample(table, 120, 1_200, {"errors": 120}, classes=("cat", "dog", "fox")), tmp_path / "sample.parquet")
    return tmp_path


@pytest.fixture
def serving(folder, browser):
    """Starts a server, opens its page and gives the process; it is ended afterwards."""
    processes = []

    def start(kind="tags", *, width=1280, opened=True):
        environment = os.environ | {"DLX_CACHE": str(folder / "cache")}
        words = [sys.executable, str(SERVER), str(folder), kind]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder)
        processes.append(process)
        process.url = process.stdout.readline().strip()
        if opened:
            screen(browser, width)
            browser.get(process.url)
            until(browser, "document.body.dataset.ready")
        return process

    yield start
    browser.get("about:blank")
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def tags(folder) -> dict[str, list[str]]:
    state = TagLog(folder / "log.jsonl").state()
    return {example: sorted(review.tags) for (example, _), review in state.reviews.items()}


def review(folder, example):
    return TagLog(folder / "log.jsonl").state().review(example, "ann")


def settled(browser):
    """All that was said has been acknowledged."""
    until(browser, "!sessionStorage.getItem('dlx queue ' + location.pathname)")


def test_two_keys_for_an_error_with_one_tag_and_all_else_by_key_too(browser, folder, serving):
    serving()
    press(browser, "n", "dark", ENTER, ENTER)
    press(browser, "1", ENTER)
    press(browser, "1", " ")
    press(browser, "w", "do", ENTER, "?", "c", "no face", ENTER, ENTER)
    press(browser, ENTER, "1", "n", "old camera", ENTER, "u", "u")
    settled(browser)
    assert tags(folder) == {
        "0.png": ["dark"],
        "1.png": ["dark"],
        "2.png": ["dark"],
        "3.png": ["ambiguous"],
        "4.png": [],
    }
    wrong = review(folder, "3.png")
    assert (wrong.incorrectly_labelled, wrong.correct_label, wrong.comment) == (True, "dog", "no face")
    assert review(folder, "4.png").reviewed
    assert not review(folder, "text").done
    until(browser, "document.querySelector('#pace').textContent.startsWith('5 of 12 done')")
    press(browser, "w", "cow", ENTER)  # no such label: it stays open and says so
    assert "dog, fox" in until(browser, "document.querySelector('#prompt [role=status]').textContent")
    press(browser, ESCAPE, "k", "x")
    settled(browser)
    assert not review(folder, "4.png").done
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_two_windows_say_the_same(browser, folder, serving):
    server = serving()
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    browser.get(server.url)
    until(browser, "document.body.dataset.ready")
    press(browser, "n", "dark", ENTER)
    settled(browser)
    browser.switch_to.window(first)
    assert until(browser, "document.querySelector('.choice[aria-pressed=true] span')?.textContent") == "dark"
    press(browser, "1")  # off again
    settled(browser)
    browser.switch_to.window(browser.window_handles[1])
    until(browser, "document.querySelector('.choice[aria-pressed=false]')")
    browser.close()
    browser.switch_to.window(first)
    assert tags(folder) == {"0.png": []}


def test_a_server_that_is_killed_loses_no_key(browser, folder, serving):
    server = serving()
    press(browser, "n", "dark", ENTER, ENTER, "1", ENTER)
    settled(browser)
    server.send_signal(signal.SIGKILL)
    server.wait()
    press(browser, "1", ENTER, "?", "u", "n", "fog", ENTER, ENTER, "2", ENTER)  # the person does not stop
    until(browser, "document.querySelector('#trouble').textContent.includes('5 answers are kept in this window')")
    assert "dlx again" in browser.execute_script("return document.querySelector('#trouble').textContent")
    assert tags(folder) == {"0.png": ["dark"], "1.png": ["dark"]}
    again = serving(opened=False)
    assert again.url == server.url
    settled(browser)
    until(browser, "document.querySelector('#trouble').hidden")
    said = {name: ["dark"] for name in ("0.png", "1.png", "2.png")} | {"3.png": ["fog"], "4.png": ["fog"]}
    assert tags(folder) == said
    # the undo that was answered late does not take back to where it was said
    assert browser.execute_script("return document.querySelector('.place').textContent").startswith("6 of 12")


def test_keys_of_new_tags_are_the_logs_before_it_has_heard_of_them(browser, folder, serving):
    server = serving()
    server.send_signal(signal.SIGKILL)
    server.wait()
    press(browser, "?", ENTER, "n", "fog", ENTER, ENTER, "1", ENTER)  # "ambiguous" takes no number
    serving(opened=False)
    settled(browser)
    assert tags(folder) == {"0.png": ["ambiguous"], "1.png": ["fog"], "2.png": ["fog"]}


def test_nothing_that_was_written_executes(browser, folder, serving):
    log = TagLog(folder / "log.jsonl")
    evil = EVIL[:78]
    log.write([("0.png", evil, True), ("0.png", "comment", EVIL), ("text", "fog", True)], reviewer="ann")
    serving()
    press(browser, "k", "k", "k", "k", "k")
    until(browser, "document.querySelector('.comment')")
    press(browser, "j", "j", "j", "j", "j")
    assert until(browser, "document.querySelector('.reading')?.textContent") == EVIL
    for key in ("g", "g", "q", ESCAPE, "/"):
        press(browser, key)
        time.sleep(0.2)
    press(browser, EVIL[:30], ENTER)
    names = "[...document.querySelectorAll('.choice span')].map(e => e.textContent)"
    assert evil in until(browser, names)
    assert browser.title != "executed"
    assert browser.execute_script("return document.querySelectorAll('img[src=x], main script').length") == 0
    with pytest.raises(Exception, match="TrustedHTML"):
        browser.execute_script("document.body.innerHTML = '<b>x</b>'")


def test_what_cannot_be_seen_says_why_and_can_be_tagged(browser, folder, serving):
    serving()
    until(browser, "document.querySelector('#stage img.coarse')")  # few pixels, shown as such
    assert (
        browser.execute_script("return document.querySelector('.bars .said').textContent") == "dog70\N{NO-BREAK SPACE}%"
    )
    press(browser, "j", "j", "j")
    assert "no file 3.png" in until(browser, "document.querySelector('#stage .nothing')?.textContent")
    press(browser, "j")
    assert "4.png cannot be shown" in until(
        browser, "document.querySelector('[data-example=\"4.png\"] .nothing')?.textContent"
    )
    press(browser, "n", "lost", ENTER)
    settled(browser)
    press(browser, "j", "j")
    assert until(browser, "document.querySelector('#stage audio')?.duration") == 1.0
    assert tags(folder) == {"4.png": ["lost"]}


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_everything_can_be_touched(browser, folder, serving, dark):
    TagLog(folder / "log.jsonl").write([("1.png", "a-tag-whose-name-has-no-place-to-break-" * 2, True)], reviewer="ann")
    serving(width=375)
    screen(browser, 375, dark=dark)
    for mode in ("single", "grid", "finish"):
        browser.execute_script(f"dispatchEvent(new CustomEvent('mode', {{detail: '{mode}'}}))")
        time.sleep(0.3)
        wide = browser.execute_script(
            "return [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, dialog')"
            " && e.getBoundingClientRect().right > 376).map(e => e.outerHTML.slice(0, 90))"
        )
        assert wide == [], mode
    browser.execute_script("dispatchEvent(new CustomEvent('mode', {detail: 'single'}))")
    small = browser.execute_script(
        "return [...document.querySelectorAll('#side .choice, #side .actions button')]"
        ".filter(e => e.getBoundingClientRect().height < 40).map(e => e.textContent)"
    )
    assert small == []
    browser.execute_script(
        "document.querySelector('.choice').click(); document.querySelector('.actions .main').click()"
    )
    settled(browser)
    assert len(tags(folder)["0.png"]) == 1
    until(browser, "document.querySelector('.place').textContent.startsWith('3 of')")  # 1.png is done already
    for kind, places in (("touchStart", [300]), ("touchMove", [200]), ("touchMove", [100]), ("touchEnd", [])):
        points = [{"x": x, "y": 300} for x in places]
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    until(browser, "document.querySelector('.place').textContent.startsWith('4 of')")
    ratio = """
        const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
        const parts = c => c.match(/[\\d.]+/g).slice(0, 3).map(v => linear(v / 255));
        const light = c => { const [r, g, b] = parts(c); return .2126 * r + .7152 * g + .0722 * b; };
        const ground = e => { const c = getComputedStyle(e).backgroundColor;
          return c === 'rgba(0, 0, 0, 0)' && e.parentElement ? ground(e.parentElement) : c; };
        const all = [...document.querySelectorAll('button, dt, dd, h1, h2, #pace, .place')];
        return all.filter(e => e.textContent).map(e => {
          const ink = light(getComputedStyle(e).color), paper = light(ground(e));
          return [(Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05), e.textContent];
        }).filter(([contrast]) => contrast < 4.5);
    """
    assert browser.execute_script(ratio) == []


def test_a_stroke_over_the_grid_paints_many_and_is_one_undo(browser, folder, serving):
    from selenium.webdriver.common.action_chains import ActionChains

    TagLog(folder / "log.jsonl").write([("11.png", "dark", True)], reviewer="ann")
    serving()
    press(browser, "g")
    until(browser, "document.querySelectorAll('.cell').length === 12")
    cells = browser.find_elements("css selector", ".cell")
    stroke = ActionChains(browser, duration=0).move_to_element(cells[0]).click_and_hold()
    for cell in cells[1:4]:
        stroke.move_to_element(cell)
    stroke.release().perform()
    settled(browser)
    assert {name for name, had in tags(folder).items() if had == ["dark"]} == {f"{i}.png" for i in (0, 1, 2, 3, 11)}
    press(browser, "u")
    settled(browser)
    until(browser, "document.querySelectorAll('.cell.on').length === 1")
    assert tags(folder) == {"11.png": ["dark"]}
    press(browser, "\ue014", " ", ENTER)  # right, space, and one large
    until(browser, "document.querySelector('#stage')")
    settled(browser)
    assert set(tags(folder)) == {"1.png", "11.png"}


def test_renaming_searching_and_finishing(browser, folder, serving):
    server = serving()
    press(browser, "n", "dark", ENTER, ENTER, "n", "night", ENTER, ENTER)
    settled(browser)
    browser.execute_script("[...document.querySelectorAll('.facts button')].at(-1).click()")
    field = browser.find_element("css selector", "input[aria-label='new name of night']")
    field.clear()
    field.send_keys("dark" + ENTER)
    settled(browser)
    press(browser, ESCAPE)
    assert tags(folder) == {"0.png": ["dark"], "1.png": ["dark"]}
    press(browser, "/", "dark", ENTER, ESCAPE, "/", "9.pn", ENTER)
    until(browser, "document.querySelector('.place').textContent.startsWith('1 of 1')")
    press(browser, "1", ESCAPE, "q")
    row = until(browser, "document.querySelector('.summary tbody tr')?.innerText")
    assert row.split()[:2] == ["dark", "3"]
    assert "100.0\N{NO-BREAK SPACE}%" in row
    browser.find_element("id", "end").click()
    assert server.wait(10) == 0
    assert server.stdout.read() == "ended\n"
    assert "can be closed" in browser.execute_script("return document.body.innerText")


@pytest.mark.parametrize(
    ("kind", "keys", "kept"),
    [
        ("one", ["1", "3", "u", "2", ENTER, "n", "fox", ENTER], ["cat", "dog", "", "fox"]),
        ("many", ["1", "3", ENTER, ENTER, "2", ENTER], ['["cat", "fox"]', "[]", '["dog"]']),
        ("number", ["2,5", ENTER, ENTER, "many", ENTER, "\ue003" * 4 + "7", ENTER], ["2.5", "", "7"]),
    ],
)
def test_a_desk_of_labels(browser, folder, serving, kind, keys, kept):
    serving(kind)
    until(browser, "document.querySelector('#stage figure')")
    assert browser.execute_script("return document.querySelectorAll('.verdict, .bars').length") == 0  # blind
    for key in keys:
        time.sleep(0.05)
        press(browser, key)
        if key == "u":
            settled(browser)
            until(browser, "document.querySelector('.place').textContent.startsWith('2 of')")
    settled(browser)
    votes = VoteLog(folder / "log.jsonl").votes()
    assert [votes[f"{i}.png", "ann"].label for i in range(len(kept))] == kept
    assert len(votes) == len(kept)
