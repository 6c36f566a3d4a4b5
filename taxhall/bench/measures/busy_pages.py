"""Pages of filing under twenty readers at once, against a bare table under the same server and the same readers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.conf import settings
from django.test import Client
from django.urls import reverse

from filing import services
from taxhall.bench.bare import BARE_PATH
from taxhall.bench.hotspots import where_the_time_goes
from taxhall.bench.measures.invoice_list import InvoiceList, signed_in
from taxhall.bench.scene import Scene
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.embedded.processes import LOOPBACK

READERS = 20
_P95 = 0.95


class BusyPages(InvoiceList):
    """Twenty readers ask a real gunicorn with two processes for pages, each the next as soon as it has one.

    Product: the pages an accountant has open in the season, in turn: desk, returns, a return that is filled in, the
    reports, the calendar. Floor: a bare table by the same readers on the same server. The figure is the time within
    which 95 of 100 answers came, waiting for a free process included. Nothing is left out.
    """

    name = "busy-pages"
    what = "p95 of filing's pages under 20 readers / of a bare table under the same"
    unit = "ms"
    target = 10.0
    better = "lower"
    size = 400

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Begin a return, sign its owner in, start the server and read every page once."""
        scene = Scene(self.folder)
        company = scene.companies(1, period=TaxPeriod.of_month(clock.today()))[0]
        membership = scene.member(company.taxpayer)
        month = TaxPeriod.of_month(clock.today()).previous()
        draft = services.start_return(actor=membership.user, taxpayer=company.taxpayer, period=month)
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={signed_in(membership)}"
        self.bare_path = f"{BARE_PATH}?taxpayer={company.taxpayer.pk}"
        self.paths = [
            reverse("desk"),
            reverse("filing:return-list"),
            reverse("filing:return-edit", args=[draft.pk]),
            reverse("invoicing:report-show", args=["returns"]),
            reverse("filing:calendar"),
        ]
        with self.serving():
            for path in (self.bare_path, *self.paths):
                self._page(path)
            started = time.perf_counter()
            self._seconds(self.paths, 2 * READERS)
            self.fit(time.perf_counter() - started, 2 * READERS)
            yield

    def floor(self) -> float:
        """Read the bare page and return its p95 in milliseconds."""
        return self._p95([self.bare_path])

    def product(self) -> float:
        """Read the pages and return their p95 in milliseconds."""
        return self._p95(self.paths)

    def explain(self) -> list[str]:
        """Say where the pages spend their time, in this process."""
        client = Client(HTTP_HOST=LOOPBACK, HTTP_COOKIE=self.cookie)
        return where_the_time_goes(lambda: [client.get(path) for path in self.paths], times=5)

    def notes(self) -> list[str]:
        """Say the p95 of each page alone."""
        return [f"{path}: p95 {self._p95([path], times=2 * READERS):.0f} ms" for path in self.paths]

    def _p95(self, paths: list[str], *, times: int = 0) -> float:
        seconds = sorted(self._seconds(paths, times or self.count))
        return seconds[min(len(seconds) - 1, int(len(seconds) * _P95))] * 1000

    def _seconds(self, paths: list[str], times: int) -> list[float]:
        with ThreadPoolExecutor(READERS) as readers:
            return list(readers.map(lambda turn: self._timed(paths[turn % len(paths)]), range(times)))

    def _timed(self, path: str) -> float:
        started = time.perf_counter()
        self._page(path)
        return time.perf_counter() - started
