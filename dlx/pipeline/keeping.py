"""``dlx ensemble --save``: the average as a run like any other, with one Keras model, a table, a verdict, a report."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.run import Run

if TYPE_CHECKING:
    import keras

    from dlx.ensembles import Ensemble
    from dlx.pipeline.joined import Loaded
    from dlx.pipeline.views import Views
    from dlx.pipeline.work import Work

__all__ = ["keep"]


def keep(
    name: str, typed: str, loaded: Loaded, work: Work, views: Views | None, found: Ensemble, *, track: bool
) -> tuple[Run, str]:
    """Write the run folder; whatever goes wrong on the way, none is left.

    Its recipe is that of the first member: it says data, task and goal, which all members share.

    Args:
        name: what the run is called.
        typed: the command that does the same again.
        loaded: the members' models.
        work: their data.
        views: how each picture is looked at.
        found: the judgement.
        track: copy the run to MLflow.

    Returns:
        the run, and what became of its copy in MLflow.

    Raises:
        UserError: the name is taken.
        DlxError: memory or disk ran out.
    """
    from dlx import housekeeping, reporting, runs, tracking

    began, first = time.monotonic(), loaded.runs[0].info
    told = {key: first.get(key) for key in ("data_digest", "label_overlay", "split_digest")}
    told |= {"views": None, "crop": None} if views is None else {"views": views.name, "crop": views.crop}
    told |= {"members": [each.id for each in loaded.runs], "trained_by": first.get("command")}
    recipe = work.recipe["name"]
    run = runs.create(f"{recipe}-ensemble", recipe=recipe, kind="ensemble", command=typed, **told)
    try:
        _write(run, typed, loaded, work, views, found)
        housekeeping.rename(run, name)  # late, so that one that was killed does not hold the name
        run.finish("complete", seconds=time.monotonic() - began)
        reporting.report(run)  # under that name
    except BaseException:
        run.discard()
        raise
    if not track:
        return run, f"not copied, as asked; `dlx sync {run.id}` does it later"
    return run, tracking.follow(run).wait()


def _write(run: Run, typed: str, loaded: Loaded, work: Work, views: Views | None, found: Ensemble) -> None:
    from dlx import device, predicting
    from dlx.learning import Learned
    from dlx.pipeline import judging
    from dlx.pipeline.joined import joined

    def as_learned(model: keras.Model) -> Learned:
        return Learned(model, [], {}, 0.0, False)

    model = joined(loaded.models, loaded.inputs, views, work.recipe["name"])
    batch = loaded.batch(work.part("dev"), views)
    told = loaded.descriptions[0]
    work.keep(run)
    run.write_text(
        "recipe.yaml", f"# {typed}\n# data, task and goal of all members; model and train of the first\n{work.text}"
    )
    run.update(device=device.device_in_use(), parameters=model.count_params(), batch_size=batch)
    with device.memory_errors("out of memory while answering", "Use a larger machine, or fewer members or views."):
        targets = judging.write_predictions(run, work, as_learned(model), told["targets"], batch)
        # what the first member sees in an example stands for all: an average has no features of its own
        judging.write_features(run, work, as_learned(loaded.models[0]), batch)
    description = predicting.describe(told["task"], targets, loaded.inputs, told["kind"], told["reading"])
    predicting.save(model, run.path, description)
    _check(run, loaded)
    run.write_json("ensemble.json", found.to_dict())
    run.update(**_facts(run, found))
    judging.judge(run)


def _facts(run: Run, found: Ensemble) -> dict[str, Any]:
    """What the goal may limit, as :func:`dlx.pipeline.facts.measure` writes it."""
    whole = [each for each in found.options if len(each.members) == len(found.members)][-1]
    facts = whole.price.facts() | {"model_bytes": run.file("model.keras").stat().st_size}
    if "latency_ms" in facts:
        facts["latency_ms"] |= {"batch_size": 1, "device": found.device}
    facts.pop("parameters", None)
    return facts


def _check(run: Run, loaded: Loaded) -> None:
    """The file has to load again as dlx loads all models, before anybody relies on it.

    Raises:
        UserError: it does not, because a member holds what cannot be saved.
    """
    from dlx import predicting

    made = predicting.load_model(run.file("model.keras"))
    if made.count_params() != sum(model.count_params() for model in loaded.models):
        raise UserError("the joined model does not load as it was saved", value=run.id, hint="Please report this.")
