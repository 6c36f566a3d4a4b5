"""A company, its disk and a month of business, through the real services, for the tests of clearing."""

from __future__ import annotations

import io
import itertools
import uuid
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import Membership, Taxpayer, User
from clearcard import selectors, services
from clearcard.choices import ClearKind, MaterialKind
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.models import Device
from filing import selectors as filing_selectors
from filing import services as filing_services
from filing.models import TaxReturn
from invoicing import services as invoicing_services
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.models import Invoice
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceAuthorisationFactory, DeviceFactory
from tests.harness.cards import CardRack

# No two disks share a stock of numbers.
_SEGMENTS = itertools.count(1)
OCTOBER = TaxPeriod.month(2026, 10)


def picture(extension: str = "PNG") -> bytes:
    """Return a small real image."""
    target = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(target, extension)
    return target.getvalue()


class Scene:
    """What happens at one company; each step is one service call of the application that owns it."""

    def __init__(
        self,
        rack: CardRack,
        freeze: Callable[[str], datetime],
        algorithm: str = "intl",
        kinds: tuple[str, ...] = ("007", "004"),
        **taxpayer: Any,
    ) -> None:
        self.rack, self.freeze = rack, freeze
        self.freeze("2026-10-20 10:00")
        named = {f"taxpayer__{name}": value for name, value in taxpayer.items()}
        self.membership: Membership = MembershipFactory(finance=True, **named)
        self.user: User = self.membership.user
        self.taxpayer: Taxpayer = self.membership.taxpayer
        self.device: Device = DeviceFactory(
            taxpayer=self.taxpayer,
            period=OCTOBER,
            issue_allowed_until=date(2026, 11, 16),
            authorised=False,
            algorithm=algorithm,
        )
        for kind in kinds:
            segment = next(_SEGMENTS)
            code = f"61002{segment:05d}" if kind == "004" else f"0610022{segment:05d}"
            DeviceAuthorisationFactory(device=self.device, invoice_kind=kind, segment_code=code)
        self.disk = rack.add(self.device)
        rack.unlock(self.device)
        device_services.read_device(actor=None, device=self.device)
        self.device.refresh_from_db()

    def draft(self, price: str = "1000.00", *, kind: str = "007", rate: str = "1") -> Invoice:
        """Write one invoice that is not issued yet."""
        line = LineDraft(
            name="*信息技术服务*软件维护",
            tax_code="3040203000000000000",
            unit="项",
            quantity=Decimal(1),
            price=Decimal(price),
            rate=rate,
        )
        draft = InvoiceDraft(
            kind=kind,
            buyer_name="西安买方示例有限公司",
            buyer_number="91610131MA6TEKT0XE",
            buyer_address="西安市雁塔区试验路 2 号 029-00000001",
            buyer_bank="试验银行西安分行 000000000001",
            lines=(line,),
        )
        return invoicing_services.save_draft(actor=self.user, taxpayer=self.taxpayer, device=self.device, draft=draft)

    def issue(self, price: str = "1000.00", *, kind: str = "007", rate: str = "1") -> Invoice:
        """Issue one invoice on the disk."""
        invoice = self.draft(price, kind=kind, rate=rate)
        invoicing_services.issue_invoice(actor=self.user, invoice=invoice, key=uuid.uuid4().hex)
        invoicing_services.perform_issue(invoice_id=invoice.pk)
        invoice.refresh_from_db()
        assert invoice.number, (invoice.state, invoice.error_text)
        return invoice

    def report(self) -> None:
        """Report the disk after the month's end."""
        self.freeze("2026-11-05 10:00")
        self.rack.unlock(self.device)
        device_services.report_card(actor=self.user, device=self.device)
        self.device.refresh_from_db()

    def file(self) -> TaxReturn:
        """File the return as prefilled, and pay what is due."""
        found = filing_services.start_return(actor=self.user, taxpayer=self.taxpayer, period=OCTOBER)
        digest = filing_selectors.current_sheet(found).digest
        filed = filing_services.submit_return(
            actor=self.user, tax_return=found, key=str(found.submit_key), digest=digest
        )
        if filed.tax_due > 0:
            payment = filing_services.pay_return(actor=self.user, tax_return=filed, key=uuid.uuid4().hex)
            filing_services.perform_payment(payment_id=str(payment.pk))
            filed.refresh_from_db()
        return filed

    def month(self) -> None:
        """Issue, report, file, pay and compare."""
        self.issue()
        self.issue("2000.00", kind="004")
        self.report()
        self.file()
        filing_services.compare_period(actor=None, taxpayer=self.taxpayer, month=OCTOBER)

    def prepare(self, **changes: Any) -> ClearCardCase:
        """Start a case and fill everything in, up to the hand-in."""
        case = services.start_case(actor=self.user, device=Device.objects.get(pk=self.device.pk))
        services.choose_type(actor=self.user, case=case, kind=changes.get("kind", ClearKind.MONTHLY))
        case.refresh_from_db()
        services.confirm_invoices(actor=self.user, case=case, digest=selectors.three_way(case).digest)
        form = selectors.default_form(case)
        if "explanation" in changes:
            form = type(form)(form.invoiced_amount, form.declared_amount, form.clear_on, changes["explanation"])
        services.fill_case(actor=self.user, case=case, data=form)
        if changes.get("papers", True):
            self.papers(case)
        case.refresh_from_db()
        return case

    def papers(self, case: ClearCardCase) -> None:
        """Hand in the five papers of the guide."""
        for kind in MaterialKind:
            upload = SimpleUploadedFile("证件.png", picture(), content_type="image/png")
            services.add_material(actor=self.user, case=case, kind=kind, upload=upload)

    def submit(self, case: ClearCardCase) -> ClearCardCase:
        """Hand the case in."""
        key = selectors.submit_key(case)
        services.submit_case(actor=self.user, case=case, key=key, declaration=True)
        return self.fresh(case)

    def approved(self) -> ClearCardCase:
        """Return a case that the green lane approved."""
        self.month()
        case = self.submit(self.prepare())
        services.review_case(case_id=case.pk)
        return self.fresh(case)

    def fresh(self, case: ClearCardCase) -> ClearCardCase:
        """Read the case again."""
        return ClearCardCase.objects.select_related("device", "taxpayer", "command").get(pk=case.pk)

    def counter(self) -> int:
        """Return how often the disk itself was cleared."""
        return int(device_services.read_card(device=self.device).status.clear_counter)
