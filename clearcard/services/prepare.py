"""The taxpayer's part before handing in: start, type, confirm, fill."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts import policies as account_policies
from accounts.models import User
from clearcard import policies, selectors
from clearcard.choices import CaseAction, CaseStatus, ClearKind, SpecialReason
from clearcard.errors import (
    CaseChangedError,
    ClearKindNotPossibleError,
    PartNotReturnedError,
    PeriodAlreadyClearedError,
)
from clearcard.models import ClearCardCase
from clearcard.rules import returning
from clearcard.rules import types as type_rules
from clearcard.services._cases import change_case, lock_case, record
from clearcard.shapes import CaseForm
from clearcard.workflow import next_status
from devices import selectors as device_selectors
from devices import services as device_services
from devices.choices import OUT_OF_USE
from devices.errors import DeviceUnusableError
from devices.models import Device
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError, TaxhallError
from taxhall.common.money import round_money
from taxhall.common.policies import require

NOT_YOURS = _lazy("您没有为这家企业办理清卡的权限，请由法定代表人、财务负责人、管理员或办税员办理。")


@transaction.atomic
def start_case(*, actor: User, device: Device, period: str = "") -> ClearCardCase:
    """Open the case of the disk's period, or return the one that is already open.

    Rule: one open case per disk, period and group; the group is the one that the disk's row follows. `period` is the
    one the user saw: a page from before the clear must not start the month after.
    Raises: NotPermittedError; PeriodAlreadyClearedError (F03); CaseChangedError; DeviceUnusableError for a disk that
    is lost, replaced or cancelled.
    """
    device = Device.objects.select_for_update(of=("self",), no_key=True).select_related("taxpayer").get(pk=device.pk)
    require(account_policies.can_clear_disk(actor, device.taxpayer), NOT_YOURS)
    _require_same_period(device, period)
    existing = selectors.find_open_case(device=device)
    if existing is not None:
        _refuse_cleared(existing)
        return existing
    if device.status in OUT_OF_USE:
        raise DeviceUnusableError(f"disk.{device.status}")
    case = ClearCardCase.objects.create(
        number=_next_number(),
        device=device,
        taxpayer=device.taxpayer,
        group=device_selectors.main_group_of(device),
        period_start=device.period_start,
        period_end=device.period_end,
        old_cut_off=device.issue_allowed_until,
        created_by=actor,
    )
    record(case, action="case_started", actor=actor, data={"device": device.serial, "period": case.period.code})
    return case


@transaction.atomic
def choose_type(*, actor: User, case: ClearCardCase, kind: str, special_reason: str = "") -> ClearCardCase:
    """Set the type of clearing. Raises: ClearKindNotPossibleError, saying why; TransitionNotAllowedError."""
    case = _editable(actor, case)
    facts = selectors.type_facts(case)
    if kind not in ClearKind.values:
        raise ClearKindNotPossibleError(_("请选择清卡类型。"), fields={"kind": [_("请选择清卡类型。")]})
    obstacle = type_rules.why_not(ClearKind(kind), facts)
    if obstacle:
        raise ClearKindNotPossibleError(obstacle, fields={"kind": [obstacle]})
    if kind == ClearKind.SPECIAL:
        _require_special_reason(special_reason, facts)
    reason = special_reason if kind == ClearKind.SPECIAL else ""
    if (kind, reason) != (case.kind, case.special_reason):
        require_part_open(case, "kind")
    return change_case(case, actor=actor, what="type_chosen", kind=kind, special_reason=reason)


@transaction.atomic
def confirm_invoices(*, actor: User, case: ClearCardCase, digest: str) -> ClearCardCase:
    """Note that the taxpayer has checked exactly this three-way table.

    Raises: CaseChangedError when the figures moved since the page was shown.
    """
    case = _editable(actor, case)
    if selectors.three_way(case).digest != digest:
        raise CaseChangedError(
            _("您核对期间，设备、台账或申报数据有了变化，页面上的数字已不是最新。"),
            next_step=_("请重新核对下面的数字，再确认。"),
        )
    return change_case(case, actor=actor, what="invoices_confirmed", confirmed_digest=digest, confirmed_at=clock.now())


@transaction.atomic
def fill_case(*, actor: User, case: ClearCardCase, data: CaseForm) -> ClearCardCase:
    """Store the amounts the taxpayer confirms or explains.

    Rule: amounts are prefilled from disk and return; a different amount needs an explanation, and an
    explanation sends the case to an officer; a special clear always needs one.
    Raises: InvalidInputError; PartNotReturnedError.
    """
    case = _editable(actor, case)
    for name in ("invoiced_amount", "declared_amount", "clear_on"):
        if getattr(data, name) != getattr(case, name):
            require_part_open(case, name)
    known = selectors.default_form(case)
    differs = (data.invoiced_amount, data.declared_amount) != (known.invoiced_amount, known.declared_amount)
    if differs and not data.explanation.strip():
        words = _("您填写的金额与系统记录不同，请写明原因，或改回系统给出的金额。")
        raise InvalidInputError(words, fields={"explanation": [words]})
    if words := type_rules.why_not_without_words(case.kind, data.explanation):
        raise InvalidInputError(words, fields={"explanation": [words]})
    return change_case(
        case,
        actor=actor,
        what="case_filled",
        invoiced_amount=round_money(data.invoiced_amount),
        declared_amount=round_money(data.declared_amount),
        clear_on=data.clear_on,
        explanation=data.explanation.strip(),
    )


def check_device(*, actor: User, device: Device) -> tuple[bool, str]:
    """Read the disk now, for the preparation page's 重新检查; reading changes nothing on it.

    Raises: NotPermittedError.
    """
    require(account_policies.can_clear_disk(actor, device.taxpayer), NOT_YOURS)
    try:
        device_services.read_device(actor=actor, device=device)
    except TaxhallError as error:
        return False, f"{error.message}{error.next_step}"
    return True, _("已读到设备，检查结果是刚刚测得的。")


def require_part_open(case: ClearCardCase, target: str) -> None:
    """Refuse to change what an officer did not send back. Raises: PartNotReturnedError."""
    if not returning.is_open(target, status=case.status, returned_items=case.returned_items):
        raise PartNotReturnedError(
            _("税务人员没有退回这一项，内容保持原样，刚才的修改没有保存。"),
            next_step=_("请只补正标出的事项；确需改动其他内容的，可以撤回后重新申请。"),
        )


def _editable(actor: User, case: ClearCardCase) -> ClearCardCase:
    locked = lock_case(case)
    require(policies.can_prepare_case(actor, locked), NOT_YOURS)
    next_status(locked.status, CaseAction.SUBMIT)  # what can be handed in can be changed, nothing else
    return locked


def _require_special_reason(special_reason: str, facts: type_rules.TypeFacts) -> None:
    if special_reason not in SpecialReason.values:
        words = _("请选择特殊清卡的原因。")
    else:
        words = type_rules.why_not_reason(SpecialReason(special_reason), facts)
    if words:
        raise ClearKindNotPossibleError(words, fields={"special_reason": [words]})


def _require_same_period(device: Device, period: str) -> None:
    if period in ("", device.period.code):
        return
    if period < device.period.code:
        for case in device.cases.filter(status=CaseStatus.CLEARED).select_related("device"):
            if case.period.code == period:
                _refuse_cleared(case)
    raise CaseChangedError(
        _("设备的所属期已经是 %(period)s，页面上显示的是较早的数据，没有新建申请。") % {"period": device.period.label},
        next_step=_("请在“抄报清卡”页查看最新状态后再办理。"),
    )


def _refuse_cleared(case: ClearCardCase) -> None:
    if case.status == CaseStatus.CLEARED:
        day = timezone.localdate(case.cleared_at) if case.cleared_at else None
        raise PeriodAlreadyClearedError(
            _("%(device)s 的 %(period)s已于 %(day)s 清卡，不需要再办。")
            % {"device": case.device, "period": case.period.label, "day": day},
            next_step=_("凭证可在清卡申请 %(number)s 中下载。") % {"number": case.number},
        )


def _next_number() -> str:
    """Return the next application number (申请单号): day and a sequence that is never reused."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('clearcard_case_number')")
        (value,) = cursor.fetchone()
    return f"QK{clock.today():%Y%m%d}{value:06d}"
