"""Issuing one invoice, against saving the same rows."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.db import transaction

from devices import services as device_services
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.models import Invoice, InvoiceLine
from invoicing.rules import FaceLine, Totals, face_lines, totals
from taxhall.bench.disks import StandInDisks
from taxhall.bench.errors import BenchError
from taxhall.bench.hotspots import where_the_time_goes
from taxhall.bench.measure import Measure
from taxhall.bench.scene import Scene
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod

LINES = tuple(
    LineDraft(
        name=f"*信息技术服务*软件维护{number}",
        tax_code="3040203000000000000",
        unit="项",
        quantity=Decimal(number),
        price=Decimal("1000.00"),
        rate="1",
    )
    for number in (1, 2, 3)
)


def new_draft() -> InvoiceDraft:
    """Return what a person would have typed."""
    return InvoiceDraft(
        kind="007",
        lines=LINES,
        buyer_name="西安买方示例有限公司",
        buyer_number="91610131MA6TEKT0XE",
        buyer_address="西安市雁塔区试验路 2 号 029-00000001",
        buyer_bank="试验银行西安分行 000000000001",
    )


class IssueInvoice(Measure):
    """One person issues invoices of three lines one after the other.

    Product: the draft is saved, the invoice is ordered, and the device worker's errand runs to its end: the disk
    is asked, its signature verified, number and record written. Each step is its own transaction with locks,
    rules, outbox and audit rows, and rings the worker's bell on a real broker.

    Floor: the same invoice and its lines through full_clean and save, in one transaction, as a draft. It writes
    fewer rows and columns than the product, so it is not made slow. But full_clean asks the database about every
    constraint of the model, as it does in any Django program, and that is most of the floor: without these
    questions it would be three to five times as fast, and the ratio as much smaller.

    Left out is the card: a stand-in signs (see StandInDisks), and its time counts against the product. The worker
    runs in this process, so that the figure is the work itself and not the broker's travel time, which the
    measure of the clear worker holds.
    """

    name = "issue-invoice"
    what = "issue an invoice without card time / create and full_clean the same rows"
    unit = "invoices/s"
    target = 0.5
    size = 200

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Open one company with its disk, and run both sides once to warm them up."""
        scene = Scene(self.folder)
        self.company = scene.companies(1, period=TaxPeriod.of_month(clock.today()))[0]
        self.user = scene.member(self.company.taxpayer).user
        with device_services.use_card_host(StandInDisks(self.folder)):
            self.create_rows()
            self.issue()
            started = time.perf_counter()
            self.issue()
            self.fit(time.perf_counter() - started, 1)
            yield

    def floor(self) -> float:
        """Create rows and return how many invoices a second."""
        started = time.perf_counter()
        for _ in range(self.count):
            self.create_rows()
        return self.count / (time.perf_counter() - started)

    def product(self) -> float:
        """Issue and return how many invoices a second."""
        started = time.perf_counter()
        made = [self.issue() for _ in range(self.count)]
        seconds = time.perf_counter() - started
        issued = Invoice.objects.filter(pk__in=made, state=InvoiceState.ISSUED, lines__isnull=False).distinct().count()
        if issued != self.count:
            raise BenchError(f"{issued} of {self.count} invoices were issued")
        return self.count / seconds

    def explain(self) -> list[str]:
        """Say where issuing spends its time."""
        return where_the_time_goes(self.issue, times=20)

    def issue(self) -> int:
        """Issue one invoice from the form to the disk's record."""
        taxpayer, device = self.company.taxpayer, self.company.device
        invoice = services.save_draft(actor=self.user, taxpayer=taxpayer, device=device, draft=new_draft())
        services.issue_invoice(actor=self.user, invoice=invoice, key=uuid.uuid4().hex)
        services.perform_issue(invoice_id=invoice.pk)
        return int(invoice.pk)

    def create_rows(self) -> None:
        """Save one invoice and its lines as any Django program would: cleaned first, then in one transaction."""
        draft = new_draft()
        found = face_lines(draft)
        invoice = self._unsaved(draft, totals(found))
        invoice.full_clean()
        lines = [_unsaved_line(invoice, position, line) for position, line in enumerate(found, start=1)]
        for line in lines:
            line.full_clean(exclude=["invoice"])
        with transaction.atomic():
            invoice.save(force_insert=True)
            InvoiceLine.objects.bulk_create(lines)

    def _unsaved(self, draft: InvoiceDraft, sums: Totals) -> Invoice:
        taxpayer = self.company.taxpayer
        return Invoice(
            taxpayer=taxpayer,
            device=self.company.device,
            kind=draft.kind,
            dated_on=clock.today(),
            seller_number=taxpayer.number,
            seller_name=taxpayer.name,
            seller_address=taxpayer.address,
            seller_bank=taxpayer.bank,
            buyer_name=draft.buyer_name,
            buyer_number=draft.buyer_number,
            buyer_address=draft.buyer_address,
            buyer_bank=draft.buyer_bank,
            amount=sums.amount,
            tax=sums.tax,
            total=sums.total,
            drawer=self.user,
            drawer_name=str(self.user),
        )


def _unsaved_line(invoice: Invoice, position: int, line: FaceLine) -> InvoiceLine:
    return InvoiceLine(
        invoice=invoice,
        position=position,
        name=line.source.name,
        tax_code=line.source.tax_code,
        unit=line.source.unit,
        quantity=line.source.quantity,
        price=line.source.price,
        amount=line.amount,
        rate=line.source.rate,
        tax=line.tax,
    )
