"""Who may do what with a disk."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts import policies as account_policies
from accounts.choices import Post
from accounts.models import OfficerPost, Taxpayer, User
from devices.choices import RequestKind
from devices.models import Device, DeviceRequest

# Posts that deal with disks at the counter.
DISK_POSTS = (Post.REVIEWER, Post.APPROVER, Post.EXCEPTION)


def can_view_device(actor: User, device: Device) -> bool:
    """Allow whoever may see the company."""
    return account_policies.can_view_taxpayer(actor, device.taxpayer)


def can_unlock_device(actor: User, device: Device) -> bool:
    """Allow those who issue invoices or clear the disk of the company; the PIN is theirs."""
    return account_policies.can_issue_invoice(actor, device.taxpayer) or account_policies.can_clear_disk(
        actor, device.taxpayer
    )


def can_order_device(actor: User, device: Device) -> bool:
    """Allow the district's officers with a post for disks, but nobody who serves or served the company (four eyes)."""
    return _reaches(actor, device.taxpayer) and not account_policies.serves_taxpayer(actor, device.taxpayer)


def _reaches(actor: User, taxpayer: Taxpayer) -> bool:
    """A post for disks reaches as far as its own bureau; only in a stated emergency one of elsewhere will do."""
    if account_policies.post_covers(actor, taxpayer.bureau, *DISK_POSTS):
        return True
    return account_policies.has_emergency(actor, taxpayer) and holds_disk_post(actor)


def can_report_device(actor: User, device: Device) -> bool:
    """Allow those who clear the disk: reporting closes the period for voiding."""
    return account_policies.can_clear_disk(actor, device.taxpayer)


def can_manage_agents(actor: User, taxpayer: Taxpayer) -> bool:
    """Allow those who clear the disk: whoever binds a PC decides where disks are written."""
    return account_policies.can_clear_disk(actor, taxpayer)


def can_ask_for_device(actor: User, device: Device) -> bool:
    """Allow those who clear the disk to report it lost and to ask for unblocking, replacing and cancelling."""
    return account_policies.can_clear_disk(actor, device.taxpayer)


def can_withdraw_request(actor: User, request: DeviceRequest) -> bool:
    """Allow the company for what it asked for, and an officer for the draft that he or she wrote; never a loss."""
    if request.kind == RequestKind.LOSS:
        return False
    if request.is_drafted:
        return request.created_by_id == actor.pk and can_draft_order(actor, request.device)
    return can_ask_for_device(actor, request.device)


def holds_disk_post(actor: User) -> bool:
    """Say whether the officer holds a post that deals with disks at all."""
    return OfficerPost.objects.active().filter(user=actor.pk, post__in=DISK_POSTS).exists()


def can_draft_order(actor: User, device: Device) -> bool:
    """Allow the same to write an order that another one approves."""
    return can_order_device(actor, device)


def why_not_decide(actor: User, request: DeviceRequest) -> str:
    """Return in words why the officer may not decide the request; empty when he or she may."""
    device = request.device
    if not account_policies.officer_covers(actor, device.taxpayer):
        return _("这户纳税人不在您的管辖范围。")
    if not _reaches(actor, device.taxpayer):
        return _("您的岗位没有办理这户纳税人税控设备的权限。")
    if account_policies.serves_taxpayer(actor, device.taxpayer):
        return _("您在这家企业任职，按回避规定不能办理它的设备，请由其他人员办理。")
    if account_policies.is_same_person(actor, request.created_by):
        return _("这份申请是您本人提出的，须由另一名税务人员办理。")
    return ""
