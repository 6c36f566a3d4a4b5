"""Companies for the torture, each with a disk of its own and a month behind it, made as cheaply as is honest.

Whatever a person or a disk would do is done by the services, on the disk's own file, before any hall process
serves it: enrolled by proof, one invoice signed, reported, filed, compared, and an application filled in.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from django.conf import settings
from django.test import Client, RequestFactory
from django.utils import timezone
from stdnum.cn import uscc

from accounts import services as account_services
from accounts.choices import CreditGrade, EntityKind, PeriodKind, Role, TaxpayerKind
from accounts.models import Bureau, Membership, Taxpayer, User
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.models import Device
from devices.protocol.profiles import PrivateKey
from devices.signer.keys import HallKeys, make_key_pem
from devices.virtual import DiskSpec, KindSpec, OfflineSpec, VirtualDisk
from filing import selectors as filing_selectors
from filing import services as filing_services
from filing.choices import ReturnStatus
from filing.models import TaxReturn
from invoicing import services as invoicing_services
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.models import Invoice
from invoicing.rules.lines import ONE_PERCENT_UNTIL
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.demo import application
from taxhall.torture.desk import at_desk

PIN = "24681357"
BUREAU = "16101130000"
_GOODS = ("*信息技术服务*软件维护", "3040203000000000000")


@dataclass(frozen=True)
class Player:
    """One company with its person and its disk."""

    index: int
    membership: Membership
    device: Device
    path: Path

    @property
    def user(self) -> User:
        """The person who acts for it."""
        person: User = self.membership.user
        return person

    @property
    def serial(self) -> str:
        """The disk's serial number."""
        return str(self.device.serial)


def make_player(index: int, folder: Path) -> Player:
    """Register a company, issue and enrol its disk, and sign the month's one invoice on it."""
    bureau, _made = Bureau.objects.get_or_create(
        code=BUREAU, defaults={"name": "雁塔区税务局", "district_code": "610113"}
    )
    month = TaxPeriod.of_month(clock.today())
    number = _taxpayer_number(index)
    taxpayer = Taxpayer.objects.create(
        number=number,
        name=f"西安试炼第{index}商贸有限公司",
        kind=TaxpayerKind.SMALL_SCALE,
        period_kind=PeriodKind.MONTHLY,
        entity_kind=EntityKind.ENTERPRISE,
        bureau=bureau,
        credit_grade=CreditGrade.A,
        registered_on=month.start,
        address="西安市样例路 1 号",
        phone="029-00000000",
        bank="样例银行西安分行 6100000000001",
    )
    person = account_services.register_person(name=f"试炼{index}", identity_number=f"61011319850505{index:04d}")
    user = User.objects.create_user(f"player{index}", None, display_name=f"试炼{index}", person=person)
    membership = Membership.objects.create(user=user, taxpayer=taxpayer, role=Role.FINANCE)
    path = _issue_disk(index, taxpayer, month, folder)
    with at_desk(path) as disk:
        device = device_services.enrol_card(actor=None, taxpayer=taxpayer, serial=disk.serial)
        device_services.unlock_card(actor=user, device=device, pin=PIN)
        player = Player(index, membership, device, path)
        sign_here(player, draft_invoice(player))
    return player


def _taxpayer_number(index: int) -> str:
    base = f"91610113{index:09d}"
    return base + str(uscc.calc_check_digit(base))


def _issue_disk(index: int, taxpayer: Taxpayer, month: TaxPeriod, folder: Path) -> Path:
    keys, private, serial = _keys(), make_key_pem(), f"{661_100_000_000 + index}"
    certificate = keys.device_authority().issue(
        public_key=PrivateKey.from_pem("intl", private).public_key,
        serial=serial,
        taxpayer_number=taxpayer.number,
        taxpayer_name=taxpayer.name,
        now=timezone.now(),
    )
    kind = KindSpec(
        kind="007",
        limit=Decimal("100000.00"),
        rates=("1", "3", "exempt"),
        code=f"06100{month.start:%y}00104",
        first_number=10_000 + index * 100,
        end_number=10_099 + index * 100,
    )
    spec = DiskSpec(
        serial=serial,
        kind="goldtax",
        taxpayer_number=taxpayer.number,
        taxpayer_name=taxpayer.name,
        bureau_code=BUREAU,
        certificate=certificate,
        private_key=private,
        kinds=(kind,),
        enabled_on=month.start,
        period_start=month.start,
        period_end=month.end,
        cut_off=filing_selectors.deadline_for(month).date,
        pin=PIN,
        authority_keys=(keys.clear_public_key(),),
        offline=OfflineSpec(hours=24 * 60, count=200),
    )
    path = folder / f"{serial}.disk"
    VirtualDisk.create(path, spec, clock=clock.now).close()
    return path


@cache
def _keys() -> HallKeys:
    return HallKeys(Path(settings.HALL_VAR) / "keys")


def draft_invoice(player: Player) -> Invoice:
    """Save a draft of one small invoice, at the levy rate of a day that may be far ahead: each act plays a month on."""
    name, code = _GOODS
    rate = "1" if clock.today() <= ONE_PERCENT_UNTIL else "3"
    line = LineDraft(
        name=name, tax_code=code, unit="项", quantity=Decimal(1), price=Decimal("1000.00"), rate=rate, rate_reason=""
    )
    draft = InvoiceDraft(
        kind="007", lines=(line,), buyer_name="西安买方示例有限公司", buyer_number="91610102MA7DEM016R"
    )
    return invoicing_services.save_draft(
        actor=player.user, taxpayer=player.membership.taxpayer, device=player.device, draft=draft
    )


def sign_here(player: Player, invoice: Invoice) -> None:
    """Have the disk at the desk sign an invoice."""
    invoicing_services.issue_invoice(actor=player.user, invoice=invoice, key=uuid.uuid4().hex)
    invoicing_services.perform_issue(invoice_id=invoice.pk)


def fill_application(player: Player) -> ClearCardCase:
    """Report, file and compare the month behind, and fill the application in, up to the hand-in."""
    month = TaxPeriod.of_month(clock.today()).previous()
    taxpayer, actor = player.membership.taxpayer, player.user
    with at_desk(player.path):
        device_services.unlock_card(actor=actor, device=player.device, pin=PIN)
        device_services.report_card(actor=actor, device=player.device)
    found = filing_services.start_return(actor=actor, taxpayer=taxpayer, period=month)
    digest = filing_selectors.current_sheet(found).digest
    filed = filing_services.submit_return(actor=actor, tax_return=found, key=str(found.submit_key), digest=digest)
    _pay(player, filed)
    filing_services.compare_period(actor=None, taxpayer=taxpayer, month=month)
    return application.fill_application(actor=actor, device=player.device)


def _pay(player: Player, filed: TaxReturn) -> None:
    """Pay what is owed; the relief for small taxpayers has a last day, and each act plays a month on."""
    if filed.status != ReturnStatus.SUBMITTED or not filing_selectors.dues_of(filed).total:
        return
    payment = filing_services.pay_return(actor=player.user, tax_return=filed, key=uuid.uuid4().hex)
    filing_services.perform_payment(payment_id=str(payment.pk))


def sign_in(player: Player) -> str:
    """Open a session for the person, as after signing in and choosing the company; return its cookie."""
    client = Client()
    client.force_login(player.user)
    request = RequestFactory().get("/")
    request.user, request.session = player.user, client.session
    account_services.choose_identity(request=request, membership=player.membership)
    request.session.save()
    return str(request.session.session_key)
