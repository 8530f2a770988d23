"""All jobs of the tenant. They run on an event loop of their own, so that no client waits for them."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devo_sandbox import wire_errors
from devo_sandbox.queries.counted import Counted
from devo_sandbox.queries.job import Job, Status, restored

if TYPE_CHECKING:
    from devo_sandbox.queries.answer import Answer

log = logging.getLogger(__name__)
Launch = Callable[[dict[str, Any]], "Answer"]
# Each that runs asks the tables again and again.
MOST = 1000
END_S = 5
FAILED = "Error Processing Query"
NOT_FOUND, STATUS_NOT_CHANGED, NOT_RUNNING = 100, 101, 108
MESSAGES = {
    NOT_FOUND: "Task not found",
    STATUS_NOT_CHANGED: "Cannot change the status of task",
    NOT_RUNNING: "Cannot stop task a non running task",
}


class JobError(Exception):
    """Devo's code for what cannot be done to a job.

    :param job: as it stays, None when there is no such job.
    """

    def __init__(self, code: int, job: dict[str, Any] | None = None) -> None:
        super().__init__(MESSAGES[code])
        self.code = code
        self.job = job


class Jobs:
    """The jobs, in the order they came.

    :param file: where they last; None forgets them with the process.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._running: dict[str, Future[None]] = {}
        self._jobs: dict[str, Job] = {}
        if file is not None and file.exists():
            stored = [restored(job) for job in json.loads(file.read_text(encoding="utf-8"))]
            self._jobs = {job.id: job for job in stored}

    def resume(self, launch: Launch) -> None:
        """Start again what ran when the tenant was closed."""
        with self._changing():
            for job in self._jobs.values():
                if job.status in {Status.PAUSED, Status.RUNNING}:
                    self._restart(job, launch)

    def add(self, name: str, fields: dict[str, Any], answer: Answer) -> dict[str, Any]:
        """Run a query in the background; return the job.

        :raises WireError: when there are too many; how Devo says so is not documented.
        """
        with self._changing():
            if len(self._jobs) >= MOST:
                raise wire_errors.bad_parameters(f"{MOST} jobs are there already, remove some")
            job = Job(str(uuid.uuid4()), name, fields)
            self._jobs[job.id] = job
            self._run(job, answer)
            return job.shown()

    def get(self, job_id: str) -> dict[str, Any]:
        """Return one job."""
        with self._lock:
            return self._find(job_id).shown()

    def all(self) -> list[dict[str, Any]]:
        """Return all jobs."""
        with self._lock:
            return [job.shown() for job in self._jobs.values()]

    def stop(self, job_id: str) -> dict[str, Any]:
        """Stop a running job."""
        with self._changing():
            job = self._find(job_id)
            if job.status != Status.RUNNING:
                raise JobError(NOT_RUNNING, job.shown())
            self._end(job, Status.STOPPED)
            return job.shown()

    def start(self, job_id: str, launch: Launch) -> dict[str, Any]:
        """Let a stopped job go on from its last date."""
        with self._changing():
            job = self._find(job_id)
            if job.status != Status.STOPPED:
                raise JobError(STATUS_NOT_CHANGED, job.shown())
            self._restart(job, launch)
            return job.shown()

    def remove(self, job_id: str) -> dict[str, Any]:
        """Stop a job if it runs, and forget it."""
        with self._changing():
            job = self._find(job_id)
            self._end(job, Status.REMOVED)
            del self._jobs[job_id]
            return job.shown()

    def close(self) -> None:
        """Pause what runs and end the thread."""
        if self._closed:
            return
        self._closed = True
        with self._changing():
            for job in self._jobs.values():
                if job.status == Status.RUNNING:
                    self._end(job, Status.PAUSED)
        if self._loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(_ended(), self._loop).result(END_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(END_S)
            self._loop.close()
            self._loop = None

    def _find(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise JobError(NOT_FOUND)
        return self._jobs[job_id]

    def _restart(self, job: Job, launch: Launch) -> None:
        job.errors = []
        try:
            self._run(job, launch(job.remaining()))
        except wire_errors.WireError as error:
            job.errors = [str(text) for text in error.body.get("object", [])]
            job.settle(Status.STOPPED)

    def _run(self, job: Job, answer: Answer) -> None:
        job.counter = answer.writer if isinstance(answer.writer, Counted) else None
        job.status = Status.RUNNING
        self._running[job.id] = asyncio.run_coroutine_threadsafe(self._read(job, answer), self._own_loop())

    def _end(self, job: Job, status: Status) -> None:
        if (running := self._running.pop(job.id, None)) is not None:
            running.cancel()
        job.settle(status)

    async def _read(self, job: Job, answer: Answer) -> None:
        counter = job.counter
        failed: str | None = None
        try:
            async for _ in answer.stream():
                pass
        except Exception:
            log.exception("A job failed")
            failed = FAILED
        with self._changing():
            # Otherwise it was stopped, and may even run anew.
            if counter is not None and job.counter is counter:
                failed = failed or counter.failed
                job.errors = [failed] if failed else []
                job.settle(Status.STOPPED if failed else Status.COMPLETED)
                self._running.pop(job.id, None)

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox-jobs", daemon=True)
            self._thread.start()
        return self._loop

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock:
            yield
            if self._file is not None:
                partial = self._file.with_suffix(".partial")
                partial.write_text(
                    json.dumps([job.stored() for job in self._jobs.values()]), encoding="utf-8"
                )
                partial.replace(self._file)


async def _ended() -> None:
    """Wait until every job on this loop has noticed that it was cancelled."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
