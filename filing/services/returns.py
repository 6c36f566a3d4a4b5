"""Beginning, saving, filing and voiding a return."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from devices import selectors as device_selectors
from devices.choices import UNSETTLED_COMMAND_STATES
from devices.models import Device
from filing import policies, selectors, signals, tasks
from filing.choices import EMPTY_PAYMENTS, GONE_STATES, CellKind, ReturnStatus
from filing.errors import ReturnChangedError, ReturnIncompleteError, ReturnNotDraftError
from filing.models import ReturnReceipt, TaxReturn
from filing.rules import library
from filing.rules.computation import Entry, Sheet
from filing.rules.definition import CellKey, FormDefinition
from filing.services import corrections
from filing.services.sheets import store_sheet
from filing.services.uses import free_uses
from taxhall.common import clock, doorbell
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require

_NO_RIGHT = "您在这家企业的身份不能办理申报，需要法定代表人、财务负责人、管理员或办税员办理。"
_LIMIT = Decimal("9999999999999.99")


@transaction.atomic
def start_return(*, actor: User, taxpayer: Taxpayer, period: TaxPeriod, tax: str = "vat") -> TaxReturn:
    """Begin the return of a period, or return the one that stands; prefilled from the invoices.

    Rule: a period is filed after it ended, by month or by quarter as the taxpayer is registered.
    Raises: NotPermittedError; ConflictError for a period that has not ended, is not the taxpayer's
    kind, or has no form here.
    """
    # The taxpayer's row is the lock: two tabs beginning the same period meet here.
    taxpayer = Taxpayer.objects.select_for_update(of=("self",)).select_related("bureau").get(pk=taxpayer.pk)
    require(policies.can_start_return(actor, taxpayer), _(_NO_RIGHT))
    standing = selectors.find_return(taxpayer=taxpayer, period=period, tax=tax)
    if standing is not None:
        return standing
    return _begin(taxpayer, period, _form_for(taxpayer, period, tax), actor)


@transaction.atomic
def prepare_return(*, taxpayer: Taxpayer, period: TaxPeriod) -> TaxReturn | None:
    """Begin the VAT return of a period for a company that rests, as a draft: nothing is filed without a person.

    Gives None where one stands, or where the hall has no form. Raises: ConflictError for a period that is not due.
    """
    taxpayer = Taxpayer.objects.select_for_update(of=("self",)).select_related("bureau").get(pk=taxpayer.pk)
    if selectors.find_return(taxpayer=taxpayer, period=period) is not None:
        return None
    if library.find_definition(taxpayer.kind, period.end) is None:
        return None
    return _begin(taxpayer, period, _form_for(taxpayer, period, "vat"), None)


def _begin(taxpayer: Taxpayer, period: TaxPeriod, definition: FormDefinition, actor: User | None) -> TaxReturn:
    tax_return = TaxReturn.objects.create(
        taxpayer=taxpayer,
        form_code=definition.code,
        form_version=definition.version,
        period_start=period.start,
        period_end=period.end,
    )
    store_sheet(tax_return, selectors.current_sheet(tax_return))
    _audit(actor, "filing.return_started", tax_return, period=period.code)
    return tax_return


def _form_for(taxpayer: Taxpayer, period: TaxPeriod, tax: str) -> FormDefinition:
    due = selectors.return_period(taxpayer, TaxPeriod.of_month(period.end))
    if due != period and (tax == "vat" or period != TaxPeriod.of_month(period.end)):
        raise ConflictError(
            _("%(period)s不是您的申报所属期，没有建立申报表。") % {"period": period.label},
            code="filing.period_not_due",
            next_step=_("请从“本期应申报”列表进入。"),
        )
    if period.end >= clock.today():
        raise ConflictError(
            _("%(period)s还没有结束，不能申报。") % {"period": period.label},
            code="filing.period_not_ended",
            next_step=_("请在所属期结束后的征期内申报。"),
        )
    definition = library.find_definition(taxpayer.kind, period.end, tax)
    if definition is None:
        raise ConflictError(
            _("本系统暂不能受理这一类纳税人 %(period)s的申报表。") % {"period": period.label},
            code="filing.form_not_available",
            next_step=_("请到办税服务厅办理申报。"),
        )
    return definition


@transaction.atomic
def save_return(*, actor: User, tax_return: TaxReturn, version: int, entries: Mapping[CellKey, Entry]) -> TaxReturn:
    """Save entries into a draft and compute everything else; cells not given stay as they are.

    A changed prefilled number is kept even while its reason is still missing, so that nothing
    entered is lost; the mandatory check then stands in the way of filing.
    Raises: NotPermittedError; ReturnNotDraftError; ReturnChangedError for a stale version;
    InvalidInputError for cells that are computed, unknown or out of range.
    """
    locked = _lock(tax_return)
    require(policies.can_change_return(actor, locked), _(_NO_RIGHT))
    _require_draft(locked)
    if version != locked.version:
        raise ReturnChangedError(
            _("这张申报表在别处又保存过一次，本次没有保存。"),
            next_step=_("您填写的内容仍在本页。核对后再次保存，将以本页为准。"),
        )
    _require_enterable(selectors.definition_of(locked), entries)
    merged = {**selectors.stored_entries(locked), **entries}
    merged = {key: entry for key, entry in merged.items() if entry.value is not None}
    locked.version += 1
    store_sheet(locked, selectors.current_sheet(locked, merged))
    _audit(actor, "filing.return_saved", locked, version=locked.version, cells=len(entries))
    return locked


def _require_enterable(definition: FormDefinition, entries: Mapping[CellKey, Entry]) -> None:
    fields: dict[str, list[str]] = {}
    for key, entry in entries.items():
        cell = definition.cells.get(key)
        if cell is None or cell.kind == CellKind.COMPUTED:
            fields[str(key)] = [_("这一栏由系统计算，不能填写")]
        elif entry.value is not None and abs(entry.value) > _LIMIT:
            fields[str(key)] = [_("金额超出可填范围，请核对")]
        elif len(entry.reason) > 200:
            fields[str(key)] = [_("修改原因请在 200 字以内")]
    if fields:
        raise InvalidInputError(_("有栏次不能这样填写，本次没有保存。"), fields=fields)


@transaction.atomic
def submit_return(*, actor: User, tax_return: TaxReturn, key: str, digest: str) -> TaxReturn:
    """File a return exactly as it was shown; the same key again returns the return it filed.

    Rule: mandatory checks hold; late filing is accepted and marked (征管法 art. 62). The digest is
    that of the sheet the actor saw: figures that moved since are shown again, not filed.
    Raises: NotPermittedError; ReturnNotDraftError; ReturnChangedError; ReturnIncompleteError.
    """
    # The company first, as on the input side: nothing is ticked between what is computed here and its filing.
    _hold_company(tax_return)
    locked = _lock(tax_return)
    require(policies.can_change_return(actor, locked), _(_NO_RIGHT))
    if not locked.is_draft and locked.status not in GONE_STATES and key == locked.submit_key:
        return locked
    _require_draft(locked)
    sheet = selectors.current_sheet(locked)
    if digest != sheet.digest:
        raise ReturnChangedError(
            _("您核对之后，申报表的数字又有变化，没有提交。"), next_step=_("请按最新的数字重新核对，再提交申报。")
        )
    _require_complete(sheet)
    store_sheet(locked, sheet)
    if locked.corrects_id is not None:
        corrections.take_the_place(locked)
    _accept(locked, actor, key, sheet)
    if locked.corrects is not None:
        free_uses(taxpayer=locked.taxpayer, pks=_counted(locked.corrects))
    _audit(actor, "filing.return_submitted", locked, receipt=locked.receipt_number, tax_due=str(locked.tax_due))
    _tell_accepted(locked)
    transaction.on_commit(partial(signals.return_accepted.send, sender=TaxReturn, tax_return=locked))
    doorbell.ring_on_commit(tasks.compare_return, locked.pk)
    return locked


def _require_complete(sheet: Sheet) -> None:
    if problems := sheet.mandatory_problems:
        fields: dict[str, list[str]] = {}
        for problem in problems:
            fields.setdefault(str(problem.here), []).append(_(problem.message))
        raise ReturnIncompleteError(
            _("还有 %(count)s 项强制检查没有通过，没有提交。") % {"count": len(problems)},
            next_step=_("请按检查列表逐项改正后再提交，已填写的内容都在。"),
            fields=fields,
        )


def _accept(tax_return: TaxReturn, actor: User, key: str, sheet: Sheet) -> None:
    now, today = clock.now(), clock.today()
    deadline = selectors.deadline_for(tax_return.period, bureau=tax_return.taxpayer.bureau)
    counted = selectors.counted_vouchers(taxpayer=tax_return.taxpayer, period=tax_return.period)
    tax_return.status = ReturnStatus.SUBMITTED
    tax_return.submit_key = key
    tax_return.submitted_at, tax_return.submitted_by = now, actor
    tax_return.due_on, tax_return.is_late = deadline.date, today > deadline.date
    tax_return.receipt_number = f"SB{today:%Y%m%d}{tax_return.pk:08d}"
    ReturnReceipt.objects.create(
        tax_return=tax_return,
        number=tax_return.receipt_number,
        received_at=now,
        due_on=deadline.date,
        is_late=tax_return.is_late,
        tax_due=sheet.tax_due,
        digest=sheet.digest,
        content=_content(sheet) | {"vouchers": counted},
    )
    tax_return.save()


def _content(sheet: Sheet) -> dict[str, Any]:
    def texts(values: Mapping[Any, Decimal]) -> dict[str, str]:
        return {str(key): str(value) for key, value in values.items()}

    return {
        "form": [sheet.definition.code, sheet.definition.version],
        "cells": texts({key: each.value for key, each in sheet.cells.items() if each.value is not None}),
        "reasons": {str(key): each.reason for key, each in sheet.cells.items() if each.reason},
        "facts": texts(sheet.inputs.facts),
        "policies": texts(sheet.inputs.policies),
        "previous": texts(sheet.inputs.previous),
        "year_to_date": texts(sheet.inputs.year_to_date),
    }


def _tell_accepted(tax_return: TaxReturn) -> None:
    owed = tax_return.owed_amount > ZERO
    body = _("受理编号 %(number)s。") % {"number": tax_return.receipt_number}
    overpaid = selectors.overpaid_tax(tax_return)
    if overpaid:
        body += _("更正前多缴 %(amount)s 元，可以向主管税务机关申请退还。") % {"amount": f"{overpaid:,.2f}"}
    else:
        body += _("请尽快缴款，缴款后才能清卡。") if owed else _("本期无需缴款。")
    account_services.send_notice(
        taxpayer=tax_return.taxpayer,
        kind="filing",
        title=_("%(period)s申报已受理") % {"period": tax_return.period.label},
        body=body,
        link=reverse("filing:return-detail", args=[tax_return.pk]),
        dedupe_key=f"filing:{tax_return.pk}:accepted",
    )


@transaction.atomic
def void_return(*, actor: User, tax_return: TaxReturn, reason: str) -> TaxReturn:
    """Withdraw a filed return so that a new one can be filed (申报作废).

    Rule: only before payment, inside the season, and while no disk was cleared on its strength;
    afterwards a correction (更正申报) is the way.
    Raises: NotPermittedError; ConflictError naming what stands against it; InvalidInputError.
    """
    # The company first, as when filing: what the return no longer counts is free for its sellers.
    _hold_company(tax_return)
    locked = _lock(tax_return)
    require(policies.can_change_return(actor, locked), _(_NO_RIGHT))
    if locked.status == ReturnStatus.VOIDED:
        return locked
    if not reason.strip():
        raise InvalidInputError(_("没有填写作废原因，没有作废。"), fields={"reason": [_("请填写作废原因")]})
    if obstacle := void_obstacle(locked):
        raise ConflictError(obstacle, code="filing.void_not_possible", next_step=_("如数字有误，请办理更正申报。"))
    locked.status, locked.voided_at, locked.void_reason = ReturnStatus.VOIDED, clock.now(), reason.strip()[:200]
    locked.save()
    free_uses(taxpayer=locked.taxpayer, pks=_counted(locked))
    _audit(actor, "filing.return_voided", locked, reason=locked.void_reason)
    transaction.on_commit(partial(signals.return_voided.send, sender=TaxReturn, tax_return=locked))
    return locked


def hold_standing_return(*, taxpayer: Taxpayer, month: TaxPeriod) -> str:
    """Return the receipt number of the filed and paid return that is due with a month, and lock its row.

    Who clears a disk on its strength asks inside a transaction: until its end the return is neither voided nor
    corrected. Lock order: case, return, device.
    """
    period = selectors.return_period(taxpayer, month)
    found = selectors.find_return(taxpayer=taxpayer, period=period) if period else None
    if found is None or found.is_draft:
        return ""
    held = TaxReturn.objects.select_for_update(no_key=True).get(pk=found.pk)
    return held.receipt_number or "" if selectors.is_settled(held) else ""


def void_obstacle(tax_return: TaxReturn) -> str:
    """Return what stands against voiding a return, in words; empty when nothing does."""
    if tax_return.status != ReturnStatus.SUBMITTED:
        return _("只有已申报、未缴款的申报表可以作废。")
    if tax_return.corrects_id is not None:
        return _("更正申报的表不能作废；数字有误的，请再次更正。")
    if tax_return.payments.exclude(state__in=EMPTY_PAYMENTS).exists():
        return _("这张申报表已发起缴款，不能作废。")
    if tax_return.due_on and clock.today() > tax_return.due_on:
        return _("征期已过，不能作废。")
    return _disk_obstacle(tax_return)


def _disk_obstacle(tax_return: TaxReturn) -> str:
    devices = device_selectors.list_devices(taxpayer=tax_return.taxpayer)
    if devices.filter(enabled_on__lte=tax_return.period_end, period_start__gt=tax_return.period_end).exists():
        return _("税控设备已凭这张申报表清卡，不能作废。")
    if any(_may_be_cleared(device) for device in devices.filter(period_end=tax_return.period_end)):
        return _("清卡指令已经发送，设备是否清卡还没有核实，不能作废。")
    return ""


def _may_be_cleared(device: Device) -> bool:
    command = device_selectors.find_live_clear(device=device)
    return command is not None and command.state in UNSETTLED_COMMAND_STATES


def _counted(tax_return: TaxReturn) -> list[int]:
    return [int(pk) for pk in tax_return.receipt.content.get("vouchers", ())]


def _hold_company(tax_return: TaxReturn) -> None:
    Taxpayer.objects.select_for_update(of=("self",), no_key=True).get(pk=tax_return.taxpayer_id)


def _lock(tax_return: TaxReturn) -> TaxReturn:
    return TaxReturn.objects.select_for_update(of=("self",)).select_related("taxpayer__bureau").get(pk=tax_return.pk)


def _require_draft(tax_return: TaxReturn) -> None:
    if not tax_return.is_draft:
        raise ReturnNotDraftError(
            _("这张申报表已经申报（受理编号 %(number)s），本次没有改动。") % {"number": tax_return.receipt_number},
            next_step=_("请打开申报结果查看；如需修改，请先作废或办理更正申报。"),
        )


def _audit(actor: User | None, action: str, tax_return: TaxReturn, **data: Any) -> None:
    account_services.record_audit_event(
        actor=actor, action=action, obj=tax_return, taxpayer=tax_return.taxpayer, data=data
    )
