"""Values that the disk, its host and the messages between them share; pure, importable anywhere."""

from __future__ import annotations

from datetime import timedelta, timezone

PROTOCOL_VERSION = "1.0"
APPLET_NAME = "taxhall-disk"
# A proprietary identifier (F-range, ISO 7816-5): "TAXHALL" and the major version.
APPLET_ID = bytes.fromhex("F0544158 48414C4C 01")

# Tax periods follow the local calendar. China has kept UTC+8 without summer time since 1991, so a
# fixed offset is right and a card needs no time zone database.
LOCAL_ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")

NONCE_LENGTH = 32
PIN_TRIES = 8
PIN_LENGTHS = range(6, 17)
PIN_SALT_LENGTH, PIN_DIGEST_LENGTH = 16, 32
FIRST_RECEIPT_DIGEST = "0" * 64  # what the first receipt and the first record chain to

# Invoice kinds (fplxdm) by the group they are reported and cleared in.
KIND_GROUPS: dict[str, tuple[str, ...]] = {
    "A": ("004", "007"),  # 专票 and 普票
    "B": ("005",),  # 机动车
    "C": ("026", "028"),  # electronic
    "D": ("025",),  # 卷票
}
# The group whose window the hall's row of a disk copies, where the disk has it: 专票 and 普票.
MAIN_GROUP = "A"
GROUP_OF_KIND: dict[str, str] = {kind: group for group, kinds in KIND_GROUPS.items() for kind in kinds}
# Electronic invoices are never voided, only reversed (国家税务总局公告2020年第22号).
KINDS_NEVER_VOIDED = frozenset({"026", "028"})

RATES: tuple[str, ...] = ("13", "9", "6", "5", "3", "1.5", "1", "0", "exempt", "untaxed")
DISK_KINDS: tuple[str, ...] = ("goldtax", "taxdisk", "ukey")

POSITIVE = "positive"
NEGATIVE = "negative"
POSITIVE_VOID = "positive_void"
NEGATIVE_VOID = "negative_void"
TOTAL_KINDS: tuple[str, ...] = (POSITIVE, NEGATIVE, POSITIVE_VOID, NEGATIVE_VOID)
# Voiding moves an invoice from one kind of total to the other: a voided one is in its void total only.
VOID_TOTAL_OF = {POSITIVE: POSITIVE_VOID, NEGATIVE: NEGATIVE_VOID}

# What the authority may order of a disk besides clearing it.
CHANGE_ISSUE_DATA = "change_issue_data"  # 变更发行: name, bureau, kinds with limits and rates, ceilings
ADD_STOCK = "add_stock"  # 发票购入
RETURN_STOCK = "return_stock"  # 发票退回
UNBLOCK_PIN = "unblock_pin"  # 口令解锁
DISABLE = "disable"  # 注销: no invoice any more; what is on the disk stays readable
ORDER_ACTIONS: tuple[str, ...] = (CHANGE_ISSUE_DATA, ADD_STOCK, RETURN_STOCK, UNBLOCK_PIN, DISABLE)
MAX_SEGMENTS = 16  # stock segments of one kind that a disk keeps, the used ones included
LAST_NUMBER = 99_999_999  # invoice numbers have eight digits
