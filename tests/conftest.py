"""For all tests: quick ones first, nothing of the caller's environment, the same examples every time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
settings.register_profile("dlx", deadline=None, derandomize=True)
settings.load_profile("dlx")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests without a model fit come first: a fault in them shows in seconds."""
    items.sort(key=lambda item: bool(item.get_closest_marker("tf")) + 2 * bool(item.get_closest_marker("slow")))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DLX_RUNS", "DLX_CACHE", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of data that has to be fetched; the test is skipped where it is not."""
    folder = Path(os.environ.get("DLX_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no fetched data: {folder} is not there (DLX_DATA)")
    return folder
