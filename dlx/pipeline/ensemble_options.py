"""The ways to answer that ``dlx ensemble`` holds against each other: their outputs on dev, and their prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlx.comparison._candidates import Candidate
from dlx.ensembles import Option, Price, Scoring, Tried, together
from dlx.errors import UserError
from dlx.pipeline.joined import Loaded, joined, prices_of
from dlx.pipeline.views import Views

if TYPE_CHECKING:
    from dlx.pipeline.work import Work
    from dlx.run import Run

__all__ = ["Options"]

Step = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """Each member, each with views, all of them, all with views.

    Attributes:
        found: the members.
        plain: their outputs on dev, (n, classes) or (n, 1), as their tables have them.
        looks: the views; None without.
        loaded: their models; None where they are not needed or not there.
        scoring: the rows that are scored.
        work: the data; None where they are not needed.
        homes: the members' runs; None for tables.
    """

    found: Sequence[Candidate]
    plain: Sequence[np.ndarray]
    looks: Views | None
    loaded: Loaded | None
    scoring: Scoring
    work: Work | None
    homes: Sequence[Run | None]

    def steps(self, price: bool) -> int:
        """Steps of :meth:`tried`, for a progress bar."""
        asked = 0 if self.looks is None else len(self.found)
        return asked + (len(self._timed()) if price and self.loaded is not None else 0)

    def tried(self, *, price: bool, step: Step) -> tuple[list[Tried], str, list[str]]:
        """The options with outputs and prices, the device that these were measured on, and what is not known.

        Args:
            price: whether to measure latencies.
            step: called after each step, with what it was.
        """
        viewed = [] if self.looks is None else self._viewed(step)
        if price and self.loaded is not None:
            prices, device, notes = self._measured(step)
        else:
            prices, device, notes = self._recorded(), "", [self._unmeasured(price)]
        names, made = tuple(each.name for each in self.found), []
        ending = "" if self.looks is None else f", {self.looks.name}"
        for said, views, with_views in ((self.plain, 1, False), (viewed, self._count, True)):
            for i, outputs in enumerate(said):
                name = f"{names[i]}{ending if with_views else ''}"
                made.append(Tried(_option(name, (names[i],), views, prices[(i,), with_views]), outputs))
        for said, views, with_views in ((self.plain, 1, False), (viewed, self._count, True)):
            if len(said) > 1:
                name = f"ensemble of {len(names)}{ending if with_views else ''}"
                option = _option(name, names, views, prices[self._all, with_views])
                made.append(Tried(option, np.mean(said, axis=0)))
        return made, device, notes

    @property
    def _all(self) -> tuple[int, ...]:
        return tuple(range(len(self.found)))

    @property
    def _count(self) -> int:
        return 1 if self.looks is None else self.looks.count

    def _keys(self) -> list[tuple[tuple[int, ...], bool]]:
        """(positions of members, with views) of each option."""
        sets = [(i,) for i in self._all] + ([self._all] if len(self.found) > 1 else [])
        return [
            (each, with_views) for with_views in ((False,) if self.looks is None else (False, True)) for each in sets
        ]

    def _timed(self) -> list[tuple[tuple[int, ...], bool]]:
        apart = bool(self.loaded.misfit())
        return [key for key in self._keys() if not (apart and len(key[0]) > 1)]

    def _viewed(self, step: Step) -> list[np.ndarray]:
        """Each member's outputs on dev, averaged over the views, in the order of the rows that are scored."""
        import pandas as pd

        from dlx import device

        task, dev, said = self.work.task, self.work.part("dev"), []
        units = task.units(dev, self.loaded.descriptions[0]["targets"])
        place = pd.Index(units["id"].astype(str)).get_indexer(self.scoring.units["id"].astype(str))
        if (place < 0).any():
            raise UserError("dev has other examples than when this run was trained", where=self.loaded.runs[0].id)
        for run, model, told in zip(self.loaded.runs, self.loaded.models, self.loaded.descriptions, strict=True):
            looking = joined([model], self.loaded.inputs, self.looks, "views")
            with device.memory_errors("out of memory while answering", "Use a larger machine, or fewer views."):
                raw = task.decode(looking, dev, told["targets"], batch_size=self.loaded.batch(dev, self.looks))
            # a two-class model gives one number and a row both probabilities: the task's rows say what was meant
            rows = task.rows(units, raw, told["targets"])
            answers = np.stack(rows["proba"].to_list()) if "proba" in rows else rows["y_pred"].to_numpy()[:, None]
            said.append(np.asarray(answers, dtype="float64")[place])
            step(f"{run.name}: {self.looks.name}")
        return said

    def _measured(self, step: Step) -> tuple[dict[tuple[tuple[int, ...], bool], Price], str, list[str]]:
        loaded, keys = self.loaded, self._timed()
        sizes = [_bytes(run) / 1e6 for run in loaded.runs]
        made = []
        for members, with_views in keys:
            models, inputs = [loaded.models[i] for i in members], loaded.inputs_of(members[0])
            alone = len(models) == 1 and not with_views
            model = models[0] if alone else joined(models, inputs, self.looks if with_views else None, "all")
            made.append((model, inputs, sum(sizes[i] for i in members)))
        measured, device = prices_of(made, lambda _: step("measuring latency"))
        prices = self._recorded() | dict(zip(keys, measured, strict=True))
        misfit = loaded.misfit()
        note = f"The latency of all together is not known: they cannot be one model, for {misfit}."
        return prices, device, [note] if misfit else []

    def _recorded(self) -> dict[tuple[tuple[int, ...], bool], Price]:
        """What the runs know of themselves; nobody knows how long several take, or several views."""
        sizes = [{} if _bytes(run) is None else {"model_bytes": _bytes(run)} for run in self.homes]
        own = [Price.of(each.info | size) for each, size in zip(self.found, sizes, strict=True)]
        known = {key: together([own[i] for i in key[0]]) for key in self._keys()}
        return known | {((i,), False): price for i, price in enumerate(own)}

    def _unmeasured(self, price: bool) -> str:
        if not price:
            return "Latency was not measured, as asked; times are those that the runs recorded, where they did."
        lacking = [each.name for each, run in zip(self.found, self.homes, strict=True) if _bytes(run) is None]
        rest = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        return f"Latency was not measured, for want of the model of {lacking[0]}{rest}."


def _bytes(run: Run | None) -> int | None:
    return run.file("model.keras").stat().st_size if run is not None and run.has("model.keras") else None


def _option(name: str, members: tuple[str, ...], views: int, price: Price) -> Option:
    return Option(name, members, views, float("nan"), None, None, True, (), price)
