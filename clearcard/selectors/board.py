"""Where each disk of a company stands this month, as the desk and the list of applications show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Taxpayer, User
from clearcard import selectors
from clearcard.choices import REOPENABLE_STATUSES, CaseStatus
from clearcard.models import ClearCardCase
from clearcard.shapes import Station, StatusWords
from devices import selectors as device_selectors
from devices.choices import OUT_OF_USE
from devices.messages import advice
from devices.models import Device
from filing import selectors as filing_selectors
from filing.models import TaxReturn
from filing.selectors import Deadline
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class DiskLine:
    """One disk with the five words of its month and the one thing to do about it."""

    device: Device
    period: TaxPeriod
    words: StatusWords
    stations: tuple[Station, ...]
    case: ClearCardCase | None
    is_over: bool
    can_start: bool = False
    # What the disk has not been told is uploaded (离线票).
    offline: int = 0
    act_label: str = ""
    act_url: str = ""
    # The season of its month was moved, and what the disk holds was not.
    moved_season: Deadline | None = None
    # No return goes with its month: said, so that nobody looks for one.
    no_return: str = ""

    @property
    def sentence(self) -> str:
        """What the state means, in one sentence."""
        return self.words.sentence


@dataclass(frozen=True)
class MonthFiling:
    """How far a month's return is; the same for every disk of the company."""

    is_due: bool
    is_filed: bool
    is_settled: bool
    is_compared: bool
    is_blocked: bool
    no_return: str = ""


def disk_board(*, visible_to: User, taxpayer: Taxpayer) -> list[DiskLine]:
    """Return a line for each disk; statements do not grow with the number of disks of one period."""
    today, filings = clock.today(), dict[TaxPeriod, MonthFiling]()
    lines, devices = [], list(device_selectors.list_devices(taxpayer=taxpayer))
    # The cases of earlier months are as many as there were months, and none of them is shown.
    months = {device.period_start for device in devices if device.period_end < today}
    cases = selectors.list_cases(visible_to=visible_to, taxpayer=taxpayer).filter(period_start__in=months)
    standing = cases.exclude(status__in=REOPENABLE_STATUSES).select_related(None)
    open_cases = {(case.device_id, case.period_start): case for case in standing}
    for device in devices:
        case = open_cases.get((device.pk, device.period_start))
        if device.status in OUT_OF_USE and case is None:
            lines.append(_gone_line(device))
            continue
        if device.period_end >= today:
            lines.append(_resting_line(device))
            continue
        if device.period not in filings:
            filings[device.period] = month_filing(taxpayer, device.period)
        line = _due_line(device, case, filings[device.period], today)
        no_return = "" if line.stations[-1].state == "done" else filings[device.period].no_return
        lines.append(replace(line, moved_season=_moved_season(device, taxpayer), no_return=no_return))
    offline = device_selectors.offline_counts(devices)
    return [replace(line, offline=offline[line.device.pk]) for line in lines]


def _moved_season(device: Device, taxpayer: Taxpayer) -> Deadline | None:
    """Return the season where an outage moved it past the lock date that the disk really holds."""
    season = filing_selectors.deadline_for(device.period, bureau=taxpayer.bureau)
    return season if season.moved_from and season.date > device.issue_allowed_until else None


def month_filing(taxpayer: Taxpayer, month: TaxPeriod) -> MonthFiling:
    """Return how far the return that is due with a month has come."""
    period = filing_selectors.return_period(taxpayer, month)
    tax_return = filing_selectors.find_return(taxpayer=taxpayer, period=period) if period else None
    run = filing_selectors.latest_comparison(taxpayer=taxpayer, period=month)
    return MonthFiling(
        is_due=period is not None,
        is_filed=_is_filed(tax_return),
        is_settled=tax_return is not None and _is_filed(tax_return) and filing_selectors.is_settled(tax_return),
        is_compared=run is not None and not run.is_blocking,
        is_blocked=run is not None and run.is_blocking,
        no_return="" if period else filing_selectors.no_return_words(taxpayer, month),
    )


def _is_filed(tax_return: TaxReturn | None) -> bool:
    return tax_return is not None and not tax_return.is_draft


def _gone_line(device: Device) -> DiskLine:
    """A disk that is lost, replaced or cancelled: whatever was open on it is no longer done with it."""
    found = advice(f"disk.{device.status}")
    words = StatusWords("grey", str(device.get_status_display()), str(found.message), str(found.next_step))
    return DiskLine(device, device.period, words, _stations([False] * 5, started=False), None, is_over=False)


def _resting_line(device: Device) -> DiskLine:
    """The month still runs: either the one before is cleared, or the disk is new."""
    if device.last_cleared_at is None:
        sentence = _("%(month)s还没有结束，次月 1 日起抄报、申报并清卡。") % {"month": device.period.label}
        words = StatusWords("plain", _("未到期"), sentence, "")
        return DiskLine(device, device.period, words, _stations([False] * 5, started=False), None, is_over=False)
    cleared = device.period.previous()
    sentence = _("%(month)s已清卡，锁死日期已移到 %(day)s。现在没有要清的所属期。") % {
        "month": cleared.label,
        "day": device.issue_allowed_until,
    }
    words = StatusWords("plain", _("已清卡"), sentence, "")
    return DiskLine(device, cleared, words, _stations([True] * 5), None, is_over=False)


def _due_line(device: Device, case: ClearCardCase | None, filing: MonthFiling, today: date) -> DiskLine:
    done = [
        device.is_reported,
        filing.is_filed or not filing.is_due,
        filing.is_settled or not filing.is_due,
        filing.is_compared or not filing.is_due,
        case is not None and case.status == CaseStatus.CLEARED,
    ]
    stations = _stations(done, failed=3 if filing.is_blocked else None, no_return=not filing.is_due)
    if case is None:
        words = _uncleared_words(device, today)
        return DiskLine(
            device, device.period, words, stations, None, is_over=True, can_start=True, act_label=_("办理清卡")
        )
    label = _("继续办理") if case.is_editable else _("查看进度")
    url = reverse("clearcard:case-detail", args=[case.number])
    words = selectors.status_words(case)
    return DiskLine(device, device.period, words, stations, case, is_over=True, act_label=label, act_url=url)


def _uncleared_words(device: Device, today: date) -> StatusWords:
    facts = {"month": device.period.label, "day": device.issue_allowed_until}
    if today > device.issue_allowed_until:
        sentence = _("%(month)s还没有清卡，已过锁死日期 %(day)s，设备停止开票。清卡后即可恢复。") % facts
        return StatusWords("red", _("未清卡"), sentence, "")
    days = (device.issue_allowed_until - today).days
    sentence = _("%(month)s还没有清卡，请在锁死日期 %(day)s 之前办完（还有 %(days)s 天）。") % {**facts, "days": days}
    return StatusWords("amber", _("未清卡"), sentence, "")


def _stations(
    done: list[bool], *, failed: int | None = None, no_return: bool = False, started: bool = True
) -> tuple[Station, ...]:
    """Return the five words; the first that is not done is the current one."""
    current = done.index(False) if False in done and started else None
    found = []
    for index, title in enumerate((_("汇总"), _("申报"), _("缴款"), _("比对"), _("清卡"))):
        state = "done" if done[index] else "current" if index == current else "coming"
        state = "failed" if index == failed and not done[index] else state
        note = _("本月无申报") if no_return and index == 1 else ""
        found.append(Station(title=title, state=state, note=note))
    return tuple(found)
