"""The main job without a browser: what three companies and an officer do in a month, step by step with evidence.

Acts through the services that the pages call; whatever touches a disk is done by the running workers
and the card host. Every wait is bounded, and what was waited for is said when it does not come.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass

from accounts.models import User
from clearcard import selectors as clear_selectors
from clearcard import services as clear_services
from clearcard.choices import CaseStatus, Lane, MaterialKind
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.models import Device
from filing import selectors as filing_selectors
from filing import services as filing_services
from filing.choices import ReturnStatus, TickState, VoucherKind
from filing.models import TaxReturn
from invoicing import services as invoicing_services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from taxhall import demo_clock
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.demo import recipe
from taxhall.demo.application import fill_application
from taxhall.demo.months import MONTHS, Month, Sale
from taxhall.embedded.processes import becomes_true

PATIENCE_SECONDS = 30.0
# Who acts for each company, by its place in recipe.COMPANIES.
PEOPLE = {0: "finance1", 1: "finance2", 3: "finance4"}


class WalkError(Exception):
    """A step did not come to the end that it must have."""


@dataclass(frozen=True)
class Cleared:
    """What the hall claims at the end; compared with the disk's own file once everything has stopped."""

    case: str
    certificate: str
    verify_token: str
    disk: str
    lane: str
    lock_date: str
    clear_counter: int
    sign_counter: int
    receipt_digest: str
    enrolled_certificate: str
    transport: str

    def as_json(self) -> dict[str, str | int]:
        """Return it for the file between the two halves of the demo."""
        return asdict(self)


class Walk:
    """One run; `say` gets a line per step."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.devices = {place: Device.objects.get(serial=recipe.COMPANIES[place].serial) for place in MONTHS}
        self.people = {place: User.objects.get(username=name) for place, name in PEOPLE.items()}
        self.officer = User.objects.get(username="officer1")
        self.period = TaxPeriod.of_month(clock.today())

    def run(self) -> list[Cleared]:
        """Do the month of every company and return what the hall claims. Raises: WalkError, TaxhallError."""
        cases = self.apply_all()
        self._green(cases[0])
        self._approve(cases[1])
        self._green(cases[3])
        return [self._cleared(case) for case in cases.values()]

    def apply_all(self) -> dict[int, ClearCardCase]:
        """Bring every company to the hand-in: two that go by themselves, one that waits for an officer."""
        sold = {place: self._sell(place, month) for place, month in MONTHS.items()}
        self._next_season()
        for place, month in MONTHS.items():
            self._report(place)
            if month.purchases:
                self._buy(place, month, [each for invoices in sold.values() for each in invoices])
            self._file(place)
        return {place: self._apply(place) for place in MONTHS}

    def _sell(self, place: int, month: Month) -> list[Invoice]:
        self._unlock(place)
        invoices = [self._issue(place, sale) for sale in month.sales]
        if month.voided is not None:
            self._void(place, invoices[month.voided])
        return invoices

    def _wait(self, what: str, holds: Callable[[], bool], state: Callable[[], object]) -> None:
        if not becomes_true(holds, seconds=PATIENCE_SECONDS):
            raise WalkError(f"{what}: not within {PATIENCE_SECONDS:.0f} s; it stands at {state()}")

    def _unlock(self, place: int) -> None:
        tries = device_services.unlock_card(actor=self.people[place], device=self.devices[place], pin=recipe.PIN)
        self._say(f"unlock   {self.devices[place]}: PIN accepted, {tries} tries left")

    def _issue(self, place: int, sale: Sale) -> Invoice:
        actor, device, draft = self.people[place], self.devices[place], sale.draft()
        invoice = invoicing_services.save_draft(actor=actor, taxpayer=device.taxpayer, device=device, draft=draft)
        invoicing_services.issue_invoice(actor=actor, invoice=invoice, key=uuid.uuid4().hex)
        self._await_invoice(invoice, InvoiceState.ISSUED)
        self._say(
            f"issue    {sale.kind} {invoice.code} {invoice.number} {sale.rate:>6}  "
            f"{invoice.amount:>10} + {invoice.tax:>8}  signature {invoice.counter}"
        )
        return invoice

    def _void(self, place: int, invoice: Invoice) -> None:
        invoicing_services.void_invoice(
            actor=self.people[place], invoice=invoice, reason="开票有误", number=str(invoice.number)
        )
        self._await_invoice(invoice, InvoiceState.VOIDED)
        self._say(f"void     {invoice.kind} {invoice.code} {invoice.number}: signed by the disk")

    def _await_invoice(self, invoice: Invoice, state: InvoiceState) -> None:
        def arrived() -> bool:
            invoice.refresh_from_db()
            return invoice.state == state

        self._wait(f"invoice {invoice.pk} to be {state}", arrived, lambda: (invoice.state, invoice.error_text))

    def _next_season(self) -> None:
        if not demo_clock.fast_forward(demo_clock.next_season_day()):
            raise WalkError("the demo clock did not move")
        self._say(f"clock    moved to {clock.today()}, the filing season of {self.period.code}")

    def _report(self, place: int) -> None:
        report = device_services.report_card(actor=self.people[place], device=self.devices[place])
        self._say(f"report   {self.devices[place]}: {report.period_start:%Y-%m}, digest {report.digest[:16]}, verified")

    def _buy(self, place: int, month: Month, invoices: list[Invoice]) -> None:
        """Enter and tick what the company bought: from sellers of this hall, and from strangers."""
        actor, taxpayer = self.people[place], self.devices[place].taxpayer
        drafts = [each.draft(self.period) for each in month.purchases]
        drafts += [_voucher(each) for each in invoices if each.buyer_number == taxpayer.number]
        rows = filing_services.add_vouchers(actor=actor, taxpayer=taxpayer, drafts=drafts)
        pks = [row.pk for row in rows]
        rows = filing_services.tick_vouchers(
            actor=actor, taxpayer=taxpayer, period=self.period, pks=pks, state=TickState.DEDUCTED
        )
        for row in rows:
            self._say(f"tick     {row.code} {row.number}  {row.amount:>10} + {row.tax:>8}  {row.check_result}")

    def _file(self, place: int) -> None:
        actor, taxpayer = self.people[place], self.devices[place].taxpayer
        found = filing_services.start_return(actor=actor, taxpayer=taxpayer, period=self.period)
        digest = filing_selectors.current_sheet(found).digest
        filed = filing_services.submit_return(actor=actor, tax_return=found, key=str(found.submit_key), digest=digest)
        self._say(
            f"file     {filed.receipt_number}: {filed.form_code}, sales {filed.sales_amount}, tax due {filed.tax_due}"
        )
        if filed.tax_due > 0:
            self._pay(actor, filed)
        run = filing_services.compare_period(actor=None, taxpayer=taxpayer, month=self.period)
        self._say(
            f"compare  {run.outcome}: {', '.join(f'{each.rule_code} {each.outcome}' for each in run.results.all())}"
        )

    def _pay(self, actor: User, filed: TaxReturn) -> None:
        payment = filing_services.pay_return(actor=actor, tax_return=filed, key=uuid.uuid4().hex)

        def arrived() -> bool:
            filed.refresh_from_db()
            return filed.status == ReturnStatus.PAID

        self._wait(f"payment {payment.pk}", arrived, lambda: filed.status)
        payment.refresh_from_db()
        self._say(f"pay      {payment.amount} received by the demo treasury, its answer {payment.treasury_reference}")

    def _apply(self, place: int) -> ClearCardCase:
        actor = self.people[place]
        case = fill_application(actor=actor, device=self.devices[place])
        key = clear_selectors.submit_key(case)
        clear_services.submit_case(actor=actor, case=case, key=key, declaration=True)
        case.refresh_from_db()
        self._say(f"apply    {case.number} with {len(MaterialKind)} papers, digest {case.snapshot_digest[:16]}")
        return case

    def _green(self, case: ClearCardCase) -> None:
        self._await_case(case, CaseStatus.CLEARED)
        if case.lane != Lane.GREEN:
            raise WalkError(f"{case.number} went by lane {case.lane}, not the green one: {case.lane_reasons}")
        self._say(f"clear    {case.number}: green lane, everything agreed")

    def await_officer(self, case: ClearCardCase) -> None:
        """Wait until the automatic review has put a case into the officers' queue. Raises: WalkError."""

        def waits() -> bool:
            case.refresh_from_db()
            return bool(case.status == CaseStatus.REVIEWING and case.lane == Lane.OFFICER)

        self._wait(f"case {case.number} to reach an officer", waits, lambda: (case.status, case.lane))
        self._say(f"review   {case.number} asks for an officer: {'；'.join(case.lane_reasons)}")

    def _approve(self, case: ClearCardCase) -> None:
        self.await_officer(case)
        clear_services.claim_case(actor=self.officer, case=case)
        case.refresh_from_db()
        clear_services.approve_case(
            actor=self.officer, case=case, version=case.version, digest=case.snapshot_digest, note="资料齐全"
        )
        self._say(f"approve  {case.number} by {self.officer} over digest {case.snapshot_digest[:16]}")
        self._await_case(case, CaseStatus.CLEARED)
        self._say(f"clear    {case.number}: by the officer's approval")

    def _await_case(self, case: ClearCardCase, status: CaseStatus) -> None:
        def arrived() -> bool:
            case.refresh_from_db()
            return bool(case.status == status)

        self._wait(
            f"case {case.number} to be {status}", arrived, lambda: (case.status, case.waiting_text, case.failure_text)
        )

    def _cleared(self, case: ClearCardCase) -> Cleared:
        """Read the disk once more through the card host and put it beside ledger and certificate."""
        device = Device.objects.get(pk=case.device_id)
        reading = device_services.read_card(device=device)
        certificate = clear_selectors.find_certificate(case)
        receipt = reading.last_receipt
        if certificate is None or receipt is None:
            raise WalkError(f"{case.number}: cleared without certificate or receipt")
        lock_date = reading.status.group(case.group).cut_off
        _require_equal(f"{case.number} lock date", lock_date, case.new_cut_off, device.issue_allowed_until)
        _require_equal(f"{case.number} counter", reading.status.clear_counter, device.clear_counter, 1)
        _require_equal(f"{case.number} receipt", receipt.digest, certificate.payload["receipt_digest"])
        ledger = Invoice.objects.filter(device=device)
        # Every invoice and every void is one signature of the disk.
        signed = ledger.exclude(number="").count() + ledger.filter(void_message__isnull=False).count()
        return Cleared(
            case=case.number,
            certificate=certificate.number,
            verify_token=certificate.verify_token,
            disk=device.serial,
            lane=case.lane,
            lock_date=lock_date.isoformat(),
            clear_counter=reading.status.clear_counter,
            sign_counter=signed,
            receipt_digest=receipt.digest,
            enrolled_certificate=device.certificate,
            transport=str((device_services.card_host_state() or {})["transport"]),
        )


def _voucher(invoice: Invoice) -> filing_services.VoucherDraft:
    """Return an invoice as its buyer enters it."""
    return filing_services.VoucherDraft(
        kind=VoucherKind.SPECIAL, code=invoice.code, number=invoice.number, dated_on=invoice.dated_on,
        seller_number=invoice.seller_number, seller_name=invoice.seller_name, amount=invoice.amount, tax=invoice.tax,
    )  # fmt: skip


def _require_equal(what: str, *values: object) -> None:
    if len({str(each) for each in values}) != 1:
        raise WalkError(f"{what} differs: {values}")
