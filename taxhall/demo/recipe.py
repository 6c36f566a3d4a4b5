"""Who and what the demonstration hall holds; every name and number is invented."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from accounts.choices import CreditGrade, EntityKind, PeriodKind, Post, Role, TaxpayerKind
from devices.choices import DeviceKind

PASSWORD = "xian-demo-hall-2026"  # noqa: S105  # pragma: allowlist secret  (demo settings only)
PIN = "24681357"
# The authenticators of demo officers hold this secret so that a visitor can ask for their code.
OFFICER_KEY = "6b3f0c5d9e8a7142b6d0c3e5f7a91824d6b8e0f2"  # pragma: allowlist secret

BUREAUS = (
    ("16101000000", "国家税务总局西安市税务局", "610100"),
    ("16101130000", "国家税务总局西安市雁塔区税务局", "610113"),
    ("16101020000", "国家税务总局西安市新城区税务局", "610102"),
)


@dataclass(frozen=True)
class DemoCompany:
    """A company, its disk and where its invoices are numbered from."""

    number: str
    name: str
    bureau: str
    grade: CreditGrade
    period_kind: PeriodKind
    entity_kind: EntityKind
    serial: str
    disk_kind: DeviceKind
    first_number: int
    algorithm: str = "intl"  # the profile of the disk
    kind: TaxpayerKind = TaxpayerKind.SMALL_SCALE


# What the first company may issue a month in digital invoices, tax-exclusive.
CREDIT = Decimal("750000.00")

COMPANIES = (
    DemoCompany(
        "91610113MA6TEKT0XE", "西安示例商贸有限公司", "16101130000", CreditGrade.A, PeriodKind.MONTHLY,
        EntityKind.ENTERPRISE, "661000000001", DeviceKind.GOLDTAX, 10001,
    ),
    DemoCompany(
        "91610131000000019Y", "西安样例科技有限公司", "16101130000", CreditGrade.C, PeriodKind.MONTHLY,
        EntityKind.ENTERPRISE, "911000000002", DeviceKind.UKEY, 20001, "sm",
    ),
    DemoCompany(
        "91610102MA7DEM016R", "西安演示餐饮店", "16101020000", CreditGrade.B, PeriodKind.QUARTERLY,
        EntityKind.INDIVIDUAL_BUSINESS, "497000000003", DeviceKind.TAXDISK, 30001,
    ),
    DemoCompany(
        "91610113MA6GENX01L", "西安范例制造有限公司", "16101130000", CreditGrade.A, PeriodKind.MONTHLY,
        EntityKind.ENTERPRISE, "661000000004", DeviceKind.GOLDTAX, 40001, kind=TaxpayerKind.GENERAL,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class DemoPerson:
    """A person with an account; companies are given by their place in COMPANIES."""

    username: str
    display_name: str
    identity_number: str
    roles: tuple[tuple[int, Role], ...] = ()
    posts: tuple[tuple[Post, str], ...] = ()

    @property
    def phone(self) -> str:
        """A made-up mobile number for taxpayers' people; no message ever leaves the demo."""
        return "" if self.posts else f"1380000{self.identity_number[-4:]}"


PEOPLE = (
    DemoPerson("finance1", "李财务", "610113198505050011", ((0, Role.FINANCE),)),
    DemoPerson("issuer1", "赵开票", "610113199001010022", ((0, Role.ISSUER),)),
    DemoPerson("finance2", "周财务", "610113198703030033", ((1, Role.FINANCE),)),
    DemoPerson("boss3", "孙掌柜", "610102197808080044", ((2, Role.LEGAL),)),
    DemoPerson("finance4", "马财务", "610113198604040122", ((3, Role.FINANCE),)),
    DemoPerson(
        "accountant", "钱会计", "610102198909090055", tuple((place, Role.TAX_CLERK) for place in range(len(COMPANIES)))
    ),
    DemoPerson("officer1", "吴审核", "610113198212120066", posts=((Post.REVIEWER, "16101130000"),)),
    DemoPerson("officer2", "郑审批", "610113198010100077", posts=((Post.APPROVER, "16101130000"),)),
    # The exception post is the city's, so that what any of the companies hands over has somebody to decide it.
    DemoPerson(
        "officer3",
        "王审核",
        "610102198111110088",
        posts=((Post.REVIEWER, "16101020000"), (Post.EXCEPTION, "16101000000")),
    ),
    DemoPerson("head1", "冯主任", "610113197505050099", posts=((Post.HEAD, "16101130000"),)),
    DemoPerson("head2", "陈主任", "610102197406060111", posts=((Post.HEAD, "16101000000"),)),
)
