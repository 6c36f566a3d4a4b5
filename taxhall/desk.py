"""What the desk shows: the to-dos, the month of each disk, the calendar and the chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import policies as account_policies
from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from clearcard.choices import CaseStatus
from clearcard.selectors.board import DiskLine, disk_board
from devices.choices import OUT_OF_USE
from filing import selectors as filing_selectors
from filing.selectors import DueReturn
from invoicing import selectors as invoice_selectors
from invoicing.choices import ConfirmationSide, InvoiceState
from invoicing.models import ImportJob, RedConfirmation
from invoicing.selectors import Doubts
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod

MOST_TODOS = 7
CHART_HEIGHT = 160
BAR_WIDTH = 56
BAR_STEP = 100
SOON_DAYS = 30


@dataclass(frozen=True)
class Todo:
    """One thing to do: what, by when, one verb, and why it is on the list."""

    title: str
    due: date | None
    verb: str
    url: str
    why: str
    # Among what is due on the same day: a disk is reported, then the return is filed, then the disk is cleared.
    turn: int = 0


@dataclass(frozen=True)
class Bar:
    """One month of the chart; places are in the units of the drawing."""

    label: str
    month: str
    count: int
    voided: int
    total: Decimal
    x: int
    y: int
    height: int
    centre: int


@dataclass(frozen=True)
class Chart:
    """Invoices per month, with its finding in words."""

    bars: tuple[Bar, ...]
    finding: str
    width: int
    height: int = CHART_HEIGHT


def desk_context(*, user: User, taxpayer: Taxpayer) -> dict[str, object]:
    """Return everything the desk page shows, read once."""
    today = clock.today()
    board = disk_board(visible_to=user, taxpayer=taxpayer)
    kinds, seasons = filing_selectors.period_kinds(taxpayer), filing_selectors.Seasons(taxpayer.bureau)
    due_returns = filing_selectors.due_returns(taxpayer=taxpayer, today=today, kinds=kinds, seasons=seasons)
    coming = filing_selectors.coming_returns(taxpayer=taxpayer, today=today, kinds=kinds, seasons=seasons)
    imports = invoice_selectors.waiting_imports(visible_to=user, taxpayer=taxpayer)
    todos = list_todos(board=board, due_returns=due_returns, imports=imports, today=today)
    todos = _in_turn([*todos, *_invoice_todos(taxpayer)])
    return {
        "board": board,
        "todos": todos[:MOST_TODOS],
        "more_todos": max(0, len(todos) - MOST_TODOS),
        "deadlines": coming,
        "weeks": filing_selectors.month_table(today.year, today.month, seasons=seasons),
        "outages": filing_selectors.declared_outages(bureau=taxpayer.bureau, today=today),
        "month": TaxPeriod.of_month(today),
        "rest": filing_selectors.find_rest(taxpayer=taxpayer, today=today),
        "ready": filing_selectors.ready_returns(taxpayer=taxpayer, today=today),
        "can_file": account_policies.can_file_return(user, taxpayer),
        "chart": month_chart(taxpayer),
        "notices": account_selectors.list_notices(taxpayer=taxpayer)[:5],
    }


def list_todos(
    *, board: list[DiskLine], due_returns: list[DueReturn], imports: list[ImportJob], today: date
) -> list[Todo]:
    """Return what has to be done, the most urgent first."""
    found = [todo for line in board for todo in _disk_todos(line, today)]
    found += [todo for due in due_returns for todo in _return_todos(due)]
    found += _import_todos(imports)
    return _in_turn(found)


def _in_turn(todos: list[Todo]) -> list[Todo]:
    return sorted(todos, key=lambda todo: (todo.due or date.max, todo.turn))


def _invoice_todos(taxpayer: Taxpayer) -> list[Todo]:
    awaited = invoice_selectors.awaited_confirmations(taxpayer=taxpayer, now=clock.now())
    doubts = invoice_selectors.doubts_of(taxpayer=taxpayer)
    return [*_doubt_todos(doubts), *(_confirmation_todo(each) for each in awaited)]


def _confirmation_todo(confirmation: RedConfirmation) -> Todo:
    """Say to the minute until when: 72 hours do not end with a day."""
    until = timezone.localtime(confirmation.expires_at)
    facts = {
        "number": confirmation.blue.number,
        "until": f"{until:%Y-%m-%d %H:%M}",
        "amount": f"{confirmation.amount:,.2f}",
    }
    if confirmation.side == ConfirmationSide.SELLER and confirmation.buyer_id is None:
        title = _("登记购买方的确认：发票 %(number)s，%(until)s 之前") % facts
        why = _("购买方不是本厅的纳税人，它的答复由您登记；超过 72 小时没有确认，确认单自动作废。")
    else:
        title = _("答复红字确认单：发票 %(number)s，%(until)s 之前") % facts
        why = _("对方要红冲这张发票 %(amount)s 元（不含税），等您确认或不同意；超过 72 小时没有答复，确认单自动作废。")
        why %= facts
    url = reverse("invoicing:confirmation-detail", args=[confirmation.number])
    return Todo(title, until.date(), _("去答复"), url, why)


def _doubt_todos(doubts: Doubts) -> list[Todo]:
    if not doubts.count:
        return []
    url = f"{reverse('invoicing:invoice-list')}?state={InvoiceState.IN_DOUBT}"
    title = _("查看待核实的发票：%(count)s 张") % {"count": doubts.count}
    if doubts.count == 1:
        url = reverse("invoicing:invoice-detail", args=[doubts.first])
        title = _("查看待核实的发票")
    why = _("没有收到可信的设备应答，开具或作废是否完成还不知道；请打开发票看怎么办，核实之前不要重复操作。")
    return [Todo(title, None, _("去查看"), url, why)]


def _disk_todos(line: DiskLine, today: date) -> list[Todo]:
    device, found = line.device, []
    if device.status in OUT_OF_USE:
        # Whoever lost it, or has another one, can do nothing with it any more; its page says what is done instead.
        return []
    facts = {"device": device, "month": line.period.label}
    if line.is_over and not device.is_reported and line.case is None:
        why = _("%(month)s已结束，%(device)s 还没有抄报；抄报之后才能比对和清卡。") % facts
        url = reverse("devices:device-report", args=[device.serial])
        found.append(Todo(_("抄报 %(month)s：%(device)s") % facts, device.issue_allowed_until, _("去抄报"), url, why))
    elif line.can_start:
        why = _("设备已抄报。清卡之前，过了锁死日期设备会停止开票。")
        url = reverse("clearcard:case-list")
        found.append(
            Todo(_("清卡 %(month)s：%(device)s") % facts, device.issue_allowed_until, _("去清卡"), url, why, turn=2)
        )
    elif line.case is not None and (line.case.is_editable or line.case.status == CaseStatus.REFUSED):
        title = f"{line.words.word}：{_('清卡申请')} {line.case.number}"
        verb = _("继续办理") if line.case.is_editable else _("查看原因")
        found.append(Todo(title, device.issue_allowed_until, verb, line.act_url, line.sentence))
    elif line.case is not None and line.case.status in (CaseStatus.IN_DOUBT, CaseStatus.MANUAL):
        title = f"{line.words.word}：{_('清卡申请')} {line.case.number}"
        why = f"{line.sentence}{line.words.next_step}"
        found.append(Todo(title, None, _("去查看"), line.act_url, why))
    expires = device.certificate_not_after
    if expires and (expires - today).days <= SOON_DAYS:
        why = _("设备证书到期后不能抄报和清卡，请提前到办税服务厅更新。")
        url = reverse("devices:device-detail", args=[device.serial])
        found.append(Todo(_("更新设备证书：%(device)s") % facts, expires, _("查看设备"), url, why))
    return found


def _return_todos(due: DueReturn) -> list[Todo]:
    label, url = due.period.label, reverse("filing:return-list")
    if due.tax_return is None or due.tax_return.is_draft:
        verb = _("继续填写") if due.tax_return else _("去申报")
        why = _("%(period)s的增值税申报期限是 %(day)s，没有开票也要零申报。") % {
            "period": label,
            "day": due.deadline.date,
        }
        return [Todo(_("申报增值税：%(period)s") % {"period": label}, due.deadline.date, verb, url, why, turn=1)]
    if not filing_selectors.is_settled(due.tax_return):
        pay = reverse("filing:return-pay", args=[due.tax_return.pk])
        why = _("申报表已提交，税款还没有入库；入库之后才能清卡，逾期按日加收滞纳金。")
        return [Todo(_("缴纳税款：%(period)s") % {"period": label}, due.deadline.date, _("去缴款"), pay, why, turn=1)]
    return []


def _import_todos(jobs: list[ImportJob]) -> list[Todo]:
    """Name a checked file by itself, several in one line, so that they never push what is due off the page."""
    if not jobs:
        return []
    url = reverse("invoicing:import-list")
    title = _("决定是否导入：%(count)s 个检查完的文件") % {"count": len(jobs)}
    if len(jobs) == 1:
        url = reverse("invoicing:import-detail", args=[jobs[0].number])
        title = _("决定是否导入：%(file)s") % {"file": jobs[0].original_name}
    why = _("文件已经检查完，还没有导入任何发票；看过检查结果，再决定导入还是取消。")
    return [Todo(title, None, _("去决定"), url, why)]


def month_chart(taxpayer: Taxpayer) -> Chart:
    """Return the invoices of the last six months as bars, with the finding that a reader hears."""
    months = invoice_selectors.monthly_counts(taxpayer=taxpayer, months=6)
    highest = max((month.issued for month in months), default=0)
    bars = []
    for index, month in enumerate(months):
        height = round(month.issued / highest * (CHART_HEIGHT - 50)) if highest else 0
        x = index * BAR_STEP + (BAR_STEP - BAR_WIDTH) // 2
        bars.append(
            Bar(
                label=month.period.label,
                month=_("%(month)s 月") % {"month": month.period.start.month},
                count=month.issued,
                voided=month.voided,
                total=month.total,
                x=x,
                y=CHART_HEIGHT - 26 - height,
                height=height,
                centre=x + BAR_WIDTH // 2,
            )
        )
    return Chart(bars=tuple(bars), finding=_finding(bars, highest), width=BAR_STEP * len(bars))


def _finding(bars: list[Bar], highest: int) -> str:
    if not highest:
        return _("最近六个月没有开具发票。")
    best = next(bar for bar in bars if bar.count == highest)
    total = sum(bar.count for bar in bars)
    return _("最近六个月共开具 %(total)s 张，%(month)s最多，%(count)s 张。") % {
        "total": total,
        "month": best.label,
        "count": best.count,
    }
