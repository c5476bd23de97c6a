"""A search on a Ray cluster of three nodes on this machine, all on loopback: one node is killed in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.tf]
pytest.importorskip("ray", reason="Ray is not installed (dlx[ray])")

#: The head has no cores, so trials run on the two others. One of these is killed once both are in the middle of a fit.
SCRIPT = """
import json, sys, threading, time, glob
from ray.cluster_utils import Cluster
import dlx

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
assert cluster.address.startswith("127.0.0.1:"), cluster.address

def kill_one():
    while len(glob.glob("runs/*/trials/*/history.jsonl")) < 2:
        time.sleep(0.05)
    cluster.remove_node(nodes[1], allow_graceful=False)

threading.Thread(target=kill_one, daemon=True).start()
found = dlx.tune("digits", sys.argv[1:], trials=4, workers=2, strategy="random", engine="ray",
                 address=cluster.address, track=False, quiet=False)
print(json.dumps(found.to_dict()))
cluster.shutdown()
"""
SMALL = ["train.epochs=40", "model={builder: mlp, units: [8]}"]


def test_the_trial_of_a_lost_node_goes_on_elsewhere(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # its own address is then loopback
    monkeypatch.setenv("RAY_health_check_failure_threshold", "2")
    monkeypatch.setenv("RAY_health_check_period_ms", "500")
    script = tmp_path / "search.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), *SMALL], cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    shown = json.loads(done.stdout.splitlines()[-1])
    assert [trial["status"] for trial in shown["trials"]] == ["complete"] * 4
    assert "died" in done.stderr
    assert len(list(tmp_path.glob("runs/*/trials/*"))) == 4, "it goes on in the folder it had begun"


def test_without_a_cluster_it_says_how_to_start_one(tmp_path: Path) -> None:
    order = [sys.executable, "-m", "dlx", "tune", "digits", "--engine", "ray", "--address", "127.0.0.1:1"]
    done = subprocess.run(order, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2, done.stderr
    assert "ray start --head" in done.stderr
    assert not (tmp_path / "runs").exists()
