"""The same as :mod:`dlx.search.pool` on a Ray cluster: a trial is a task, and a lost node is a worker that died."""

from __future__ import annotations

import importlib
import os
import socket
import traceback
from collections.abc import Mapping
from typing import Any

from dlx.errors import DlxError, UserError
from dlx.search.pool import Event

__all__ = ["RayPool", "connect"]

#: What a Ray worker keeps between the tasks of one search; each search has processes of its own (``runtime_env``).
_KEPT: dict[str, Any] = {}


def connect(address: str | None) -> dict[str, float]:
    """Join a cluster, or start one on this machine.

    Args:
        address: ``auto`` for the cluster that this machine belongs to, ``HOST:PORT`` of its head, or ``ray://…``; None
            starts one of this machine's cores, reached through loopback only.

    Returns:
        what the cluster has: ``CPU``, ``GPU``, ``memory`` …

    Raises:
        UserError: Ray is not installed, or no cluster answers.
    """
    if address is None or address.startswith("127."):
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # Ray then takes loopback for its own address
    try:
        import ray
    except ImportError as error:
        hint = "Install it: pip install 'dlx[ray]'"
        raise UserError("Ray is not installed", value="ray", where="--engine", hint=hint) from error
    if not ray.is_initialized():
        quiet: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
        try:
            if address is None:
                ray.init(address="local", include_dashboard=False, **quiet)
            else:
                _knock(address)
                ray.init(address=address, **quiet)
        except (OSError, ValueError, RuntimeError) as error:
            hint = "Start one: `ray start --head` here, `ray start --address=HOST:6379` on the other machines."
            first = str(error).strip().partition("\n")[0]
            raise UserError(f"no Ray cluster answers: {first}", value=address, where="--address", hint=hint) from error
    return dict(ray.cluster_resources())


def _knock(address: str) -> None:
    """Find in seconds that nobody is there: Ray tries for minutes.

    Raises:
        OSError: no answer.
        ValueError: no port.
    """
    host, found, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto" or not found:
        return
    socket.create_connection((host, int(port)), timeout=5).close()


class RayPool:
    """Tasks on a cluster, with the face of :class:`dlx.search.pool.Pool`; there are no notes on the way.

    Args:
        start: ``package.module:function`` that a worker process calls first.
        function: ``package.module:function`` of one job.
        setup: arguments of ``start``.
        workers: tasks at a time.
        name: of the search: its worker processes serve no other.
        per_trial: resources of one task: ``CPU``, ``GPU``, ``memory`` or those that the cluster's nodes name.
        environment: variables of the worker processes.
        jobs: a worker process ends after so many tasks; None for never.
    """

    def __init__(
        self,
        start: str,
        function: str,
        setup: Mapping[str, Any],
        *,
        workers: int,
        name: str,
        per_trial: Mapping[str, float],
        environment: Mapping[str, str],
        jobs: int | None = None,
    ):
        import ray

        self._order, self._workers = (start, function, dict(setup)), workers
        own = {kind: amount for kind, amount in per_trial.items() if kind not in ("CPU", "GPU", "memory")}
        options: dict[str, Any] = {
            "num_cpus": per_trial.get("CPU", 1),
            "num_gpus": per_trial.get("GPU", 0),
            "max_retries": 0,  # the search retries, counts and says so
            "runtime_env": {"env_vars": dict(environment) | {"DLX_SEARCH": name}},
        }
        options |= {"memory": per_trial["memory"]} if "memory" in per_trial else {}
        options |= {"resources": own} if own else {}
        self._task = ray.remote(max_calls=jobs or 0)(_carry_out).options(**options)
        self._running: dict[Any, Any] = {}

    def __enter__(self) -> RayPool:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: Any) -> None:
        self.stop()

    @property
    def free(self) -> int:
        """Tasks that can be begun now."""
        return self._workers - len(self._running)

    @property
    def busy(self) -> list[Any]:
        """Keys of the jobs that are being done, or wait for a place on the cluster."""
        return list(self._running.values())

    def submit(self, key: Any, job: Any) -> None:
        """Begin a job; see :meth:`dlx.search.pool.Pool.submit`."""
        self._running[self._task.remote(self._order, job)] = key

    def wait(self, timeout: float | None = None) -> list[Event]:
        """What has ended since; waits for one, at most ``timeout`` seconds."""
        import ray

        ready, _ = ray.wait(list(self._running), num_returns=1, timeout=timeout)
        return [_event(task, self._running.pop(task)) for task in ready]

    def stop(self) -> None:
        """End all tasks and leave the cluster; one that was started for this search ends."""
        import ray

        for task in self._running:
            ray.cancel(task, force=True)
        self._running = {}
        ray.shutdown()


def _event(task: Any, key: Any) -> Event:
    import ray

    try:
        kind, value = ray.get(task)
    except ray.exceptions.RayTaskError as error:
        return Event("error", key, str(error))
    except ray.exceptions.RayError as error:  # process, node or its memory is gone
        return Event("died", key, str(error).strip().partition("\n")[0])
    return Event(kind, key, value)


def _carry_out(order: tuple[str, str, dict[str, Any]], job: Any) -> tuple[str, Any]:
    """One task, in a worker process of the cluster."""
    start, function, setup = order
    if "state" not in _KEPT:
        try:
            _KEPT["state"] = _named(start)(**setup)
        except Exception as error:  # noqa: BLE001 - it is told to the parent
            return "broken", str(error) if isinstance(error, DlxError) else traceback.format_exc()
    try:
        return "done", _named(function)(_KEPT["state"], job, lambda note: None)
    except Exception:  # noqa: BLE001 - it is told to the parent
        return "error", traceback.format_exc()


def _named(name: str):
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
