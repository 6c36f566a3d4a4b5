"""The list of a company with very many invoices, against the same list of a small one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.urls import reverse

from taxhall.bench.ledger import ledgers
from taxhall.bench.measures.invoice_list import READERS, InvoiceList, signed_in


class LongList(InvoiceList):
    """Two readers ask for the list of the month and the list of everything, in turn.

    Product: the company whose ledger is as long as --ledger says. Floor: the same pages, same server, of a company
    with 1,000 invoices. Both pages are full, with count and sum. Left out is making the ledgers, which is done in
    bulk before; their rollups are counted by the hall's own command.
    """

    name = "invoice-list-long"
    what = "the list of a company with --ledger invoices / with 1,000, same server"
    unit = "ms/page"
    target = 1.5
    better = "lower"
    size = 400

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Fill both ledgers, sign one person of each in, start the server and read the pages."""
        long, short = ledgers(self.folder, self.ledger)
        self.cookies = [f"{settings.SESSION_COOKIE_NAME}={signed_in(each.member)}" for each in (long, short)]
        self.page_path = reverse("invoicing:invoice-list")
        self.paths = (self.page_path, f"{self.page_path}?period=")
        self.bare_path, self.cookie = self.page_path, self.cookies[0]
        with self.serving():
            for cookie in self.cookies:
                self._milliseconds(cookie, 4 * READERS)
            started = time.perf_counter()
            self._milliseconds(self.cookies[0], 4 * READERS)
            self.fit(time.perf_counter() - started, 8 * READERS)
            yield

    def floor(self) -> float:
        """Read the small company's pages and return how long one takes."""
        return self._milliseconds(self.cookies[1], self.count // 2)

    def product(self) -> float:
        """Read the large company's pages and return how long one takes."""
        return self._milliseconds(self.cookies[0], self.count // 2)

    def _milliseconds(self, cookie: str, times: int) -> float:
        self.cookie = cookie
        started = time.perf_counter()
        for path in self.paths:
            self._read(path, times)
        return (time.perf_counter() - started) * 1000 / (times * len(self.paths))
