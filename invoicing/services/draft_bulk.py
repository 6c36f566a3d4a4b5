"""Many drafts at once: thrown away, or moved to another disk; each by itself, so that one that may not stops no other.

Every draft is one transaction with its own audit row. A repeat finds the drafts gone, or on the disk already, and
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from devices import selectors as device_selectors
from devices.choices import OUT_OF_USE
from devices.errors import DeviceUnusableError
from devices.models import Device
from invoicing import policies
from invoicing.choices_files import ImportState
from invoicing.models import ImportJob, Invoice
from invoicing.services.drafts import discard_draft
from taxhall.common.errors import InvalidInputError, NotFoundError, TaxhallError
from taxhall.common.policies import require

# So many are ticked at most; a page of the list holds fewer.
MOST_DRAFTS = 200
# What a draft says of the disk it could not be issued on is no longer true of another.
_OF_THE_DISK = "disk."

Words = str | Promise
Why = Words | None
# What is done with one locked draft of a locked import, if it came from one.
Act = Callable[[Invoice, ImportJob | None], Why]


@dataclass(frozen=True)
class DraftResult:
    """What became of one of the drafts that were chosen; `why` says what kept it as it is."""

    pk: int
    buyer: str = ""
    total: str = ""
    why: Words = ""

    @property
    def is_done(self) -> bool:
        """Whether it is as it was asked for."""
        return not self.why


def discard_drafts(*, actor: User, taxpayer: Taxpayer, pks: Iterable[int]) -> list[DraftResult]:
    """Remove drafts that will not be issued, and tell of each whether it is gone.

    Rule: what was sent to the disk stays; a draft whose import is being undone is left to the undo, which counts it.
    Raises: NotPermittedError; InvalidInputError for more than MOST_DRAFTS.
    """

    def act(locked: Invoice, _job: ImportJob | None) -> Why:
        discard_draft(actor=actor, invoice=locked)
        return None

    return _each(actor, taxpayer, pks, act)


def move_drafts(*, actor: User, taxpayer: Taxpayer, pks: Iterable[int], device: Device) -> list[DraftResult]:
    """Have drafts issued on another disk of the company, and tell of each whether it is on it now.

    Rule: a digital draft has no disk, a red one that of its blue invoice; a kind that the disk is not authorised for,
    and a draft of an import that is being issued, stay where they are.
    Raises: NotPermittedError; NotFoundError for another company's disk; DeviceUnusableError for one out of use;
    InvalidInputError for more than MOST_DRAFTS.
    """
    if device.taxpayer_id != taxpayer.pk:
        raise NotFoundError(_("没有找到这块税控设备。"))
    if device.status in OUT_OF_USE:
        raise DeviceUnusableError(f"disk.{device.status}")
    kinds = {item.invoice_kind for item in device_selectors.list_authorisations(device)}

    def act(locked: Invoice, job: ImportJob | None) -> Why:
        return _kept_where_it_is(locked, job, kinds) or _move(locked, actor=actor, device=device)

    return _each(actor, taxpayer, pks, act)


def _each(actor: User, taxpayer: Taxpayer, pks: Iterable[int], act: Act) -> list[DraftResult]:
    require(policies.can_issue_invoice(actor, taxpayer), _("您的身份不能删除或改动这家企业的草稿。"))
    # One order everywhere, so that two who choose the same drafts queue up.
    wanted = sorted(set(pks))
    if len(wanted) > MOST_DRAFTS:
        raise InvalidInputError(
            _("一次最多办理 %(limit)d 份草稿，没有改动任何草稿。") % {"limit": MOST_DRAFTS},
            next_step=_("请分几次选择。"),
        )
    return [_told(taxpayer, pk, act) for pk in wanted]


def _told(taxpayer: Taxpayer, pk: int, act: Act) -> DraftResult:
    """Do one; what keeps it as it is stops no other, and is told beside it."""
    try:
        return _one(taxpayer, pk, act)
    except TaxhallError as error:
        return DraftResult(pk, why=error.message)


@transaction.atomic
def _one(taxpayer: Taxpayer, pk: int, act: Act) -> DraftResult:
    # The import before its draft, as its undo locks them: no undo begins between the look and the act.
    job = ImportJob.objects.select_for_update(of=("self",), no_key=True).filter(imported__invoice=pk).first()
    rows = Invoice.objects.select_for_update(of=("self",)).select_related("taxpayer", "device")
    locked: Invoice | None = rows.filter(pk=pk, taxpayer=taxpayer).first()
    if locked is None:
        return DraftResult(pk, why=_("没有找到这份草稿，可能已经删除。"))
    return DraftResult(pk, locked.buyer_name, f"{locked.total:,.2f}", _kept(locked, job) or act(locked, job) or "")


def _kept(locked: Invoice, job: ImportJob | None) -> Why:
    """Say why nothing at all is done with it."""
    if not locked.is_draft:
        return _("不是草稿：已经提交开具，没有改动。")
    if job is not None and job.state == ImportState.UNDOING:
        return _("所在的批量导入正在撤销，由撤销统一删除。")
    return None


def _kept_where_it_is(locked: Invoice, job: ImportJob | None, kinds: set[str]) -> Why:
    """Say why it cannot go to a disk with these kinds."""
    if locked.is_digital:
        return _("数电票不使用税控设备。")
    if locked.is_red:
        return _("红字草稿使用的设备由原发票决定；原设备停用的，请删除后重新红冲。")
    if locked.kind not in kinds:
        return _("这块设备没有核定%(kind)s。") % {"kind": locked.get_kind_display()}
    if job is not None and job.state == ImportState.ISSUING:
        return _("所在的批量导入正在逐张开具，请先停止开具。")
    return None


def _move(locked: Invoice, *, actor: User, device: Device) -> Why:
    if locked.device_id == device.pk:
        return None
    data = {"from": locked.device.serial if locked.device else "", "to": device.serial}
    locked.device = device
    if locked.error_code.startswith(_OF_THE_DISK):
        locked.error_code = locked.error_text = locked.error_next_step = ""
    locked.save(update_fields=["device", "error_code", "error_text", "error_next_step", "updated_at"])
    account_services.record_audit_event(
        actor=actor, action="invoicing.draft_moved", obj=locked, taxpayer=locked.taxpayer, data=data
    )
    return None
