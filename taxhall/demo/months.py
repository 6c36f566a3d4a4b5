"""What each company of the demo sells and buys in its month; every name and number is invented."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from filing.choices import VoucherKind
from filing.services import VoucherDraft
from invoicing.choices import RateReason
from invoicing.drafts import InvoiceDraft, LineDraft
from taxhall.common.money import round_money
from taxhall.common.periods import TaxPeriod

SOFTWARE = ("*信息技术服务*软件维护", "3040203000000000000")
PAPER = ("*纸制品*打印纸", "1060105040000000000")
VEGETABLES = ("*蔬菜*番茄", "1010101020000000000")
FREIGHT = ("*运输服务*货物运输", "3010101020200000000")
BUYER = ("西安买方示例有限公司", "91610102MA7DEM016R")
MAKER = ("西安范例制造有限公司", "91610113MA6GENX01L")
# Someone whose invoices this hall does not know.
SUPPLIER = ("咸阳示例原料有限公司", "91610131MA6GEN004B")


@dataclass(frozen=True)
class Sale:
    """One invoice: ordinary (007) or special (004), of one line; the price is without tax."""

    kind: str
    rate: str
    goods: tuple[str, str]
    price: str
    buyer: tuple[str, str] = BUYER

    def draft(self) -> InvoiceDraft:
        """Return it as the invoice form would hold it."""
        name, code = self.goods
        reason = RateReason.WAIVED if self.rate == "3" else ""
        price = Decimal(self.price)
        line = LineDraft(
            name=name, tax_code=code, unit="项", quantity=Decimal(1), price=price, rate=self.rate,
            rate_reason=str(reason),
        )  # fmt: skip
        return InvoiceDraft(
            kind=self.kind,
            lines=(line,),
            buyer_name=self.buyer[0],
            buyer_number=self.buyer[1],
            buyer_address="西安市新城区样例路 2 号 029-00000001",
            buyer_bank="样例银行西安分行 6100000000002",
        )


@dataclass(frozen=True)
class Purchase:
    """A special invoice of a stranger to this hall, on paper."""

    number: str
    amount: str
    rate: str

    def draft(self, period: TaxPeriod) -> VoucherDraft:
        """Return it as it is entered on the input side."""
        amount = Decimal(self.amount)
        return VoucherDraft(
            kind=VoucherKind.SPECIAL, code="6104261130", number=self.number, dated_on=period.start,
            seller_number=SUPPLIER[1], seller_name=SUPPLIER[0], amount=amount,
            tax=round_money(amount * Decimal(self.rate) / 100),
        )  # fmt: skip


@dataclass(frozen=True)
class Month:
    """The month of one company; `voided` is the place of the invoice that it voids again."""

    sales: tuple[Sale, ...]
    voided: int | None = None
    purchases: tuple[Purchase, ...] = ()


# Twelve of several rates, ordinary and special.
TRADER = Month(
    (
        Sale("007", "1", SOFTWARE, "1000.00"), Sale("007", "1", PAPER, "388.50"),
        Sale("004", "1", SOFTWARE, "26000.00"), Sale("007", "3", SOFTWARE, "1200.00"),
        Sale("007", "exempt", VEGETABLES, "860.00"), Sale("004", "3", PAPER, "4500.00"),
        Sale("007", "1", PAPER, "99.90"), Sale("007", "1", SOFTWARE, "15000.00"),
        Sale("004", "1", PAPER, "7321.15"), Sale("007", "exempt", VEGETABLES, "432.10"),
        Sale("007", "1", SOFTWARE, "66.66"), Sale("007", "1", PAPER, "2048.00"),
    ),
    voided=6,
)  # fmt: skip
# The special one goes to the general taxpayer, which deducts its tax.
SERVICE = Month((Sale("007", "1", SOFTWARE, "5200.00"), Sale("004", "1", SOFTWARE, "3100.00", MAKER)))
GENERAL = Month(
    (
        Sale("004", "13", PAPER, "80000.00"), Sale("007", "13", PAPER, "2345.67"),
        Sale("004", "9", FREIGHT, "12000.00"), Sale("007", "6", SOFTWARE, "6789.01"),
        Sale("004", "6", SOFTWARE, "30000.00"),
    ),
    purchases=(Purchase("00071001", "50000.00", "13"), Purchase("00071002", "8000.00", "9")),
)  # fmt: skip
# In the order of recipe.COMPANIES; who has no month here only holds its disk.
MONTHS: dict[int, Month] = {0: TRADER, 1: SERVICE, 3: GENERAL}
