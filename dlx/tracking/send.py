"""Send a run folder to MLflow: one function for the end of training and for years later; twice changes nothing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dlx.errors import UserError
from dlx.run import Run, now
from dlx.tracking import contents
from dlx.tracking.contents import Point, milliseconds
from dlx.tracking.inputs import dataset_inputs
from dlx.tracking.model import log_model
from dlx.tracking.store import experiment, public_uri, store_uri, trouble

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["Copy", "digest", "open_copy", "search", "send"]

_STATUS = {"complete": "FINISHED", "failed": "FAILED", "interrupted": "KILLED", "dead": "KILLED", "running": "RUNNING"}
_METRICS, _PARAMS = 1000, 100  # per batch, MLflow's limits
_T = TypeVar("_T")


@dataclass(frozen=True)
class Copy:
    """The MLflow run that holds the copy of a run folder.

    Attributes:
        client: MLflow's client.
        run: the run folder.
        run_id: MLflow's id of the run.
        experiment_id: MLflow's id of its experiment.
        known: what MLflow has already: metric → step → value; grows as points are sent.
    """

    client: MlflowClient
    run: Run
    run_id: str
    experiment_id: str
    known: dict[str, dict[int, float]]

    def points(self, points: Sequence[Point]) -> None:
        """Send the points that MLflow does not have yet: an epoch repeated after ``kill -9`` counts once.

        A value that has changed since (a run evaluated anew) is sent with the present time, so that MLflow shows it.
        """
        from mlflow.entities import Metric

        new, present = [], milliseconds(now())
        for point in points:
            known = self.known[point.key].get(point.step)
            if known != point.value:
                self.known[point.key][point.step] = point.value
                new.append(Metric(*(point if known is None else point._replace(timestamp=present))))
        for batch in _batches(new, _METRICS):
            self.client.log_batch(self.run_id, metrics=batch)


def open_copy(client: MlflowClient, run: Run) -> Copy:
    """Find the run's copy by the tag ``dlx.run_id``, or begin one with the time at which the run was started.

    Raises:
        UserError: somebody deleted it in MLflow; that is respected.
    """
    found = search(client, f"tags.`dlx.run_id` = '{run.id}'")
    deleted = [one for one in found if one.info.lifecycle_stage == "deleted"]
    if deleted and len(deleted) == len(found):
        hint = f"`mlflow runs restore --run-id {deleted[0].info.run_id}` brings it back."
        raise UserError("this run was deleted in MLflow", value=run.id, where=public_uri(store_uri()), hint=hint)
    active = [one for one in found if one.info.lifecycle_stage != "deleted"]
    if active:
        one = min(active, key=lambda candidate: (candidate.info.start_time, candidate.info.run_id))
        known = _known(client, one)
    else:
        one, known = _begin(client, run), defaultdict(dict)
    return Copy(client, run, one.info.run_id, one.info.experiment_id, known)


def search(client: MlflowClient, question: str) -> list[Any]:
    """MLflow runs of all experiments that answer the question, deleted ones too."""
    from mlflow.entities import ViewType

    experiments = [one.experiment_id for one in client.search_experiments(view_type=ViewType.ACTIVE_ONLY)]
    return list(client.search_runs(experiments, question, run_view_type=ViewType.ALL)) if experiments else []


def _known(client: MlflowClient, one: Any) -> dict[str, dict[int, float]]:
    known: dict[str, dict[int, float]] = defaultdict(dict)
    for key in one.data.metrics:
        history = client.get_metric_history(one.info.run_id, key)
        for metric in sorted(history, key=lambda given: given.timestamp):
            known[key][metric.step] = metric.value
    return known


def _begin(client: MlflowClient, run: Run) -> Any:
    tags = {"dlx.run_id": run.id, "mlflow.source.type": "LOCAL", "mlflow.source.name": "dlx"}
    parent = _parent(client, run)
    if parent is not None:
        experiment_id, tags["mlflow.parentRunId"] = parent.experiment_id, parent.run_id
    else:
        experiment_id = experiment(client, run.info.get("recipe") or "dlx")
    return client.create_run(
        experiment_id, start_time=contents.start_time(run), tags=tags, run_name=contents.title(run)
    )


def _parent(client: MlflowClient, run: Run) -> Copy | None:
    """The copy of the search that a trial belongs to; begun here if the trial is sent first."""
    name = run.info.get("parent")
    if not name:
        return None
    for folder in (run.path.parent.parent, run.path.parent / str(name)):
        if folder.name == name and (folder / "run.json").exists():
            return open_copy(client, Run(folder))
    return None


def send(client: MlflowClient, run: Run, copy: Copy | None = None) -> dict[str, Any]:
    """Bring MLflow up to what the run folder holds, and write ``mlflow.json``: where the copy is and what it has.

    Parameters, metrics, tags, data set inputs, files and the model are sent once each; then the MLflow run gets the
    state and the time at which the run ended.

    Raises:
        UnreachableError: MLflow stopped answering; what it has got stays, the rest goes next time.
        UserError: the run or its experiment was deleted in MLflow.
    """
    with trouble(store_uri()):
        copy = copy or open_copy(client, run)
        before = _before(run, copy.run_id)
        points, _ = contents.epochs(run.read_lines("history.jsonl"), run)
        copy.points(points)
        copy.points(contents.measures(run))
        there = client.get_run(copy.run_id)
        _params(copy, there.data.params)
        _tags(copy, there.data.tags)
        _inputs(copy, there)
        files = _files(copy, before.get("files", {}))
        model_id = log_model(client, run, copy.run_id)
        _close(copy)
    record = {"store": public_uri(store_uri()), "experiment_id": copy.experiment_id, "run_id": copy.run_id}
    record |= {"model_id": model_id, "state": run.state(), "files": files, "complete": True}
    if {**before, "sent": None} != {**record, "sent": None}:
        run.write_json("mlflow.json", record | {"sent": now()})
    return record


def _before(run: Run, run_id: str) -> dict[str, Any]:
    """What ``mlflow.json`` says of this very copy; nothing, if it tells of another store's."""
    before = run.read_json("mlflow.json", default={})
    same = before.get("run_id") == run_id and before.get("store") == public_uri(store_uri())
    return before if same else {}


def _params(copy: Copy, there: dict[str, str]) -> None:
    from mlflow.entities import Param

    new = [Param(key, value) for key, value in contents.params(copy.run).items() if key not in there]
    for batch in _batches(new, _PARAMS):  # what MLflow has it never lets change
        copy.client.log_batch(copy.run_id, params=batch)


def _tags(copy: Copy, there: dict[str, str]) -> None:
    from mlflow.entities import RunTag

    wanted = contents.tags(copy.run)
    new = [RunTag(key, value) for key, value in wanted.items() if there.get(key) != value]
    for batch in _batches(new, _PARAMS):
        copy.client.log_batch(copy.run_id, tags=batch)
    for key in there:
        if key in {"dlx.error", "dlx.not_finite"} and key not in wanted:  # a resumed run may have got over it
            copy.client.delete_tag(copy.run_id, key)


def _inputs(copy: Copy, there: Any) -> None:
    listed = there.inputs.dataset_inputs if there.inputs else []
    known = {(given.dataset.name, given.dataset.digest) for given in listed}
    new = [given for given in dataset_inputs(copy.run) if (given.dataset.name, given.dataset.digest) not in known]
    if new:
        copy.client.log_inputs(copy.run_id, new)


def _files(copy: Copy, known: dict[str, str]) -> dict[str, str]:
    """Upload the files whose content MLflow has not got; returns name → BLAKE2b."""
    sent = {}
    for name in contents.files(copy.run):
        path = copy.run.file(name)
        sent[name] = digest(path)
        if known.get(name) != sent[name]:
            folder = Path(name).parent.as_posix()
            copy.client.log_artifact(copy.run_id, str(path), None if folder == "." else folder)
    return sent


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _close(copy: Copy) -> None:
    status = _STATUS[copy.run.state()]
    info = copy.client.get_run(copy.run_id).info
    if status == "RUNNING":
        if info.status != status:
            copy.client.update_run(copy.run_id, status=status)
        return
    end = contents.end_time(copy.run)
    if (info.status, info.end_time) != (status, end):
        copy.client.set_terminated(copy.run_id, status, end)


def _batches(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
