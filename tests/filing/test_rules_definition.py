"""Form definitions are data: the engine carries the general taxpayer's form without new code."""

from __future__ import annotations

from decimal import Decimal

import pytest

from filing.rules import library
from filing.rules.computation import Entry, Inputs, compute
from filing.rules.definition import CellKey, DefinitionError, load
from filing.rules.wording import explain
from tests.filing.sheets import POLICIES, sheet, small_scale

HEAD = """
code = "vat_general"
version = "test"
title = "增值税及附加税费申报表（一般纳税人适用）"
taxpayer_kind = "general"
valid_from = 2026-01-01
basis = "test"
due = "main.L34[general]"
sales = "main.L1[general]"
"""

# The spine of the general form: 附列资料(一) by rate, 附列资料(二) with memo lines, carried credit.
GENERAL = (
    HEAD
    + """
[policies]
city = { code = "surcharge.city_maintenance", key = "{area}", label = "城建税税率" }

[[schedules]]
code = "annex_one"
title = "附列资料（一）"
columns = [
  { code = "1", label = "专用发票销售额", kind = "plain" },
  { code = "2", label = "专用发票税额", kind = "plain" },
  { code = "3", label = "其他发票销售额", kind = "plain" },
  { code = "4", label = "其他发票税额", kind = "plain" },
  { code = "9", label = "合计销售额", kind = "plain", formula = "[1] + [3]" },
  { code = "10", label = "合计税额", kind = "plain", formula = "[2] + [4]" },
]
lines = [
  { number = "1", label = "13% 货物" },
  { number = "5", label = "6% 服务" },
  { number = "11", label = "3% 征收率货物" },
]

[[schedules]]
code = "annex_two"
title = "附列资料（二）"
columns = [{ code = "tax", label = "税额", kind = "plain" }]
lines = [
  { number = "1", label = "认证相符的专用发票" },
  { number = "8a", label = "加计扣除农产品进项税额" },
  { number = "12", label = "当期申报抵扣进项税额合计", formula = "sum(L1, L8a)" },
  { number = "13", label = "本期进项税额转出额" },
]

[[schedules]]
code = "main"
title = "主表"
usual_columns = ["general"]
columns = [
  { code = "general", label = "一般项目本月数" },
  { code = "refund", label = "即征即退项目本月数" },
  { code = "ytd_general", label = "一般项目本年累计", kind = "ytd", of = "general" },
]
lines = [
  { number = "1", label = "按适用税率计税销售额", formula = "annex_one.L1[9] + annex_one.L5[9]" },
  { number = "11", label = "销项税额", formula = "annex_one.L1[10] + annex_one.L5[10]" },
  { number = "12", label = "进项税额", formula = "annex_two.L12[tax]" },
  { number = "13", label = "上期留抵税额", formula = "prev.main.L20[general]", ytd = false },
  { number = "14", label = "进项税额转出", formula = "annex_two.L13[tax]" },
  { number = "17", label = "应抵扣税额合计", formula = "L12 + L13 - L14", ytd = false },
  { number = "18", label = "实际抵扣税额", formula = "min(L17, L11)" },
  { number = "19", label = "应纳税额", formula = "L11 - L18" },
  { number = "20", label = "期末留抵税额", formula = "L17 - L18", ytd = false },
  { number = "21", label = "简易计税办法计算的应纳税额", formula = "annex_one.L11[10]" },
  { number = "24", label = "应纳税额合计", formula = "L19 + L21" },
  { number = "34", label = "本期应补（退）税额", formula = "L24", ytd = false },
  { number = "39", label = "城市维护建设税", formula = "max(0, L34) * policy.city" },
]
"""
)


def general(**entries: str) -> dict[str, Decimal]:
    """Compute the general form's main column from annex entries."""
    given = {CellKey(*name.split("__")): Entry(Decimal(text)) for name, text in entries.items()}
    previous = {CellKey("main", "20", "general"): Decimal("5000"), CellKey("main", "11", "ytd_general"): Decimal("100")}
    inputs = Inputs(policies={"city": Decimal("0.07")}, previous=previous, year_to_date=previous, entries=given)
    found = compute(load(GENERAL), inputs)
    assert found.problems == ()
    return {str(key): value.amount for key, value in found.cells.items() if key.schedule == "main"}


def test_the_general_taxpayers_worked_example_agrees() -> None:
    cells = general(
        annex_one__1__1="500000", annex_one__1__2="65000", annex_one__5__3="100000", annex_one__5__4="6000",
        annex_one__11__1="100000", annex_one__11__2="3000", annex_two__1__tax="48000", annex_two__13__tax="1200",
    )  # fmt: skip
    expected = {
        "1": "600000", "11": "71000", "13": "5000", "17": "51800", "18": "51800", "19": "19200", "20": "0",
        "21": "3000", "24": "22200", "34": "22200", "39": "1554.00",
    }  # fmt: skip
    assert {number: cells[f"main.L{number}[general]"] for number in expected} == {
        number: Decimal(text) for number, text in expected.items()
    }
    assert cells["main.L11[ytd_general]"] == Decimal("71100")


def test_input_tax_beyond_output_tax_is_carried_forward() -> None:
    cells = general(annex_one__1__2="1000", annex_two__1__tax="3000", annex_two__8a__tax="100")
    assert cells["main.L18[general]"] == Decimal("1000")
    assert cells["main.L20[general]"] == Decimal("7100")
    assert cells["main.L34[general]"] == 0


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("L2", "has no '2'"),
        ("other.L1", "has no 'other'"),
        ("L1[nowhere]", "has no 'nowhere'"),
        ("policy.unknown", "unknown policy"),
        ("L1 + 1", "circle"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(formula: str, message: str) -> None:
    text = f"""{HEAD}
[[schedules]]
code = "main"
title = "主表"
columns = [{{ code = "general", label = "本月数" }}]
lines = [{{ number = "1", label = "一", formula = "{formula}" }}, {{ number = "34", label = "应补" }}]
"""
    with pytest.raises(DefinitionError, match=message):
        load(text)


def test_every_form_on_the_shelf_loads_and_is_found_by_its_period() -> None:
    assert library.all_definitions()
    found = library.find_definition("small_scale", small_scale().valid_from)
    assert found == small_scale()
    general_form = library.find_definition("general", small_scale().valid_from)
    assert general_form is not None
    assert general_form.code == "vat_general"


def test_formulas_are_told_in_words() -> None:
    policies = {name: Decimal(text) for name, text in POLICIES.items()}
    cells = small_scale().cells

    def words(name: str) -> str:
        return explain(small_scale(), cells[CellKey.parse(name)], policies)

    assert words("main.L15[goods]") == "= 第 1 栏 × 3% + 第 4 栏 × 0% + 第 7 栏 × 3%"
    assert words("main.L20[services]") == "= 第 15 栏 − 第 16 栏"
    assert words("sales.L8[goods]") == ""
    assert "《附列资料（二）》第 1 栏" in words("main.L23[total]")


def test_the_lesser_the_greater_and_what_a_line_lacks_are_told_plainly() -> None:
    general = library.get_definition("vat_general", "2021-20")

    def words(name: str) -> str:
        return explain(general, general.cells[CellKey.parse(name)], {"halving": Decimal("0.5")})

    assert words("surcharges.L1[1]") == "= 《申报表主表》第 34 栏各列合计，小于 0 时取 0"
    assert words("surcharges.L1[5]").startswith(
        "= （“增值税税额” + “增值税免抵税额” − “留抵退税本期扣除额”，小于 0 时取 0） × "
    )
    assert words("credit.L1[4]") == "= “期初余额” + “本期发生额”"
    assert words("credit.L6[4]") == "= “期初余额” + “本期发生额” − “本期调减额”"
    assert (
        words("credit.L2[5]")
        == "= “本期应（可）抵减税额”、《申报表主表》第 24 栏“一般项目：本月数” 中较小的数，小于 0 时取 0"
    )


def test_computing_twice_gives_the_same_sheet() -> None:
    facts = {"sales.ordinary.1.goods": "123.45"}
    assert sheet(facts).cells == sheet(facts).cells
