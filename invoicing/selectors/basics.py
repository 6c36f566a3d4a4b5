"""Reads of the basics and of the tax classification: by characters, pinyin initials and numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts.models import Taxpayer, User
from invoicing.models import BankAccount, Customer, Goods, Issuer, TaxCode
from invoicing.rules.catalogue import CodeFacts
from taxhall.common.errors import NotFoundError
from taxhall.common.prepared import Prepared, Slot

FOUND_AT_MOST = 8
_USUAL_ACCOUNT: Prepared[BankAccount] = Prepared(
    lambda: BankAccount.objects.filter(taxpayer=Slot("taxpayer"), is_usual=True)
)
_USUAL_PEOPLE: Prepared[Issuer] = Prepared(lambda: Issuer.objects.filter(taxpayer=Slot("taxpayer"), is_usual=True))


@dataclass(frozen=True)
class UsualEntries:
    """What is filled into every new invoice of a company."""

    bank: str
    payee: str
    reviewer: str
    drawer: str


def list_basics(
    *, visible_to: User, taxpayer: Taxpayer, model: type[models.Model], text: str = ""
) -> models.QuerySet[Any]:
    """Return the rows of one kind that match; none for those who may not see the company."""
    found = model._default_manager.filter(taxpayer=taxpayer)
    if not account_policies.can_view_taxpayer(visible_to, taxpayer):
        return found.none()
    return found.filter(_matches(model, text.strip())) if text.strip() else found


def get_basic(*, visible_to: User, taxpayer: Taxpayer, model: type[models.Model], pk: int) -> Any:
    """Return one row. Raises: NotFoundError when it is absent or not to be seen."""
    found = list_basics(visible_to=visible_to, taxpayer=taxpayer, model=model).filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这条资料，可能已被删除。"), next_step=_("请从列表中选择。"))
    return found


def find_customers(*, visible_to: User, taxpayer: Taxpayer, text: str) -> list[Customer]:
    """Return the customers that a few typed signs may mean, for quick entry."""
    return list(list_basics(visible_to=visible_to, taxpayer=taxpayer, model=Customer, text=text)[:FOUND_AT_MOST])


def find_goods(*, visible_to: User, taxpayer: Taxpayer, text: str) -> list[Goods]:
    """Return the goods that a few typed signs may mean."""
    return list(list_basics(visible_to=visible_to, taxpayer=taxpayer, model=Goods, text=text)[:FOUND_AT_MOST])


def find_tax_codes(text: str, *, limit: int = FOUND_AT_MOST) -> list[TaxCode]:
    """Return the leaves of the classification that match characters, initials or the first digits of the code."""
    wanted = text.strip()
    if not wanted:
        return []
    by_text = Q(code__startswith=wanted) if wanted.isdigit() else Q(search__contains=wanted.lower())
    return list(TaxCode.objects.filter(by_text, is_leaf=True)[:limit])


def catalogue_of(codes: Iterable[str]) -> dict[str, CodeFacts]:
    """Return what the loaded classification says of these codes, in one statement; what it does not hold is absent."""
    rows = TaxCode.objects.filter(pk__in=set(codes)).order_by()
    return {row.code: CodeFacts(row.name, row.short_name, tuple(row.rates), row.is_leaf) for row in rows}


def has_catalogue() -> bool:
    """Say whether any classification was loaded."""
    return TaxCode.objects.exists()


def usual_entries(taxpayer: Taxpayer) -> UsualEntries:
    """Return the bank account and the people that the company prints on its invoices."""
    account = _USUAL_ACCOUNT.first(taxpayer=taxpayer.pk)
    people = _USUAL_PEOPLE.first(taxpayer=taxpayer.pk)
    return UsualEntries(
        bank=str(account) if account else taxpayer.bank,
        payee=people.payee if people else "",
        reviewer=people.reviewer if people else "",
        drawer=people.drawer if people else "",
    )


def _matches(model: type[models.Model], text: str) -> Q:
    names = {field.name for field in model._meta.get_fields()}
    if "search" in names:
        return Q(search__contains=text.lower())
    wanted = Q()
    for name in ("name", "bank", "account", "payee", "reviewer", "drawer"):
        if name in names:
            wanted |= Q(**{f"{name}__icontains": text})
    return wanted
