"""The tax classification in an import: the short names that saving by hand puts, and advice that keeps nothing out."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Membership
from devices.models import Device
from invoicing import selectors, services
from invoicing.choices_files import ImportState
from invoicing.models import ImportJob, Invoice, TaxCode
from invoicing.services.imports import run
from tests.harness.clients import HallClient
from tests.invoicing.files import samples
from tests.invoicing.files.conftest import many
from tests.invoicing.pages import text_of

Make = Callable[..., ImportJob]
SOFTWARE, UNKNOWN = "3040203000000000000", "3040299000000000000"


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    call_command("load_tax_codes", verbosity=0)


def row(name: str, code: str = SOFTWARE, rate: str = "1%") -> list[str]:
    return [uuid.uuid4().hex[:8], *samples.ROW[1:3], name, code, "1", "1000.00", rate]


def test_names_get_the_short_name_that_saving_by_hand_puts(
    imported: Make, seller: Membership, enrolled: Device
) -> None:
    imported(samples.table(row("软件  维护"), row("*自拟*软件维护"), row("软件维护", UNKNOWN)))
    made = [each.lines.get().name for each in Invoice.objects.order_by("pk")]
    by_hand = services.save_draft(
        actor=seller.user,
        taxpayer=seller.taxpayer,
        device=enrolled,
        draft=services.draft_of(Invoice.objects.order_by("pk")[0]),
    )

    assert made == ["*信息技术服务*软件 维护", "*自拟*软件维护", "软件维护"]
    assert by_hand.lines.get().name == made[0]


def test_a_discount_line_is_named_as_its_line(imported: Make) -> None:
    imported(samples.table([*row("软件维护"), "100.00"], head=[*samples.HEAD, "折扣额"]))

    assert {each.name for each in Invoice.objects.get().lines.all()} == {"*信息技术服务*软件维护"}


def test_advice_is_told_by_the_rows_of_the_file_and_keeps_nothing_out(checked: Make) -> None:
    TaxCode.objects.filter(pk=SOFTWARE).update(rates=["6"])
    job = checked(samples.table(row("软件维护"), row("甲", UNKNOWN), row("乙", UNKNOWN)))
    (told,) = job.problems.all()

    assert (job.state, job.good_count, job.warned_count, job.bad_count) == (ImportState.CHECKED, 2, 1, 0)
    assert (told.row, told.column, told.value) == (3, "商品和服务税收分类编码", UNKNOWN)
    assert (told.code, told.is_blocking) == ("line.code_unknown", False)
    assert told.message.startswith("第 3 行的编码")
    assert told.mend.endswith("只提示这一次。"), "once, however often it stands in the file"


def test_a_hint_is_seen_on_the_page_and_the_file_can_be_let_in(checked: Make, seller_client: HallClient) -> None:
    job = checked(samples.table(row("甲", UNKNOWN)))
    words = text_of(seller_client.get(reverse("invoicing:import-detail", args=[job.number])))

    assert "检查通过，可以导入" in words
    assert "不在本厅的税收分类编码表中" in words


def test_without_a_table_nothing_is_advised(checked: Make) -> None:
    TaxCode.objects.all().delete()

    assert checked(samples.table(row("甲", UNKNOWN))).good_count == 1


def test_the_table_is_read_once_a_batch_at_most(imported: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[set[str]] = []
    real = selectors.catalogue_of
    monkeypatch.setattr(run, "BATCH", 5)
    monkeypatch.setattr(selectors, "catalogue_of", lambda codes: asked.append(set(codes)) or real(codes))
    imported(many(12))

    assert asked == [{SOFTWARE}, {SOFTWARE}], "by the check and by the import; what is known is not asked again"
