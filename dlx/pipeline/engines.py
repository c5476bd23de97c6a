"""Where the trials of a search run: processes of this machine, each with its GPU, or places on a Ray cluster."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlx.errors import UserError, unknown
from dlx.run import Run
from dlx.search.log import TrialLog

__all__ = ["Cluster", "cluster", "places", "threads", "workers"]

#: A worker is replaced after so many trials: TensorFlow keeps a little of each graph.
TRIALS_PER_WORKER = 100


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster that was joined: what it has, and what a trial takes of it."""

    resources: dict[str, float]
    per_trial: dict[str, float]


def cluster(engine: str, address: str | None, per_trial: Mapping[str, float] | None, *, join: bool) -> Cluster | None:
    if engine not in ("local", "ray"):
        raise unknown("engine", engine, ("local", "ray"), where="--engine")
    if engine == "local":
        if address is not None or per_trial:
            raise UserError("--address and --per-trial belong to --engine ray", value=address or per_trial)
        return None
    wanted = {"CPU": 1.0} | dict(per_trial or {})
    for kind, amount in wanted.items():
        if not amount > 0:
            raise UserError(
                "a trial takes more than nothing of a resource", value=f"{kind}={amount}", where="--per-trial"
            )
    if not join:
        return Cluster({}, wanted)
    from dlx.search.ray_engine import connect

    found = connect(address)
    for kind, amount in wanted.items():
        if found.get(kind, 0) < amount:
            raise UserError(
                f"the cluster has {found.get(kind, 0):g} of {kind}", value=f"{kind}={amount:g}", where="--per-trial"
            )
    return Cluster(found, wanted)


def places(cluster: Cluster | None) -> int:
    """Trials that fit beside one another."""
    if cluster is None or not cluster.resources:
        return _gpus() or _cores()
    return max(1, int(min(cluster.resources[kind] // amount for kind, amount in cluster.per_trial.items())))


def threads(cluster: Cluster | None, workers: int) -> int:
    return max(1, _cores() // workers) if cluster is None else max(1, int(cluster.per_trial["CPU"]))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _gpus() -> int:
    """NVIDIA GPUs that this process may use, without TensorFlow, which the parent of a search never loads."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    there = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
    return there if visible is None else min(there, len([one for one in visible.split(",") if one.strip()]))


def _environments() -> list[dict[str, str]]:
    """Each worker sees one GPU and takes of its memory no more than it needs: others may share it."""
    common = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible is not None else [str(n) for n in range(_gpus())]
    return [common | {"CUDA_VISIBLE_DEVICES": name.strip()} for name in names] if _gpus() > 1 else [common]


def workers(run: Run, count: int, cluster: Cluster | None, *, isolate: bool) -> Any:
    """Processes of this machine, or places on a cluster."""
    order = ("dlx.pipeline.trial:open_bench", "dlx.pipeline.trial:carry_out")
    setup = {"parent": str(run.path), "threads": TrialLog(run).facts["threads"]}
    jobs = 1 if isolate else TRIALS_PER_WORKER
    if cluster is None:
        from dlx.search.pool import Pool

        return Pool(*order, setup, workers=count, environments=_environments(), jobs=jobs)
    from dlx.search.ray_engine import RayPool

    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    return RayPool(*order, setup, workers=count, name=run.id, per_trial=cluster.per_trial, environment=quiet, jobs=jobs)
