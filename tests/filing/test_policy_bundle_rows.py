"""What may stand in a policy bundle: one value at a time for each kind, names that are used, and nothing strange."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.models import Taxpayer
from filing import selectors
from filing.errors import BundleRefusedError
from filing.models import PolicyRule
from filing.rules import library
from filing.selectors.dues import late_fee_law
from taxhall.common.periods import TaxPeriod
from tests.filing.bundles import BASIS, LOOSER, NEW_THRESHOLD, THRESHOLD_ENDS, bundle, issuer, load, threshold_on

__all__ = ["issuer"]
pytestmark = pytest.mark.django_db

FOR_ONE_KIND = {**NEW_THRESHOLD, "taxpayer_kind": "small_scale", "value": "130000"}


@pytest.mark.parametrize("first", [NEW_THRESHOLD, FOR_ONE_KIND])
def test_a_value_for_all_kinds_and_one_for_a_single_kind_do_not_hold_together(first: dict[str, str]) -> None:
    other = FOR_ONE_KIND if first is NEW_THRESHOLD else NEW_THRESHOLD
    load(bundle(THRESHOLD_ENDS, first))
    with pytest.raises(BundleRefusedError, match=r"small_scale\.threshold\.monthly 的有效期与现有的重叠"):
        load(bundle({**other, "valid_from": "2028-01-01"}, version=2))
    for rows in ((first, other), (other, first)):
        with pytest.raises(BundleRefusedError, match="互相重叠；适用全部纳税人的"):
            load(bundle(THRESHOLD_ENDS, *rows, version=2))
    assert threshold_on(date(2028, 1, 31)) == Decimal(first["value"])
    row = {name: other.get(name, "") for name in ("code", "key", "taxpayer_kind", "value", "basis")}
    with pytest.raises(IntegrityError, match="filing_policy_no_overlap"):
        PolicyRule.objects.create(**row, valid_from=date(2028, 1, 1))


def test_kinds_part_where_the_row_for_all_ends(taxpayer: Taxpayer, general: Taxpayer) -> None:
    rate = {"code": "surcharge.education", "key": "rate", "basis": BASIS}
    ends = {**rate, "value": "0.03", "valid_from": "2005-10-01", "valid_to": "2026-12-31"}
    parted = [
        {**rate, "value": value, "valid_from": "2027-01-01", "taxpayer_kind": kind}
        for kind, value in (("small_scale", "0.01"), ("general", "0.02"))
    ]
    load(bundle(ends, *parted))
    for company, value in ((taxpayer, "0.01"), (general, "0.02")):
        month = TaxPeriod.month(2027, 1)
        definition = library.find_definition(company.kind, month.end)
        assert definition is not None
        name = next(name for name, each in definition.policies.items() if each.code == "surcharge.education")
        assert selectors.policy_values(definition, taxpayer=company, period=month)[name] == Decimal(value)


def test_a_name_that_nothing_asks_for_is_refused() -> None:
    with pytest.raises(
        BundleRefusedError, match=r"policies 第 1 行 small_scale\.treshold\.monthly；tolerances 第 1 行 X99"
    ):
        load(bundle({**NEW_THRESHOLD, "code": "small_scale.treshold"}, tolerances=[{**LOOSER, "rule_code": "X99"}]))


def test_a_value_for_taxpayers_whose_forms_do_not_ask_for_it_is_refused() -> None:
    nobodys = {**NEW_THRESHOLD, "valid_from": "2028-01-01", "taxpayer_kind": "general"}
    with pytest.raises(BundleRefusedError, match=r"policies 第 2 行 small_scale\.threshold\.monthly\.general。"):
        load(bundle(THRESHOLD_ENDS, nobodys))
    assert not PolicyRule.objects.filter(taxpayer_kind="general").exists()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([THRESHOLD_ENDS, {**NEW_THRESHOLD, "taxpayer_kind": "nobody"}], "policies 第 2 行：没有这种纳税人"),
        ([THRESHOLD_ENDS, {**NEW_THRESHOLD, "taxpayer_kind": ["general"]}], "policies 第 2 行：没有这种纳税人"),
        ([{**NEW_THRESHOLD, "taxpayer_type": "general"}], "policies 第 1 行：不认识的字段 taxpayer_type"),
        ([{name: NEW_THRESHOLD[name] for name in ("code", "key", "value")}], "缺少字段 basis、valid_from"),
        (["row"], "policies 第 1 行：应为一组字段"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(rows: list[Any], words: str) -> None:
    with pytest.raises(BundleRefusedError, match=words):
        load(bundle(*rows))


def test_a_strange_field_of_a_tolerance_is_told_with_its_place() -> None:
    with pytest.raises(BundleRefusedError, match="tolerances 第 2 行：不认识的字段 unit"):
        load(bundle(tolerances=[LOOSER, {**LOOSER, "rule_code": "X2", "unit": "元"}]))


@pytest.mark.parametrize(
    "text",
    [
        b"\xff", b"[]", b"{}", b'{"version": 1, "version": 2}', b"[" * 100_000,
        bundle(), bundle(NEW_THRESHOLD, version=0), bundle(NEW_THRESHOLD, format="other"),
        bundle(NEW_THRESHOLD, issued_on="soon"), bundle(NEW_THRESHOLD, title=" "), bundle(NEW_THRESHOLD, more=1),
        bundle({**NEW_THRESHOLD, "value": "-1"}), bundle({**NEW_THRESHOLD, "value": "NaN"}),
        bundle({**NEW_THRESHOLD, "value": 0.1}), bundle({**NEW_THRESHOLD, "value": "0.0000001"}),  # type: ignore[dict-item]
        bundle({**NEW_THRESHOLD, "taxpayer_kind": "nobody"}), bundle({**NEW_THRESHOLD, "valid_to": "2026-12-31"}),
        bundle({**NEW_THRESHOLD, "basis": ""}), bundle(tolerances=[LOOSER, LOOSER]), bundle(policies={}),
        bundle(tolerances=[{**LOOSER, "amount": "0.001"}]),
    ],
)  # fmt: skip
def test_a_text_that_is_not_understood_as_a_whole_is_refused(text: bytes) -> None:
    with pytest.raises(BundleRefusedError, match="政策包不能读入"):
        load(text)


def test_the_days_of_reminders_are_set_and_announced(client: Client) -> None:
    steps = {"code": "reminder.days", "key": "first", "basis": "陕税函〔2027〕2号"}
    ends = {**steps, "value": "5", "valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    new = {**steps, "value": "7", "valid_from": "2027-01-01"}
    for wrong in ("1.5", "31"):
        with pytest.raises(BundleRefusedError, match="第 2 行：提醒的天数应为 0 至 30 的整数"):
            load(bundle(ends, {**new, "value": wrong}))
    with pytest.raises(BundleRefusedError, match=r"reminder\.days\.first\.general"):
        load(bundle({**new, "taxpayer_kind": "general"}))
    load(bundle(ends, new))
    assert selectors.reminder_steps(date(2026, 12, 31)) == (0, 1, 5)
    assert selectors.reminder_steps(date(2027, 1, 1)) == (0, 1, 7)
    page = client.get("/filing/policies/").content.decode()
    for words in ("到期提醒第一次提前的天数", "5 天（至 2026-12-31）", "7 天"):
        assert words in page


def test_the_surcharge_for_paying_late_is_set_and_announced(client: Client) -> None:
    rate = {"code": "late_fee.rate", "key": "daily", "basis": "税收征收管理法第三十二条"}
    ends = {**rate, "value": "0.0005", "valid_from": "2001-05-01", "valid_to": "2026-12-31"}
    new = {**rate, "value": "0.0003", "valid_from": "2027-01-01"}
    waived = {**rate, "code": "late_fee.waived", "key": "up_to", "value": "5000", "valid_from": "2027-01-01"}
    with pytest.raises(
        BundleRefusedError, match=r"policies 第 2 行、policies 第 3 行：滞纳金的每日加收率或不加收的金额过大"
    ):
        load(bundle(ends, {**new, "value": "0.03"}, {**waived}))
    with pytest.raises(BundleRefusedError, match=r"late_fee\.rate\.daily\.general"):
        load(bundle({**new, "taxpayer_kind": "general"}))
    load(bundle(ends, new))
    law = late_fee_law()
    assert law.rate_of_days(date(2026, 12, 31), date(2027, 1, 1)) == Decimal("0.0008")
    page = client.get("/filing/policies/").content.decode()
    for words in ("滞纳金每日加收率", "0.05%（至 2026-12-31）", "0.03%"):
        assert words in page
