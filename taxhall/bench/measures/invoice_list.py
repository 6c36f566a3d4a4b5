"""The list of invoices, against a bare table of the same rows under the same server."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services as account_services
from accounts.models import Membership
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from taxhall.bench.bare import BARE_PATH, ROWS
from taxhall.bench.disks import KINDS
from taxhall.bench.errors import BenchError
from taxhall.bench.hotspots import where_the_time_goes
from taxhall.bench.measure import Measure
from taxhall.bench.programs import running
from taxhall.bench.scene import Company, Scene
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.embedded.processes import LOOPBACK, free_port

READERS = 2  # as many as the server has hands
TIMEOUT_SECONDS = 20.0
IN_LEDGER = 4 * ROWS


class InvoiceList(Measure):
    """Two readers ask a real gunicorn with two processes for one page after the other.

    Product: the list of invoices as a signed-in 财务负责人 sees it: session, role and company read anew, filters,
    count and sum of the month, 50 rows as a table and as cards for narrow screens, in the hall's layout.

    Floor: one query for the same 50 rows and a bare table of ten columns, in the same processes and the same
    Django, without any middleware, and without asking who reads.

    The server runs its plain workers: with threads its figures move twofold by themselves. Nothing is left out.
    """

    name = "invoice-list"
    what = "the list of invoices / a bare template of the same 50 rows, same server"
    unit = "pages/s"
    target = 0.6
    size = 400

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Fill a ledger, sign its owner in, start the server and read both pages once per process."""
        scene = Scene(self.folder)
        company = scene.companies(1, period=TaxPeriod.of_month(clock.today()))[0]
        membership = scene.member(company.taxpayer)
        _fill_ledger(company, membership)
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={signed_in(membership)}"
        self.bare_path = f"{BARE_PATH}?taxpayer={company.taxpayer.pk}"
        self.page_path = reverse("invoicing:invoice-list")
        with self.serving():
            for path in (self.bare_path, self.page_path):
                self._read(path, 4 * READERS)
            started = time.perf_counter()
            self._read(self.page_path, 4 * READERS)
            self.fit(time.perf_counter() - started, 4 * READERS)
            yield

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run the server until the block ends."""
        self.port = free_port()
        command = ["gunicorn", "taxhall.bench.web:application", "--bind", f"{LOOPBACK}:{self.port}"]
        options = ["--workers", str(READERS), "--worker-class", "sync", "--no-control-socket"]
        with running("web", [*command, *options], logs=self.folder, is_ready=self._answers) as self.server:
            yield

    def floor(self) -> float:
        """Read the bare page and return how many a second."""
        return self._rate(self.bare_path)

    def product(self) -> float:
        """Read the list and return how many a second."""
        return self._rate(self.page_path)

    def explain(self) -> list[str]:
        """Say where one page spends its time, in this process."""
        client = Client(HTTP_HOST=LOOPBACK, HTTP_COOKIE=self.cookie)
        client.get(self.page_path)
        return where_the_time_goes(lambda: client.get(self.page_path), times=20)

    def _rate(self, path: str) -> float:
        started = time.perf_counter()
        self._read(path, self.count)
        return self.count / (time.perf_counter() - started)

    def _read(self, path: str, times: int) -> None:
        with ThreadPoolExecutor(READERS) as readers:
            for page in readers.map(lambda _: self._page(path), range(times)):
                # Rows of the body; the list has one more in its head.
                if page.count(b"<tr>") not in (ROWS, ROWS + 1):
                    raise BenchError(f"{path} shows {page.count(b'<tr>')} rows")

    def _page(self, path: str) -> bytes:
        status, page = self._get(path)
        if status != http.client.OK:
            raise BenchError(f"{path} answered {status}; the server's last words:\n{self.server.last_words()}")
        return page

    def _get(self, path: str) -> tuple[int, bytes]:
        link = http.client.HTTPConnection(LOOPBACK, self.port, timeout=TIMEOUT_SECONDS)
        try:
            link.request("GET", path, headers={"Cookie": self.cookie})
            answer = link.getresponse()
            return answer.status, answer.read()
        finally:
            link.close()

    def _answers(self) -> bool:
        try:
            return self._get(self.bare_path)[0] == http.client.OK
        except OSError:
            return False


def signed_in(membership: Membership) -> str:
    """Open a session for the person, with the company in sight, and return its key."""
    request = HttpRequest()
    request.session = SessionStore()
    request.user = membership.user
    account_services.open_session(request=request, user=membership.user)
    account_services.choose_identity(request=request, membership=membership)
    request.session.save()
    return str(request.session.session_key)


def _fill_ledger(company: Company, membership: Membership) -> None:
    taxpayer, (kind, code) = company.taxpayer, KINDS[1]
    Invoice.objects.bulk_create(
        Invoice(
            taxpayer=taxpayer,
            device=company.device,
            kind=kind,
            code=code,
            number=f"{number:08d}",
            state=InvoiceState.ISSUED,
            counter=number,
            issued_at=timezone.now(),
            dated_on=clock.today(),
            seller_number=taxpayer.number,
            seller_name=taxpayer.name,
            buyer_name=f"西安买方{number:05d}号有限公司",
            buyer_number="91610131MA6TEKT0XE",
            amount=Decimal(number * 100),
            tax=Decimal(number),
            total=Decimal(number * 101),
            drawer=membership.user,
            drawer_name=str(membership.user),
            is_uploaded=True,
        )
        for number in range(1, IN_LEDGER + 1)
    )
