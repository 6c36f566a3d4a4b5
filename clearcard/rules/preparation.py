"""The checks before applying (U-30): what was measured, and where to mend it. Codes F01-F23 are the help topics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clearcard.choices import CheckOutcome
from clearcard.shapes import PreparationCheck

CLOCK_TOLERANCE_SECONDS = 300
CERTIFICATE_WARNING_DAYS = 30
# The sweeper reads plugged-in disks every minute; three missed rounds mean it is not there.
SEEN_WITHIN = timedelta(minutes=3)
HALL_ZONE = ZoneInfo("Asia/Shanghai")

PASS, ATTENTION, WARNING, UNKNOWN = (
    CheckOutcome.PASS,
    CheckOutcome.ATTENTION,
    CheckOutcome.WARNING,
    CheckOutcome.UNKNOWN,
)


@dataclass(frozen=True)
class PreparationFacts:
    """Everything the checks look at, read once."""

    now: datetime
    today: date
    seen_at: datetime | None
    device_status: str
    device_status_label: str
    is_device_active: bool
    clock_drift: int
    pin_tries: int | None
    certificate_until: date | None
    authorisation_count: int
    is_reported: bool
    reported_at: datetime | None
    waiting_invoices: int
    not_uploaded: int
    offline_count: int
    invoice_count: int
    backed_up_at: datetime | None
    return_due: bool
    return_label: str
    return_filed: bool
    return_settled: bool
    tax_due: str
    comparison_at: datetime | None
    comparison_blocking: bool
    comparison_differs: bool
    period_label: str
    period_end: date
    lock_date: date
    is_cleared: bool
    taxpayer_status: str
    taxpayer_status_label: str
    may_apply: bool
    device_url: str
    report_url: str
    unlock_url: str
    invoices_url: str
    backups_url: str
    return_url: str
    payment_url: str
    comparison_url: str
    calendar_url: str


def run_checks(facts: PreparationFacts) -> tuple[PreparationCheck, ...]:
    """Return every check in the order of the page: 设备, 发票, 申报缴款, 账户."""
    return (*_device_checks(facts), *_invoice_checks(facts), *_filing_checks(facts), *_account_checks(facts))


def can_continue(checks: tuple[PreparationCheck, ...]) -> bool:
    """Say whether nothing stands in the way of handing in."""
    return not any(each.stops for each in checks)


def _device_checks(facts: PreparationFacts) -> tuple[PreparationCheck, ...]:
    return (
        _connected(facts),
        _in_use(facts),
        _clock_right(facts),
        _password_open(facts),
        _certificate_valid(facts),
        _authorised(facts),
        _reported(facts),
    )


def _connected(facts: PreparationFacts) -> PreparationCheck:
    seen = facts.seen_at
    is_near = seen is not None and facts.now - seen <= SEEN_WITHIN
    measured = _("还没有读到过这块设备") if seen is None else _("最近一次读卡：%(at)s") % {"at": _moment(seen)}
    return PreparationCheck(
        code="connected",
        group=_("设备"),
        title=_("设备已连接"),
        outcome=PASS if is_near else UNKNOWN,
        measured=measured,
        mend_label="" if is_near else _("查看连接方法"),
        mend_url=facts.device_url,
        help_code="F13",
        checked_at=seen,
    )


def _in_use(facts: PreparationFacts) -> PreparationCheck:
    return PreparationCheck(
        code="identity",
        group=_("设备"),
        title=_("设备登记正常"),
        outcome=PASS if facts.is_device_active else ATTENTION,
        measured=facts.device_status_label,
        mend_label=_("查看设备"),
        mend_url=facts.device_url,
        help_code="F17",
        checked_at=facts.seen_at,
        is_blocking=True,
    )


def _clock_right(facts: PreparationFacts) -> PreparationCheck:
    off = abs(facts.clock_drift)
    right = off <= CLOCK_TOLERANCE_SECONDS
    return PreparationCheck(
        code="clock",
        group=_("设备"),
        title=_("设备时钟准确"),
        outcome=UNKNOWN if facts.seen_at is None else PASS if right else ATTENTION,
        measured=_("读卡后才知道") if facts.seen_at is None else _("与大厅相差 %(n)d 秒") % {"n": off},
        mend_label=_("查看设备"),
        mend_url=facts.device_url,
        help_code="F15",
        checked_at=facts.seen_at,
    )


def _password_open(facts: PreparationFacts) -> PreparationCheck:
    tries = facts.pin_tries
    outcome = UNKNOWN if tries is None else ATTENTION if tries == 0 else WARNING if tries <= 3 else PASS
    measured = _("读卡后才知道") if tries is None else _("剩余 %(n)d 次") % {"n": tries}
    return PreparationCheck(
        code="pin_tries",
        group=_("设备"),
        title=_("设备口令可用"),
        outcome=outcome,
        measured=measured,
        mend_label=_("输入口令"),
        mend_url=facts.unlock_url,
        help_code="F14",
        checked_at=facts.seen_at,
    )


def _certificate_valid(facts: PreparationFacts) -> PreparationCheck:
    until = facts.certificate_until
    days = (until - facts.today).days if until else None
    outcome = (
        UNKNOWN if days is None else ATTENTION if days < 0 else WARNING if days <= CERTIFICATE_WARNING_DAYS else PASS
    )
    measured = _("读卡后才知道") if days is None else _("有效期至 %(day)s，还有 %(n)d 天") % {"day": until, "n": days}
    return PreparationCheck(
        code="certificate",
        group=_("设备"),
        title=_("设备证书有效"),
        outcome=outcome,
        measured=measured,
        mend_label=_("查看设备"),
        mend_url=facts.device_url,
        help_code="F16",
        checked_at=facts.seen_at,
    )


def _authorised(facts: PreparationFacts) -> PreparationCheck:
    return PreparationCheck(
        code="authorised",
        group=_("设备"),
        title=_("有票种授权"),
        outcome=PASS if facts.authorisation_count else ATTENTION,
        measured=_("%(n)d 种") % {"n": facts.authorisation_count},
        mend_label=_("查看设备"),
        mend_url=facts.device_url,
        help_code="F18",
        checked_at=facts.seen_at,
    )


def _reported(facts: PreparationFacts) -> PreparationCheck:
    at = facts.reported_at
    words = _("%(p)s还没有抄报") % {"p": facts.period_label}
    if facts.is_reported and at is not None:
        words = _("%(p)s已于 %(at)s 抄报并验签") % {"p": facts.period_label, "at": _moment(at)}
    return PreparationCheck(
        code="reported",
        group=_("设备"),
        title=_("已抄报（上报汇总）"),
        outcome=PASS if facts.is_reported else ATTENTION,
        measured=words,
        mend_label=_("去抄报"),
        mend_url=facts.report_url,
        help_code="F01",
        checked_at=at,
        is_blocking=True,
    )


def _invoice_checks(facts: PreparationFacts) -> tuple[PreparationCheck, ...]:
    waiting = PreparationCheck(
        code="invoices_settled",
        group=_("发票"),
        title=_("没有开具中或待核实的发票"),
        outcome=ATTENTION if facts.waiting_invoices else PASS,
        measured=_("%(n)d 张") % {"n": facts.waiting_invoices},
        mend_label=_("查看这些发票"),
        mend_url=facts.invoices_url,
        help_code="F09",
        checked_at=facts.now,
        is_blocking=True,
    )
    uploaded = PreparationCheck(
        code="uploaded",
        group=_("发票"),
        title=_("发票已上传"),
        outcome=WARNING if facts.not_uploaded else PASS,
        measured=_upload_words(facts),
        mend_label=_("查看未上传的发票"),
        mend_url=facts.invoices_url,
        help_code="F08",
        checked_at=facts.now,
    )
    return waiting, uploaded, _backed_up(facts)


def _upload_words(facts: PreparationFacts) -> str:
    """What the hall has not received is not uploaded; what it has received the disk counts until it is told so."""
    words = _("未上传 %(n)d 张") % {"n": facts.not_uploaded}
    if not facts.offline_count:
        return words
    more = _("设备上还有离线票 %(n)d 份，下次读卡时设备收取上传回执后归零，不影响清卡")
    return f"{words}；{more % {'n': facts.offline_count}}"


def _backed_up(facts: PreparationFacts) -> PreparationCheck:
    """Advice, never a condition: the disk is cleared the same way without a backup."""
    at = facts.backed_up_at
    outcome, words = WARNING, _("建议清卡前备份本期 %(n)d 张发票；不备份也可以清卡") % {"n": facts.invoice_count}
    if not facts.invoice_count:
        outcome, words = PASS, _("本期没有开具发票，不需要备份")
    elif at is not None:
        outcome, words = PASS, _("已于 %(at)s 下载备份，之后发票没有变化") % {"at": _moment(at)}
    return PreparationCheck(
        code="backed_up",
        group=_("发票"),
        title=_("已备份开票数据"),
        outcome=outcome,
        measured=words,
        mend_label=_("去备份"),
        mend_url=facts.backups_url,
        help_code="backup",
        checked_at=facts.now,
    )


def _filing_checks(facts: PreparationFacts) -> tuple[PreparationCheck, ...]:
    return _filed(facts), _paid(facts), _compared(facts), _window(facts)


def _filed(facts: PreparationFacts) -> PreparationCheck:
    fine = facts.return_filed or not facts.return_due
    return PreparationCheck(
        code="return_filed",
        group=_("申报缴款"),
        title=_("已申报"),
        outcome=PASS if fine else ATTENTION,
        measured=facts.return_label,
        mend_label=_("去申报"),
        mend_url=facts.return_url,
        help_code="F04",
        checked_at=facts.now,
        is_blocking=True,
    )


def _paid(facts: PreparationFacts) -> PreparationCheck:
    fine = facts.return_settled or not facts.return_due
    if not facts.return_due:
        words = _("本月没有应缴税款")
    elif not facts.return_filed:
        words = _("申报后才知道")
    else:
        words = _("已入库或应缴为零") if facts.return_settled else _("还有 %(a)s 元没有入库") % {"a": facts.tax_due}
    return PreparationCheck(
        code="tax_paid",
        group=_("申报缴款"),
        title=_("已缴款"),
        outcome=PASS if fine else ATTENTION,
        measured=words,
        mend_label=_("去缴款"),
        mend_url=facts.payment_url,
        help_code="F05",
        checked_at=facts.now,
        is_blocking=True,
    )


def _compared(facts: PreparationFacts) -> PreparationCheck:
    outcome, words = PASS, _("比对相符")
    if not facts.return_due:
        words = _("本月没有申报，不作比对")
    elif facts.comparison_at is None:
        outcome, words = UNKNOWN, _("还没有比对结果，提交后系统会自动比对")
    elif facts.comparison_differs:
        outcome, words = WARNING, _("比对不符，可以提交，但会转税务人员审核")
    return PreparationCheck(
        code="comparison",
        group=_("申报缴款"),
        title=_("申报比对"),
        outcome=outcome,
        measured=words,
        mend_label=_("查看比对结果"),
        mend_url=facts.comparison_url,
        help_code="F07" if outcome == UNKNOWN else "F06",
        checked_at=facts.comparison_at,
    )


def _window(facts: PreparationFacts) -> PreparationCheck:
    outcome = PASS
    words = _("锁死日期 %(day)s，还有 %(n)d 天") % {"day": facts.lock_date, "n": (facts.lock_date - facts.today).days}
    if facts.period_end >= facts.today:
        outcome, words = ATTENTION, _("%(p)s还没有结束，次月 1 日起才能清卡") % {"p": facts.period_label}
    elif facts.today > facts.lock_date:
        outcome, words = WARNING, _("已过锁死日期 %(day)s，按逾期办理") % {"day": facts.lock_date}
    return PreparationCheck(
        code="window",
        group=_("申报缴款"),
        title=_("在办理期内"),
        outcome=outcome,
        measured=words,
        mend_label=_("查看办税日历"),
        mend_url=facts.calendar_url,
        help_code="F10" if outcome == WARNING else "F02",
        checked_at=facts.now,
        is_blocking=True,
    )


def _account_checks(facts: PreparationFacts) -> tuple[PreparationCheck, ...]:
    normal = facts.taxpayer_status == "normal"
    return (
        PreparationCheck(
            code="not_cleared",
            group=_("账户"),
            title=_("本期还没有清卡"),
            outcome=ATTENTION if facts.is_cleared else PASS,
            measured=_("%(p)s已经清卡，不需要再办") % {"p": facts.period_label} if facts.is_cleared else _("未清卡"),
            help_code="F03",
            checked_at=facts.now,
            is_blocking=True,
        ),
        PreparationCheck(
            code="taxpayer_status",
            group=_("账户"),
            title=_("纳税人状态正常"),
            outcome=PASS if normal else ATTENTION,
            measured=facts.taxpayer_status_label,
            help_code="F21",
            checked_at=facts.now,
            is_blocking=facts.taxpayer_status == "cancelled",
        ),
        PreparationCheck(
            code="may_apply",
            group=_("账户"),
            title=_("您有办理权限"),
            outcome=PASS if facts.may_apply else ATTENTION,
            measured=_("可以办理") if facts.may_apply else _("请由法定代表人、财务负责人、管理员或办税员办理"),
            checked_at=facts.now,
            is_blocking=True,
        ),
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(HALL_ZONE):%Y-%m-%d %H:%M}"
