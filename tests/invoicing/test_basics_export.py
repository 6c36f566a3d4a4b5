"""Customers and goods into a file: all of them, in columns that come back equal."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Membership
from invoicing.models import Customer, Goods
from tests.factories.accounts import MembershipFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of
from tests.invoicing.test_basics_import import import_file

pytestmark = pytest.mark.django_db
HOSTILE = ("=1+1", "'=1+1", "+86", "@name", "-1", 'a,b"c', "９×9＝81", "001")


def export(client: HallClient, slug: str, file_format: str) -> bytes:
    answer = client.get(reverse("invoicing:basic-export", args=[slug]), {"format": file_format})
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"
    return b"".join(answer)


def bring_back(client: HallClient, slug: str, content: bytes, file_format: str) -> str:
    return text_of(import_file(client, slug, content, f"back.{file_format}"))


@pytest.fixture
def filled(seller: Membership) -> Membership:
    for at, text in enumerate(HOSTILE):
        number = "91610131000000019Y" if at == 0 else ""
        Customer.objects.create(taxpayer=seller.taxpayer, name=f"{text}客户", number=number, address=text, search="")
        Goods.objects.create(
            taxpayer=seller.taxpayer, name=f"{text}商品", tax_code="3040203000000000000", rate="exempt" if at else "13",
            spec=text, price=Decimal("0.12345678") if at else None, search="",
        )  # fmt: skip
    return seller


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
@pytest.mark.parametrize(("slug", "model"), [("customers", Customer), ("goods", Goods)])
def test_what_was_exported_comes_back_equal(
    filled: Membership, seller_client: HallClient, slug: str, model: type, file_format: str
) -> None:
    content = export(seller_client, slug, file_format)
    kept = [{**row, "search": "", "updated_at": None} for row in model.objects.order_by("pk").values()]
    assert f"没有变化的 {len(HOSTILE)} 条" in bring_back(seller_client, slug, content, file_format)
    taken = AuditEvent.objects.get(action="invoicing.basics_exported")
    assert taken.data == {"kind": model.__name__.lower(), "count": len(HOSTILE)}
    model.objects.all().delete()
    assert f"新增 {len(HOSTILE)} 条" in bring_back(seller_client, slug, content, file_format)
    same = ("id", "created_at", "updated_at", "search")
    found = sorted(({k: v for k, v in row.items() if k not in same} for row in model.objects.values()), key=str)
    assert found == sorted(({k: v for k, v in row.items() if k not in same} for row in kept), key=str)


def test_another_company_gets_its_own_rows_alone(filled: Membership) -> None:
    outsider = HallClient().enter_as(MembershipFactory(finance=True))
    assert "客户名称".encode() in export(outsider, "customers", "csv")
    assert "客户".encode() not in export(outsider, "customers", "csv").partition(b"\n")[2]
