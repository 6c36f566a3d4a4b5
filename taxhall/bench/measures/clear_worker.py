"""The device worker clearing disks, against the same worker doing nothing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from django.conf import settings

from clearcard import services, tasks
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices import services as device_services
from taxhall.bench.cases import approved_cases
from taxhall.bench.disks import StandInDisks
from taxhall.bench.errors import BenchError
from taxhall.bench.hotspots import where_the_time_goes
from taxhall.bench.measure import Measure
from taxhall.bench.programs import running
from taxhall.bench.scene import Scene
from taxhall.bench.worker import app, do_nothing, report_back
from taxhall.embedded.processes import becomes_true

QUEUE = "devices"
HANDS = 2  # as many as the hall's own device worker has
REMOTE_SECONDS = 10.0
DRAIN_SECONDS = 120
WORKER = ["celery", "-A", "taxhall.bench.worker", "worker", "-Q", QUEUE, "-n", "device@bench", "--loglevel", "INFO"]


class ClearWorker(Measure):
    """A real worker process with the hall's settings and two hands empties a full queue on a real broker.

    Product: each message is one approved case. The worker claims the command, reads the disk, has its request
    signed and stored, notes that it sends, sends, verifies the receipt, moves the window, writes the certificate
    and the notice: the whole of clearcard.execute_clear.

    Floor: as many messages to the same worker, queue and settings, each for a task that does nothing.

    Left out is the card: a stand-in answers inside the worker (see StandInDisks), and its time counts against the
    product. Filling the queue is left out on both sides; the clock runs from the worker's word to begin until both
    hands are through the last message.
    """

    name = "clear-worker"
    what = "clear disks without card time / drain as many empty Celery tasks"
    unit = "tasks/s"
    target = 0.4
    size = 400

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Start the worker and let each hand do both kinds of work once."""
        self.scene = Scene(self.folder)
        self.broker = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2 * DRAIN_SECONDS)
        command = [*WORKER, "--concurrency", str(HANDS)]
        with self.broker, running("worker", command, logs=self.folder, is_ready=_answers) as self.worker:
            self._drain(do_nothing, range(2 * HANDS))
            self._clear(approved_cases(self.scene, 2 * HANDS))
            self.fit(self._clear(approved_cases(self.scene, 8 * HANDS)), 8 * HANDS)
            yield

    def floor(self) -> float:
        """Drain empty tasks and return how many a second."""
        return self.count / self._drain(do_nothing, range(self.count))

    def product(self) -> float:
        """Clear disks and return how many a second."""
        return self.count / self._clear(approved_cases(self.scene, self.count))

    def explain(self) -> list[str]:
        """Say where one clear spends its time, in this process."""
        times = 20
        waiting = iter(approved_cases(self.scene, 2 * times))
        with device_services.use_card_host(StandInDisks(self.folder)):
            return where_the_time_goes(lambda: services.execute_clear(case_id=next(waiting)), times=times)

    def _clear(self, cases: list[int]) -> float:
        seconds = self._drain(tasks.execute_clear, cases)
        cleared = ClearCardCase.objects.filter(pk__in=cases, status=CaseStatus.CLEARED, certificate__isnull=False)
        # The last one may still be at work while the other hand reports.
        if not becomes_true(lambda: cleared.count() == len(cases), seconds=REMOTE_SECONDS):
            raise BenchError(f"{cleared.count()} of {len(cases)} disks were cleared\n{self.worker.last_words()}")
        return seconds

    def _drain(self, task: Any, ids: Iterable[int]) -> float:
        """Fill the queue while nobody consumes it, then return how long the worker takes to empty it."""
        key = f"bench:{uuid.uuid4().hex}"
        self._tell(app.control.cancel_consumer)
        for each in ids:
            task.apply_async(args=(str(each),), queue=QUEUE)
        for _ in range(HANDS):
            report_back.apply_async(args=(key,), queue=QUEUE)
        started = time.perf_counter()
        self._tell(app.control.add_consumer)
        for _ in range(HANDS):
            if self.broker.blpop([key], timeout=DRAIN_SECONDS) is None:
                raise BenchError(f"the queue is not empty after {DRAIN_SECONDS} s\n{self.worker.last_words()}")
        return time.perf_counter() - started

    def _tell(self, order: Callable[..., Any]) -> None:
        if not order(QUEUE, reply=True, limit=1, timeout=REMOTE_SECONDS):
            raise BenchError(f"the worker does not take orders\n{self.worker.last_words()}")


def _answers() -> bool:
    return bool(app.control.ping(timeout=1.0, limit=1))
