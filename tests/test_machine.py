"""dlx doctor: each line has a status, and a remedy where it is not ok."""

from __future__ import annotations

import pytest

from dlx import machine


def by_name(**options) -> dict[str, machine.Condition]:
    return {one.name: one for one in machine.doctor(**{"devices": False} | options)}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLX_DATA", raising=False)


def test_this_machine_can_run_its_own_tests():
    found = by_name()
    assert found["Python"].status == "ok"
    assert found["tensorflow"].status != "fail"
    assert {"memory", "disk", "runs", "MLflow", "telemetry", "DLX_DATA"} <= set(found)
    for one in found.values():
        assert (one.remedy == "") == (one.status == "ok"), one


def test_the_tested_versions_are_exact_and_name_no_address():
    tested = machine.tested_versions()
    assert {"tensorflow", "keras", "mlflow", "typer", "pydantic"} <= set(tested)
    assert all(version[0].isdigit() for version in tested.values())


def test_a_missing_and_an_untested_library(monkeypatch):
    monkeypatch.setattr(machine, "_WATCHED", ("no-such-library", "typer"))
    monkeypatch.setattr(machine, "tested_versions", lambda: {"typer": "0.0.1"})
    found = by_name()
    assert found["no-such-library"].status == "fail"
    assert "pip install no-such-library" in found["no-such-library"].remedy
    assert found["typer"].status == "warn"
    assert "0.0.1" in found["typer"].remedy


def test_little_memory_and_disk(monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: 10**9)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 10**8})())
    found = by_name()
    assert found["memory"].status == "warn"
    assert found["disk"].status == "fail"


def test_a_server_that_does_not_answer_and_telemetry(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:secret@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    found = by_name()
    assert found["MLflow"].status == "warn"
    assert "dlx sync" in found["MLflow"].remedy
    assert "secret" not in found["MLflow"].value
    assert found["telemetry"].status == "warn"


def test_folders(tmp_path, monkeypatch):
    (tmp_path / "runs" / "a").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "run.json").write_text("{}")
    assert by_name()["runs"].value.startswith("1 in ")
    monkeypatch.setenv("DLX_DATA", "nowhere")
    assert by_name()["DLX_DATA"].status == "warn"
    (tmp_path / "file").touch()
    monkeypatch.setenv("DLX_RUNS", str(tmp_path / "file" / "runs"))
    assert by_name()["runs"].status == "fail"


@pytest.mark.tf
def test_devices_are_asked_in_a_process_of_their_own():
    assert by_name(devices=True)["devices"].status in ("ok", "warn")


def test_a_tensorflow_that_does_not_start(monkeypatch):
    monkeypatch.setattr(machine, "_DEVICES", "raise ImportError('broken')")
    found = by_name(devices=True)["devices"]
    assert found.status == "fail"
    assert "broken" in found.value
