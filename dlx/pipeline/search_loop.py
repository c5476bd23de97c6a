"""The loop of a search: ask the strategy, hand trials to workers, write down what comes back; a kill costs nothing."""

from __future__ import annotations

import math
import shlex
import statistics
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from dlx.errors import DlxError
from dlx.run import Run
from dlx.search import FINISHED, STOP, WAIT, Space, Trial, apply, key
from dlx.search.log import TrialLog
from dlx.search.pool import Event

if TYPE_CHECKING:
    from dlx.pipeline.search_progress import SearchProgress
    from dlx.recipe import Recipe
    from dlx.search import Strategy
    from dlx.search.pool import Pool

__all__ = ["Search"]

#: A trial whose worker died is begun again so often.
RETRIES = 2
#: The median rule: judged from this epoch on, and from this share of all epochs on, against so many finished trials.
WARM_UP, WARM_UP_SHARE, FEWEST = 3, 0.2, 5


class Search:
    """One search that is being carried out.

    Args:
        run: its folder.
        recipe: the recipe that is searched.
        space: what may be tried.
        strategy: what to try next.
        stop_hopeless: end trials by the median rule: a trial ends when its best dev error so far is above the median of
            what the finished trials had reached by the same epoch (Golovin et al. 2017, section 3.2.2). Never before
            epoch 3, nor in the first fifth of the epochs, nor before five trials are finished.
        budget: seconds after which no trial begins; those that run are finished.
        progress: shown meanwhile.
    """

    def __init__(
        self,
        run: Run,
        recipe: Recipe,
        space: Space,
        strategy: Strategy,
        *,
        stop_hopeless: bool,
        budget: float | None,
        progress: SearchProgress,
    ):
        self.run, self.recipe, self.space, self.strategy = run, recipe, space, strategy
        self.stop_hopeless, self.budget, self.progress = stop_hopeless, budget, progress
        self.log = TrialLog(run)
        self.trials = {trial.number: trial for trial in self.log.trials()}
        self.stopped: str | None = None
        self._waiting = [n for n, trial in self.trials.items() if trial.status == "running" and trial.of is None]
        for number in self._waiting:
            self._find_folder(self.trials[number])
        self._deaths: Counter[int] = Counter()
        self._curves: dict[int, list[float]] = {}
        self._began, self._over = time.monotonic(), False

    def go(self, pool: Pool) -> str | None:
        """Carry out all trials.

        Returns:
            ``budget`` if time ran out before all trials had begun, else None.

        Raises:
            DlxError: the workers cannot start, or the disk is full.
        """
        while True:
            self._settle()
            self._hand_out(pool)
            self.progress.show(list(self.trials.values()), running=len(pool.busy))
            if not pool.busy:
                return self.stopped
            for event in pool.wait(0.5):
                self._take(event)

    def _hand_out(self, pool: Pool) -> None:
        while pool.free and (number := self._next()) is not None:
            pool.submit(number, self._job(self.trials[number]))

    def _next(self) -> int | None:
        """The next trial to begin; None when there is none now."""
        if self.budget is not None and time.monotonic() - self._began > self.budget:
            self.stopped = None if self._over and not self._waiting else "budget"
            return None
        if self._waiting:
            return self._waiting.pop(0)
        while not self._over:
            number = len(self.trials)
            asked = self.strategy.ask(number, [self.trials[n] for n in sorted(self.trials)])
            if asked == WAIT:
                return None
            if asked == STOP:
                self._over = True
                return None
            trial = Trial(
                number, dict(asked.params), stage=asked.stage, continues=asked.continues,
                epochs=asked.epochs or asked.params.get("train.epochs") or self.recipe.train["epochs"],
                seed=self.recipe.train["seed"], of=self._same(asked.params, asked.epochs, asked.continues),
            )  # fmt: skip
            self._write(trial)
            if trial.of is None:
                return number
            self._settle()
        return None

    def _same(self, params: dict[str, Any], epochs: int | None, continues: int | None) -> int | None:
        """The first trial with the same settings; it is not trained twice."""
        if continues is not None:
            return None
        name, epochs = key(params), epochs or params.get("train.epochs") or self.recipe.train["epochs"]
        for trial in self.trials.values():
            if trial.of is None and trial.continues is None and trial.epochs == epochs and key(trial.params) == name:
                return trial.number
        return None

    def _settle(self) -> None:
        """Trials that are another's double have its score as soon as it has one."""
        for trial in list(self.trials.values()):
            if trial.status != "running" or trial.of is None:
                continue
            first = self.trials[trial.of]
            if first.status in FINISHED:
                status = "duplicate" if first.score is not None else first.status
                reason = f"the same settings as trial {first.number}"
                self._write(
                    trial, status=status, score=first.score, feasible=first.feasible, reason=reason, seconds=0.0
                )

    def _job(self, trial: Trial) -> dict[str, Any]:
        overrides = apply(self.recipe, trial.params)
        if trial.epochs != (trial.params.get("train.epochs") or self.recipe.train["epochs"]):
            overrides.append(f"train.epochs={trial.epochs}")  # hyperband gives a part of them
        facts = self.log.facts
        words = [*facts["train"], *[word for text in overrides for word in ("-s", text)]]
        earlier = None if trial.continues is None else self.trials[trial.continues].run
        return {
            "number": trial.number,
            "overrides": overrides,
            "run": trial.run,
            "continues": earlier,
            "keep": self.log.facts["settings"]["strategy"] == "hyperband",
            "medians": self._medians() if self.stop_hopeless else None,
            "command": shlex.join([*words, "-s", f"train.threads={facts['threads']}"]),
        }

    def _medians(self) -> dict[int, float] | None:
        """Epoch → median, over finished trials, of the best dev error until then."""
        curves = [self._curve(trial) for trial in self.trials.values() if trial.status == "complete"]
        if len(curves) < FEWEST:
            return None
        first = max(WARM_UP, math.ceil(WARM_UP_SHARE * self.recipe.train["epochs"]))
        longest = max(map(len, curves))
        bests = {e: [min(curve[:e]) for curve in curves if len(curve) >= e] for e in range(first, longest)}
        return {epoch: statistics.median(best) for epoch, best in bests.items() if len(best) >= FEWEST}

    def _curve(self, trial: Trial) -> list[float]:
        if trial.number not in self._curves:
            history = Run(self.run.path / "trials" / str(trial.run)).read_lines("history.jsonl")
            self._curves[trial.number] = [record["val_error"] for record in history if "val_error" in record]
        return self._curves[trial.number]

    def _take(self, event: Event) -> None:
        """Write down what a worker said."""
        if event.kind == "broken" or event.job is None:
            raise DlxError(f"the workers of this search cannot start: {event.value}", where=self.run.id)
        trial = self.trials[event.job]
        if event.kind == "note":
            if "run" in event.value and event.value["run"] != trial.run:
                self._write(trial, run=event.value["run"])
            elif "epoch" in event.value:
                self.progress.epoch(trial, event.value)
        elif event.kind == "done":
            self._done(trial, event.value)
        elif event.kind == "error":
            last = str(event.value).strip().splitlines()[-1]
            self._write(trial, status="failed", reason=last, extra={"traceback": event.value})
            self.progress.say(f"Trial {trial.number} failed: {last}")
        else:
            self._died(trial, event.value)

    def _done(self, trial: Trial, result: dict[str, Any]) -> None:
        if result["status"] == "halt":  # nothing that another trial would get over
            raise DlxError(result["reason"])
        score = result.get("score")
        if result["status"] == "complete" and (score is None or not math.isfinite(score)):
            result |= {"status": "failed", "score": None, "reason": f"its score is {score}"}
        names = ("status", "run", "score", "feasible", "seconds", "reason")
        self._write(trial, **{name: result.get(name) for name in names}, extra=result.get("extra") or {})
        if result["status"] == "failed":
            self.progress.say(f"Trial {trial.number} failed: {result['reason']}")

    def _find_folder(self, trial: Trial) -> None:
        """The folder of a trial whose worker, or parent, was gone before its name was written down."""
        if trial.run is not None:
            return
        for file in self.run.path.glob("trials/*/run.json"):
            if Run(file.parent).info.get("trial") == trial.number:
                self._write(trial, run=file.parent.name)

    def _died(self, trial: Trial, why: str) -> None:
        self._find_folder(trial)
        trial = self.trials[trial.number]
        self._deaths[trial.number] += 1
        if self._deaths[trial.number] <= RETRIES:
            self.progress.say(f"The worker of trial {trial.number} died ({why}); another one goes on with the trial.")
            self._waiting.append(trial.number)
            return
        reason = f"its worker died {self._deaths[trial.number]} times: {why}"
        self._write(trial, status="failed", reason=reason)
        self.progress.say(f"Trial {trial.number} failed: {reason}")
        if trial.run and Run(self.run.path / "trials" / trial.run).has("run.json"):
            Run(self.run.path / "trials" / trial.run).finish("failed", error=reason)

    def _write(self, trial: Trial, **changes: Any) -> None:
        self.trials[trial.number] = self.log.write(trial, **changes)
