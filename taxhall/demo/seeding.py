"""Making the demonstration hall: people and companies, then a disk for each, enrolled by its own proof."""

from __future__ import annotations

import uuid
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts import services as account_services
from accounts.choices import TaxpayerKind
from accounts.models import Bureau, Membership, Taxpayer, User
from devices import services as device_services
from devices.errors import CardAbsentError, CardHostUnavailableError
from devices.models import Device
from devices.protocol.profiles import PrivateKey
from devices.signer.keys import HallKeys, make_hall_keys, make_key_pem
from devices.virtual.demo_clock import demo_clock
from devices.virtual.disk import VirtualDisk
from devices.virtual.spec import DiskSpec, KindSpec, OfflineSpec
from filing import selectors as filing_selectors
from invoicing import selectors as invoicing_selectors
from invoicing import services as invoicing_services
from invoicing.choices import CreditChangeKind
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.demo import recipe
from taxhall.demo.recipe import DemoCompany, DemoPerson
from taxhall.embedded.processes import becomes_true

# What a disk may issue by kind of taxpayer: special invoices, then ordinary ones.
RATES = {
    TaxpayerKind.SMALL_SCALE: (("1", "3"), ("1", "3", "exempt")),
    TaxpayerKind.GENERAL: (("13", "9", "6"), ("13", "9", "6", "exempt")),
}
DISK_SECONDS = 60.0


class DemoError(Exception):
    """The demonstration hall could not be made."""


def is_seeded() -> bool:
    """Say whether every demonstration disk is enrolled."""
    return Device.objects.filter(serial__in=[each.serial for each in recipe.COMPANIES]).count() == len(recipe.COMPANIES)


def seed_people() -> list[Taxpayer]:
    """Make bureaus, companies, accounts, roles and posts; what is there stays."""
    bureaus = {
        code: Bureau.objects.get_or_create(code=code, defaults={"name": name, "district_code": district})[0]
        for code, name, district in recipe.BUREAUS
    }
    taxpayers = [_company(each, bureaus[each.bureau]) for each in recipe.COMPANIES]
    for person in recipe.PEOPLE:
        _person(person, taxpayers, bureaus)
    return taxpayers


def _company(company: DemoCompany, bureau: Bureau) -> Taxpayer:
    taxpayer, _created = Taxpayer.objects.get_or_create(
        number=company.number,
        defaults={
            "name": company.name,
            "kind": company.kind,
            "period_kind": company.period_kind,
            "entity_kind": company.entity_kind,
            "bureau": bureau,
            "credit_grade": company.grade,
            "registered_on": TaxPeriod.of_month(clock.today()).start,
            "address": "西安市样例路 1 号",
            "phone": "029-00000000",
            "bank": "样例银行西安分行 6100000000001",
        },
    )
    return taxpayer


def _person(person: DemoPerson, taxpayers: list[Taxpayer], bureaus: dict[str, Bureau]) -> None:
    user = User.objects.filter(username=person.username).first()
    if user is None:
        user = User.objects.create_user(
            person.username,
            recipe.PASSWORD,
            display_name=person.display_name,
            is_staff=bool(person.posts),
            phone=person.phone,
            person=account_services.register_person(name=person.display_name, identity_number=person.identity_number),
        )
    for place, role in person.roles:
        Membership.objects.get_or_create(user=user, taxpayer=taxpayers[place], role=role)
    for post, bureau in person.posts:
        account_services.assign_post(actor=None, user=user, post=post, bureau=bureaus[bureau])
    if person.posts:
        account_services.enrol_demo_officer(user=user, key=recipe.OFFICER_KEY)


def seed_credit(taxpayer: Taxpayer) -> None:
    """Let the demo's reviewer grant a company its credit for digital invoices; what is there stays."""
    if not invoicing_selectors.has_credit(taxpayer):
        invoicing_services.change_credit(
            actor=User.objects.get(username="officer1"),
            taxpayer=taxpayer,
            kind=CreditChangeKind.PERIODIC,
            amount=recipe.CREDIT,
            reason="首次核定",
            key=uuid.uuid4(),
        )


def seed_disk(company: DemoCompany, taxpayer: Taxpayer) -> Device:
    """Issue the company's virtual disk and enrol it through the card host. Raises: DemoError."""
    keys = make_hall_keys(Path(settings.HALL_VAR) / "keys", now=_enabling_moment())
    path = Path(settings.HALL_VAR) / "disks" / f"{company.serial}.disk"
    if not path.exists():
        clock_of_disks = demo_clock(clock.offset_file())
        # Closed at once: the process that serves the disks is the only one that holds it.
        VirtualDisk.create(path, _spec(company, keys), clock=clock_of_disks).close()
    found: list[Device] = []

    def enrolled() -> bool:
        try:
            found.append(device_services.enrol_card(actor=None, taxpayer=taxpayer, serial=company.serial))
        except (CardAbsentError, CardHostUnavailableError):
            return False
        return True

    if not becomes_true(enrolled, seconds=DISK_SECONDS):
        raise DemoError(f"the card host does not find disk {company.serial} within {DISK_SECONDS:.0f} s")
    return found[0]


def _enabling_moment() -> datetime:
    first = TaxPeriod.of_month(clock.today()).start
    return timezone.make_aware(datetime.combine(first, time.min))


def _spec(company: DemoCompany, keys: HallKeys) -> DiskSpec:
    period = TaxPeriod.of_month(clock.today())
    private = make_key_pem(company.algorithm)
    special, ordinary = RATES[company.kind]
    certificate = keys.device_authority(company.algorithm).issue(
        public_key=PrivateKey.from_pem(company.algorithm, private).public_key,
        serial=company.serial,
        taxpayer_number=company.number,
        taxpayer_name=company.name,
        now=_enabling_moment(),
    )
    return DiskSpec(
        serial=company.serial,
        kind=company.disk_kind,
        taxpayer_number=company.number,
        taxpayer_name=company.name,
        bureau_code=company.bureau,
        certificate=certificate,
        private_key=private,
        kinds=(
            _kind("004", special, f"6100{period.start:%y}1130", company),
            _kind("007", ordinary, f"06100{period.start:%y}00104", company),
        ),
        enabled_on=period.start,
        period_start=period.start,
        period_end=period.end,
        cut_off=filing_selectors.deadline_for(period).date,
        pin=recipe.PIN,
        authority_keys=(keys.clear_public_key(company.algorithm),),
        algorithm=company.algorithm,
        offline=OfflineSpec(count=200),
    )


def _kind(kind: str, rates: tuple[str, ...], code: str, company: DemoCompany) -> KindSpec:
    return KindSpec(
        kind=kind,
        limit=Decimal("100000.00"),
        rates=rates,
        code=code,
        first_number=company.first_number,
        end_number=company.first_number + 999,
    )
