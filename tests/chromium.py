"""A real browser for tests of pages; they are skipped where Chromium or its driver is not installed."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

BINARY = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)

needed = pytest.mark.skipif(not (BINARY and DRIVER), reason="Chromium and its driver are not installed")


def start(profile: Path):
    """A headless Chromium with a profile of its own; ``quit`` ends it."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = BINARY
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(DRIVER))


def screen(browser, width: int, height: int = 800, *, dark: bool = False) -> None:
    """The size of the window, and whether its user likes it dark."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})


def until(browser, script: str, seconds: float = 15) -> Any:
    """The value of an expression of JavaScript once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = browser.execute_script(f"return {script}")
        if found:
            return found
        time.sleep(0.02)
    shown = browser.execute_script("return document.body.innerText")
    raise AssertionError(f"never true: {script}\n{shown[:2_000]}\n{browser.get_log('browser')}")


def press(browser, *keys: str) -> None:
    """Keys, one after the other; a longer text is typed."""
    from selenium.webdriver.common.action_chains import ActionChains

    for key in keys:
        ActionChains(browser, duration=0).send_keys(key).perform()
