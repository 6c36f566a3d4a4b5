"""Values shared by the disk, its ledger rows and the applications above."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeviceKind(models.TextChoices):
    """The make of a tax-control disk (税控设备)."""

    GOLDTAX = "goldtax", _("金税盘")
    TAXDISK = "taxdisk", _("税控盘")
    UKEY = "ukey", _("税务UKey")


class Algorithm(models.TextChoices):
    """The algorithm profile of a disk; it has one for life (docs/device-protocol.md section 4)."""

    INTL = "intl", _("国际算法（ECDSA P-256、SHA-256、AES-GCM）")
    SM = "sm", _("国密算法（SM2、SM3、SM4）")


class DeviceStatus(models.TextChoices):
    """Whether the hall deals with the disk."""

    ACTIVE = "active", _("正常")
    FROZEN = "frozen", _("已冻结")  # counters ahead of the ledger; nothing is cleared until read back
    LOST = "lost", _("已挂失")
    REPLACED = "replaced", _("已更换停用")  # another disk took its place; what it held was settled by a person
    CANCELLED = "cancelled", _("已注销")


# Disks that the hall deals with no more, whatever they answer.
OUT_OF_USE: tuple[str, ...] = (DeviceStatus.LOST, DeviceStatus.REPLACED, DeviceStatus.CANCELLED)


class InvoiceKind(models.TextChoices):
    """Invoice kinds by the code that disks use (fplxdm); those no disk knows, by the code of inspection."""

    SPECIAL = "004", _("增值税专用发票")
    ORDINARY = "007", _("增值税普通发票")
    ROLL = "025", _("增值税普通发票（卷票）")
    E_ORDINARY = "026", _("增值税电子普通发票")
    E_SPECIAL = "028", _("增值税电子专用发票")
    VEHICLE = "005", _("机动车销售统一发票")
    DIGITAL_SPECIAL = "31", _("数电票（增值税专用发票）")
    DIGITAL_ORDINARY = "32", _("数电票（普通发票）")


# Issued by the bureau's platform itself: no disk, no code, a number of twenty digits.
DIGITAL_KINDS: frozenset[str] = frozenset({InvoiceKind.DIGITAL_SPECIAL, InvoiceKind.DIGITAL_ORDINARY})
# What a disk may be authorised for.
DISK_KINDS: tuple[tuple[str, Any], ...] = tuple(
    (kind.value, kind.label) for kind in InvoiceKind if kind not in DIGITAL_KINDS
)

# Reporting and clearing are done per group of invoice kinds.
TYPE_GROUPS: dict[str, tuple[str, ...]] = {
    "A": ("004", "007"),
    "B": ("005",),
    "C": ("026", "028"),
    "D": ("025",),
}


class TotalKind(models.TextChoices):
    """The four kinds of totals a disk keeps per invoice kind and rate."""

    POSITIVE = "positive", _("正数")
    NEGATIVE = "negative", _("负数")
    POSITIVE_VOID = "positive_void", _("正废")
    NEGATIVE_VOID = "negative_void", _("负废")


class CommandKind(models.TextChoices):
    """What a carrier is asked to do with a disk."""

    ISSUE = "issue", _("开具")
    VOID = "void", _("作废")
    REPORT = "report", _("抄报")
    CLEAR = "clear", _("清卡")
    ORDER = "order", _("变更指令")
    ACKNOWLEDGE = "acknowledge", _("上传回执")
    READ = "read", _("读卡")


class CarrierKind(models.TextChoices):
    """Whose reader carried a command to the disk."""

    HALL = "hall", _("大厅读卡器")
    AGENT = "agent", _("企业电脑")


class OrderAction(models.TextChoices):
    """What the authority may order of a disk besides clearing it."""

    CHANGE_ISSUE_DATA = "change_issue_data", _("变更发行")
    ADD_STOCK = "add_stock", _("发票购入")
    RETURN_STOCK = "return_stock", _("发票退回")
    UNBLOCK_PIN = "unblock_pin", _("口令解锁")
    DISABLE = "disable", _("注销")


class RequestKind(models.TextChoices):
    """What is asked of the bureau about a disk."""

    UNBLOCK = "unblock", _("口令解锁")
    LOSS = "loss", _("报失")
    REPLACE = "replace", _("更换设备")
    CANCEL = "cancel", _("注销设备")
    CHANGE = "change", _("变更发行")
    ADD_STOCK = "add_stock", _("发票购入")
    RETURN_STOCK = "return_stock", _("发票退回")


# What an officer writes for another to approve; everything else is asked for by the company.
DRAFTED_KINDS: tuple[str, ...] = (RequestKind.CHANGE, RequestKind.ADD_STOCK, RequestKind.RETURN_STOCK)


class RequestState(models.TextChoices):
    """Where a request stands; what became of the order it led to is told by the order's own row."""

    WAITING = "waiting", _("待办理")
    GRANTED = "granted", _("已同意")
    REFUSED = "refused", _("不同意")
    WITHDRAWN = "withdrawn", _("已撤回")


class RequestCause(models.TextChoices):
    """Why a disk is reported lost, replaced or cancelled."""

    LOST = "lost", _("遗失")
    STOLEN = "stolen", _("被盗")
    DAMAGED = "damaged", _("损坏")
    EXPIRED = "expired", _("证书到期")
    UPGRADE = "upgrade", _("升级换型")
    CLOSING = "closing", _("税务注销")
    DIGITAL = "digital", _("改用数电票")
    OTHER = "other", _("其他")


REQUEST_TRANSITIONS: tuple[tuple[str, str], ...] = (
    ("waiting", "granted"),
    ("waiting", "refused"),
    ("waiting", "withdrawn"),
)


class CommandState(models.TextChoices):
    """Where a command stands; after `sending` only the disk's own word leaves `in_doubt`."""

    QUEUED = "queued", _("等待设备")
    CLAIMED = "claimed", _("准备中")
    SENDING = "sending", _("执行中")
    DONE = "done", _("已完成")
    REFUSED = "refused", _("设备拒绝")
    IN_DOUBT = "in_doubt", _("待核实")
    MANUAL = "manual", _("转人工")
    CANCELLED = "cancelled", _("已取消")


# Every change of state a command may make; the database trigger is generated from this tuple.
# `done` may be reached from any state by proof: the disk's own receipt is the truth (trust.md ).
COMMAND_TRANSITIONS: tuple[tuple[str, str], ...] = (
    ("queued", "claimed"),
    ("queued", "done"),
    ("queued", "manual"),
    ("queued", "cancelled"),
    ("claimed", "queued"),
    ("claimed", "sending"),
    ("claimed", "refused"),
    ("claimed", "manual"),
    ("claimed", "done"),
    ("claimed", "cancelled"),
    ("sending", "queued"),
    ("sending", "refused"),
    ("sending", "in_doubt"),
    ("sending", "done"),
    ("in_doubt", "queued"),
    ("in_doubt", "refused"),
    ("in_doubt", "manual"),
    ("in_doubt", "done"),
    ("manual", "queued"),
    ("manual", "refused"),
    ("manual", "cancelled"),
    ("manual", "done"),
    ("refused", "queued"),
    ("refused", "cancelled"),
    ("refused", "done"),
)
# Nothing of these kinds is sent before the authority's signed message is safe on the row.
SIGNED_KINDS: tuple[str, ...] = (CommandKind.CLEAR, CommandKind.ORDER, CommandKind.ACKNOWLEDGE)
# A clear in one of these states may still happen on the disk, so no second one may exist.
LIVE_COMMAND_STATES: tuple[str, ...] = ("queued", "claimed", "sending", "in_doubt", "manual")
# A carrier has it, or nobody knows what became of it.
RUNNING_COMMAND_STATES: tuple[str, ...] = ("claimed", "sending", "in_doubt", "manual")
# Bytes may have been sent: only the disk can tell what became of it.
UNSETTLED_COMMAND_STATES: tuple[str, ...] = ("sending", "in_doubt", "manual")


class VisitState(models.TextChoices):
    """Where a visit to a disk at an agent stands."""

    WAITING = "waiting", _("等待取走")
    TAKEN = "taken", _("执行中")
    ANSWERED = "answered", _("已应答")
    WITHDRAWN = "withdrawn", _("已撤回")  # nobody took it in time: nothing was sent, and nothing can be any more
    OVERDUE = "overdue", _("超时未答")  # taken, and nobody knows; an answer is still welcome as evidence


# `taken` goes back to `waiting` when the agent itself says that the work never reached it.
VISIT_TRANSITIONS: tuple[tuple[str, str], ...] = (
    ("waiting", "taken"),
    ("waiting", "answered"),
    ("waiting", "withdrawn"),
    ("taken", "waiting"),
    ("taken", "answered"),
    ("taken", "overdue"),
    ("overdue", "answered"),
)


class PracticeAct(models.TextChoices):
    """What a trainer does to a virtual disk."""

    REMOVE = "remove", _("拔出设备")
    INSERT = "insert", _("插入设备")
    VANISH_BEFORE = "vanish_before", _("执行前断开")
    VANISH_AFTER = "vanish_after", _("执行后断开，应答丢失")
    TEAR = "tear", _("写入中途断电")
    HANG = "hang", _("不再应答，直到拔出或恢复")
    TORN = "torn", _("应答残缺")
    ONE_BYTE = "one_byte", _("应答只有一个字节")
    RANDOM = "random", _("应答是乱码")
    DELAY = "delay", _("每次签名变慢")
    CLOCK = "clock", _("时钟走偏")
    HEAL = "heal", _("恢复正常")
