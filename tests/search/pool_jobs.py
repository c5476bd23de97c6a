"""What the workers of test_pool do: a job is a number and what becomes of it."""

from __future__ import annotations

import os
import signal
import time


def start(first: int) -> dict:
    return {"first": first, "jobs": 0, "pid": os.getpid()}


def cannot_start() -> None:
    from dlx.errors import UserError

    raise UserError("the data are gone", where="here")


def work(state: dict, job: dict, say) -> dict:
    state["jobs"] += 1
    if job.get("note"):
        say(job["note"])
    if job.get("print"):
        print("this is not a result")
    if job.get("raise"):
        raise ValueError(job["raise"])
    if job.get("die"):
        os.kill(os.getpid(), signal.SIGKILL)
    if job.get("file"):
        with open(job["file"], "a") as file:
            file.write(f"{os.getpid()}\n")
    time.sleep(job.get("sleep", 0))
    said = {"sum": state["first"] + job["n"], "jobs": state["jobs"], "pid": state["pid"]}
    return said | ({"variable": os.environ[job["variable"]]} if "variable" in job else {})
