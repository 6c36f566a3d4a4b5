"""Quick entry: a few typed signs bring a whole customer, or goods with code and rate, into the form.

Every step is a submit button of the form itself, so it works without script; with script the same choices appear
while typing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Taxpayer, User
from invoicing import selectors
from invoicing.models import Customer, Goods, TaxCode
from invoicing.rules.catalogue import with_short_name

_CUSTOMER = re.compile(r"^customer-(\d{1,18})$")
_FIND_GOODS = re.compile(r"^find-goods-(\d{1,4})$")
_GOODS = re.compile(r"^goods-(\d{1,4})-(\d{1,18})$")
_CODE = re.compile(r"^code-(\d{1,4})-(\d{19})$")


@dataclass
class QuickEntry:
    """What is offered: customers for the buyer, or goods and codes for one line."""

    customers: list[Customer] = field(default_factory=list)
    goods: list[Goods] = field(default_factory=list)
    codes: list[TaxCode] = field(default_factory=list)
    position: int | None = None
    is_answer: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.customers or self.goods or self.codes)


def act(
    action: str, fields: dict[str, Any], rows: list[dict[str, Any]], *, visible_to: User, taxpayer: Taxpayer
) -> QuickEntry | None:
    """Carry out one of the quick-entry buttons on what was typed; None when the button is another one."""
    scope: dict[str, Any] = {"visible_to": visible_to, "taxpayer": taxpayer}
    if action == "find-customer":
        return _offer_customers(fields, scope)
    if match := _CUSTOMER.match(action):
        _fill_customer(fields, selectors.get_basic(**scope, model=Customer, pk=int(match[1])))
        return QuickEntry()
    if (match := _FIND_GOODS.match(action)) and int(match[1]) < len(rows):
        return _offer_goods(rows, int(match[1]), scope)
    if (match := _GOODS.match(action)) and int(match[1]) < len(rows):
        _fill_goods(rows[int(match[1])], selectors.get_basic(**scope, model=Goods, pk=int(match[2])))
        return QuickEntry(position=int(match[1]))
    if (match := _CODE.match(action)) and int(match[1]) < len(rows):
        _fill_code(rows[int(match[1])], match[2])
        return QuickEntry(position=int(match[1]))
    return None


def suggest_customers(text: str, *, visible_to: User, taxpayer: Taxpayer) -> QuickEntry:
    """Return the customers that what was typed may mean; nothing for nothing."""
    found = selectors.find_customers(visible_to=visible_to, taxpayer=taxpayer, text=text) if text.strip() else []
    return QuickEntry(customers=found, is_answer=True)


def suggest_goods(text: str, position: int, *, visible_to: User, taxpayer: Taxpayer) -> QuickEntry:
    """Return the goods and codes that what was typed may mean."""
    wanted = text.strip()
    goods = selectors.find_goods(visible_to=visible_to, taxpayer=taxpayer, text=wanted) if wanted else []
    return QuickEntry(goods=goods, codes=selectors.find_tax_codes(wanted), position=position, is_answer=True)


def _offer_customers(fields: dict[str, Any], scope: dict[str, Any]) -> QuickEntry:
    offer = suggest_customers(fields.get("buyer_name") or fields.get("buyer_number") or "", **scope)
    if len(offer.customers) == 1:
        _fill_customer(fields, offer.customers[0])
        return QuickEntry()
    return offer


def _fill_customer(fields: dict[str, Any], customer: Customer) -> None:
    fields |= {f"buyer_{name}": getattr(customer, name) for name in ("name", "number", "address", "bank")}


def _offer_goods(rows: list[dict[str, Any]], position: int, scope: dict[str, Any]) -> QuickEntry:
    row = rows[position]
    return suggest_goods(row.get("name") or row.get("tax_code") or "", position, **scope)


def _fill_goods(row: dict[str, Any], goods: Goods) -> None:
    row |= {"name": goods.name, "spec": goods.spec, "unit": goods.unit, "rate": goods.rate}
    if goods.price is not None:
        row["price"] = f"{goods.price:f}".rstrip("0").rstrip(".")
    _fill_code(row, goods.tax_code)


def _fill_code(row: dict[str, Any], code: str) -> None:
    """Put the code on the line, and its short name before the name: the one of the code chosen last, once."""
    row["tax_code"] = code
    found = selectors.catalogue_of([code]).get(code)
    if found is not None:
        row["name"] = with_short_name(str(row.get("name") or "") or found.name, found.short_name)
