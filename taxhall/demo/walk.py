"""The main job without a browser: what two companies and an officer do in a month, step by step with evidence.

Acts through the services that the pages call; whatever touches a disk is done by the running workers
and the card host. Every wait is bounded, and what was waited for is said when it does not come.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal

from accounts.models import User
from clearcard import selectors as clear_selectors
from clearcard import services as clear_services
from clearcard.choices import CaseStatus, Lane, MaterialKind
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.models import Device
from filing import selectors as filing_selectors
from filing import services as filing_services
from filing.choices import ReturnStatus
from filing.models import TaxReturn
from invoicing import services as invoicing_services
from invoicing.choices import InvoiceState, RateReason
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.models import Invoice
from taxhall import demo_clock
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.demo import recipe
from taxhall.demo.application import fill_application
from taxhall.embedded.processes import becomes_true

PATIENCE_SECONDS = 30.0
SOFTWARE = ("*信息技术服务*软件维护", "3040203000000000000")
PAPER = ("*纸制品*打印纸", "1060105040000000000")
VEGETABLES = ("*蔬菜*番茄", "1010101020000000000")
# Kind, rate, goods, price without tax: twelve of several rates, ordinary (007) and special (004).
MONTH = (
    ("007", "1", SOFTWARE, "1000.00"), ("007", "1", PAPER, "388.50"), ("004", "1", SOFTWARE, "26000.00"),
    ("007", "3", SOFTWARE, "1200.00"), ("007", "exempt", VEGETABLES, "860.00"), ("004", "3", PAPER, "4500.00"),
    ("007", "1", PAPER, "99.90"), ("007", "1", SOFTWARE, "15000.00"), ("004", "1", PAPER, "7321.15"),
    ("007", "exempt", VEGETABLES, "432.10"), ("007", "1", SOFTWARE, "66.66"), ("007", "1", PAPER, "2048.00"),
)  # fmt: skip
TO_VOID = 6
SMALL_MONTH = (("007", "1", SOFTWARE, "5200.00"), ("004", "1", SOFTWARE, "3100.00"))


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
        self.devices = [Device.objects.get(serial=company.serial) for company in recipe.COMPANIES[:2]]
        self.people = [User.objects.get(username=name) for name in ("finance1", "finance2")]
        self.officer = User.objects.get(username="officer1")
        self.period = TaxPeriod.of_month(clock.today())

    def run(self) -> list[Cleared]:
        """Do the month of both companies and return what the hall claims. Raises: WalkError, TaxhallError."""
        cases = self.apply_both()
        self._green(cases[0])
        self._approve(cases[1])
        return [self._cleared(case) for case in cases]

    def apply_both(self) -> list[ClearCardCase]:
        """Bring both companies to the hand-in: one that goes by itself, one that waits for an officer."""
        for place, month in enumerate((MONTH, SMALL_MONTH)):
            self._unlock(place)
            invoices = [self._issue(place, *each) for each in month]
            if place == 0:
                self._void(invoices[TO_VOID])
        self._next_season()
        for place in range(2):
            self._report(place)
            self._file(place)
        return [self._apply(place) for place in range(2)]

    def _wait(self, what: str, holds: Callable[[], bool], state: Callable[[], object]) -> None:
        if not becomes_true(holds, seconds=PATIENCE_SECONDS):
            raise WalkError(f"{what}: not within {PATIENCE_SECONDS:.0f} s; it stands at {state()}")

    def _unlock(self, place: int) -> None:
        tries = device_services.unlock_card(actor=self.people[place], device=self.devices[place], pin=recipe.PIN)
        self._say(f"unlock   {self.devices[place]}: PIN accepted, {tries} tries left")

    def _issue(self, place: int, kind: str, rate: str, goods: tuple[str, str], price: str) -> Invoice:
        actor, device = self.people[place], self.devices[place]
        draft = _draft(kind, rate, goods, Decimal(price))
        invoice = invoicing_services.save_draft(actor=actor, taxpayer=device.taxpayer, device=device, draft=draft)
        invoicing_services.issue_invoice(actor=actor, invoice=invoice, key=uuid.uuid4().hex)
        self._await_invoice(invoice, InvoiceState.ISSUED)
        self._say(
            f"issue    {kind} {invoice.code} {invoice.number} {rate:>6}  "
            f"{invoice.amount:>10} + {invoice.tax:>8}  signature {invoice.counter}"
        )
        return invoice

    def _void(self, invoice: Invoice) -> None:
        invoicing_services.void_invoice(
            actor=self.people[0], invoice=invoice, reason="开票有误", number=str(invoice.number)
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

    def _file(self, place: int) -> None:
        actor, taxpayer = self.people[place], self.devices[place].taxpayer
        found = filing_services.start_return(actor=actor, taxpayer=taxpayer, period=self.period)
        digest = filing_selectors.current_sheet(found).digest
        filed = filing_services.submit_return(actor=actor, tax_return=found, key=str(found.submit_key), digest=digest)
        self._say(f"file     {filed.receipt_number}: sales {filed.sales_amount}, tax due {filed.tax_due}")
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


def _require_equal(what: str, *values: object) -> None:
    if len({str(each) for each in values}) != 1:
        raise WalkError(f"{what} differs: {values}")


def _draft(kind: str, rate: str, goods: tuple[str, str], price: Decimal) -> InvoiceDraft:
    name, code = goods
    reason = RateReason.WAIVED if rate == "3" else ""
    line = LineDraft(
        name=name, tax_code=code, unit="项", quantity=Decimal(1), price=price, rate=rate, rate_reason=str(reason)
    )
    return InvoiceDraft(
        kind=kind,
        lines=(line,),
        buyer_name="西安买方示例有限公司",
        buyer_number="91610102MA7DEM016R",
        buyer_address="西安市新城区样例路 2 号 029-00000001",
        buyer_bank="样例银行西安分行 6100000000002",
    )
