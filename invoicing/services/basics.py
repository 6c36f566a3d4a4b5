"""Basics are saved and removed here; what is entered twice becomes one row, and invoices keep their copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies, rules
from invoicing.models import BankAccount, Customer, Goods, Issuer, Unit
from invoicing.rules.basics import basic_problems
from taxhall.common.errors import InvalidInputError, NotFoundError
from taxhall.common.policies import require

# What makes two rows of a company the same; a customer with a number is known by it alone.
KEYS: dict[type[models.Model], tuple[str, ...]] = {
    Customer: ("name", "number"),
    Goods: ("name", "spec", "unit"),
    Unit: ("name",),
    BankAccount: ("account",),
    Issuer: ("payee", "reviewer", "drawer"),
}
SEARCHED: dict[type[models.Model], tuple[str, ...]] = {
    Customer: ("name", "number"),
    Goods: ("name", "spec", "tax_code"),
}
NOT_YOURS = _("您的身份不能维护这家企业的基础资料。")


@dataclass(frozen=True)
class Saved:
    """The row, and whether it took in another that was there already."""

    row: Any
    is_merged: bool


@transaction.atomic
def save_basic(
    *, actor: User, taxpayer: Taxpayer, model: type[models.Model], values: Mapping[str, Any], pk: int | None = None
) -> Saved:
    """Save one row of the basics; entered twice it is merged into the row that is there.

    Raises: NotPermittedError; NotFoundError for another company's row; InvalidInputError with the fields, and for
    goods whose namesake has another code.
    """
    # One writer at a time per company: two tabs with the same new customer end in one row.
    Taxpayer.objects.select_for_update().get(pk=taxpayer.pk)
    require(policies.can_issue_invoice(actor, taxpayer), NOT_YOURS)
    entered = tidy_basic(values)
    _refuse_problems(model, entered)
    row = model(taxpayer=taxpayer) if pk is None else _locked(model, taxpayer, pk)
    same = _find_same(model, taxpayer, entered, but=row.pk)
    if same is not None:
        _refuse_other_code(same, entered)
        row = _merge(row, same)
    for name, value in entered.items():
        setattr(row, name, value or getattr(row, name) if same is not None else value)
    set_search(row)
    if entered.get("is_usual"):
        _rows(model, taxpayer).filter(is_usual=True).exclude(pk=row.pk).update(is_usual=False)
    row.save()
    _audit(actor, "invoicing.basic_merged" if same is not None else "invoicing.basic_saved", row, taxpayer)
    return Saved(row, same is not None)


@transaction.atomic
def remove_basic(*, actor: User, taxpayer: Taxpayer, model: type[models.Model], pk: int) -> None:
    """Remove one row; invoices keep what they were given. Raises: NotPermittedError; NotFoundError."""
    require(policies.can_issue_invoice(actor, taxpayer), NOT_YOURS)
    row = _locked(model, taxpayer, pk)
    _audit(actor, "invoicing.basic_removed", row, taxpayer)
    row.delete()


def _rows(model: type[models.Model], taxpayer: Taxpayer) -> models.QuerySet[Any]:
    return model._default_manager.filter(taxpayer=taxpayer)


def _locked(model: type[models.Model], taxpayer: Taxpayer, pk: int) -> models.Model:
    row: models.Model | None = _rows(model, taxpayer).select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFoundError(_("没有找到这条资料，可能已被删除。"), next_step=_("请从列表中选择。"))
    return row


def _find_same(
    model: type[models.Model], taxpayer: Taxpayer, values: Mapping[str, Any], *, but: int | None
) -> models.Model | None:
    key = key_of(model, values)
    found: models.Model | None = _rows(model, taxpayer).filter(**key).exclude(pk=but).select_for_update().first()
    return found


def key_of(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns by which a row is the same as another of its company."""
    names = ("number",) if model is Customer and values.get("number") else KEYS[model]
    return {name: values.get(name, "") for name in names}


def set_search(row: models.Model) -> None:
    """Write on a row what it is found by."""
    names = SEARCHED.get(type(row), ())
    if names:
        cast(Any, row).search = rules.search_text(*(str(getattr(row, name)) for name in names))


def _refuse_other_code(same: models.Model, entered: Mapping[str, Any]) -> None:
    """Keep the code of goods from being replaced unseen: of two goods with one name, either may be meant."""
    problem = other_code(same, entered)
    if problem is not None:
        raise InvalidInputError(
            _("没有保存：同名商品的编码不同，原来的资料没有变化。"),
            code=problem.code,
            next_step=problem.mend,
            fields={problem.field: [f"{problem.message}{problem.mend}"]},
        )


def other_code(same: models.Model, entered: Mapping[str, Any]) -> rules.Problem | None:
    """Return the problem of goods whose namesake has another code."""
    if not isinstance(same, Goods) or same.tax_code == entered["tax_code"]:
        return None
    facts = {"old": same.tax_code, "new": entered["tax_code"]}
    why = _("已有名称、规格和单位都相同的商品，编码是 %(old)s，与您填写的 %(new)s 不同。") % facts
    mend = _("要换编码的，请在列表中修改原来那一条；是另一种商品的，请写不同的名称或规格。")
    return rules.Problem("basics.other_code", "tax_code", why, mend)


def _merge(row: models.Model, same: models.Model) -> models.Model:
    if row.pk is not None:
        row.delete()
    return same


def tidy_basic(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was entered without needless blanks, numbers in capitals."""
    found = {name: " ".join(value.split()) if isinstance(value, str) else value for name, value in values.items()}
    if "number" in found:
        found["number"] = found["number"].upper().replace(" ", "")
    return found


def _refuse_problems(model: type[models.Model], values: Mapping[str, Any]) -> None:
    problems = [each for each in basic_problems(model.__name__.lower(), values) if each.is_blocking]
    if problems:
        fields: dict[str, list[str]] = {}
        for problem in problems:
            fields.setdefault(problem.field, []).append(f"{problem.message}{problem.mend}")
        raise InvalidInputError(
            _("没有保存：有内容需要改正。"),
            code="basics.has_problems",
            next_step=_("请改正标出的内容。"),
            fields=fields,
        )


def _audit(actor: User, action: str, row: models.Model, taxpayer: Taxpayer) -> None:
    account_services.record_audit_event(
        actor=actor, action=action, obj=row, taxpayer=taxpayer, data={"name": str(row)[:100]}
    )
