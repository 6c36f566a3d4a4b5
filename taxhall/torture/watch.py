"""Watching what people read while a case runs: each sentence is held against the disk's own file at once."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, connection

from clearcard import selectors
from clearcard.choices import DECIDED_STATUSES, CaseStatus
from clearcard.models import ClearCardCase
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from taxhall.torture.lane import Lane
from taxhall.torture.places import CONTRADICTED, ELSEWHERE, ISSUE

LOOK_SECONDS = 0.1
READ_SECONDS = 0.5
# Where the page says that nothing on the disk has changed.
UNTOUCHED = (
    CaseStatus.DRAFT,
    CaseStatus.SUBMITTED,
    CaseStatus.REVIEWING,
    CaseStatus.APPROVED,
    CaseStatus.COMMANDED,
    CaseStatus.REFUSED,
    CaseStatus.REJECTED,
    CaseStatus.WITHDRAWN,
)
CLEARED, NOT_CLEARED, UNKNOWN = "已清卡", "未清卡", "待核实"


@dataclass(frozen=True)
class Told:
    """What somebody was told at one moment, between two looks at the disk."""

    by: str
    status: str
    word: str


def judge_clear(told: Told, *, before: int, after: int, is_strange: bool) -> str:
    """Say what is untrue in what was told of a clear; empty when nothing is.

    `before` and `after` are the disk's clears just before and just after it was told. A disk that somebody
    else cleared (`is_strange`) may be called anything but cleared.
    """
    if told.word == CLEARED and (after == 0 or is_strange):
        return f"{told.by}: {told.word} while the disk stands at {after}"
    if is_strange or before == 0:
        return ""
    if told.word == NOT_CLEARED or (told.status in UNTOUCHED and told.word != UNKNOWN):
        return f"{told.by}: {told.word} ({told.status}) although the disk has moved"
    return ""


def judge_issue(told: Told, *, before: bool, after: bool) -> str:
    """Say what is untrue in what was told of an invoice; `before` and `after`: whether the disk had signed it."""
    if told.status == InvoiceState.ISSUED and not after:
        return f"{told.by}: issued while the disk has signed nothing"
    if told.status == InvoiceState.DRAFT and before:
        return f"{told.by}: a draft although the disk has signed it"
    return ""


class Watch(threading.Thread):
    """Looks at all lanes ten times a second by the page's own selector, and twice a second through the API."""

    def __init__(self, lanes: list[Lane]) -> None:
        super().__init__(daemon=True, name="watch")
        self.looks = 0
        self.reads = 0
        self._lanes = lanes
        self._halt = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True, name="reader")

    def __enter__(self) -> Watch:
        self.start()
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._halt.set()
        self.join(20)
        self._reader.join(20)

    def run(self) -> None:
        """Look until told to stop; a database that is down tells nobody anything."""
        while not self._halt.wait(LOOK_SECONDS):
            try:
                self._look()
            except (DatabaseError, InterfaceError, OSError):
                with suppress(DatabaseError, InterfaceError):
                    connection.close()
        connection.close()

    def _look(self) -> None:
        before = {lane.pk: state_of(lane) for lane in self._lanes}
        told = {**_clears(self._lanes), **_invoices(self._lanes)}
        self.looks += len(told)
        for lane in self._lanes:
            if (said := told.get((lane.case.act, lane.pk))) is not None:
                self._hold(lane, said, before[lane.pk])

    def _read(self) -> None:
        while not self._halt.wait(READ_SECONDS / max(1, len(self._lanes)) + 0.05):
            lane = self._lanes[self.reads % len(self._lanes)]
            self.reads += 1
            with suppress(OSError):
                before = state_of(lane)
                if (said := _read_api(lane)) is not None:
                    self._hold(lane, said, before)

    def _hold(self, lane: Lane, told: Told, before: int) -> None:
        lane.said.add(told.word)
        if lane.is_set_back and told.status in UNTOUCHED:
            return
        after = state_of(lane)
        if lane.is_issue:
            found = judge_issue(told, before=before > 0, after=after > 0)
        else:
            found = judge_clear(told, before=before, after=after, is_strange=is_strange(lane))
        if found and found not in lane.untrue:
            lane.untrue.append(found)


def is_strange(lane: Lane) -> bool:
    """Say whether somebody else clears the disk in this case."""
    return lane.case.place is not None and lane.case.place.led_by in (ELSEWHERE, CONTRADICTED)


def state_of(lane: Lane) -> int:
    """Return what has happened on the disk: clears, or whether this invoice was signed."""
    if not lane.is_issue:
        return lane.disk.clears
    return lane.disk.signatures - lane.signatures_before


def _clears(lanes: list[Lane]) -> dict[tuple[str, int], Told]:
    wanted = [lane.pk for lane in lanes if not lane.is_issue]
    rows = ClearCardCase.objects.filter(pk__in=wanted).select_related("device", "taxpayer")
    found = {}
    for case in rows:
        word = selectors.status_words(case).word if case.status in DECIDED_STATUSES else str(case.get_status_display())
        found[("clear", case.pk)] = Told("page", case.status, str(word))
    return found


def _invoices(lanes: list[Lane]) -> dict[tuple[str, int], Told]:
    wanted = [lane.pk for lane in lanes if lane.is_issue]
    rows = Invoice.objects.filter(pk__in=wanted).values_list("pk", "state")
    return {(ISSUE, pk): Told("page", state, state) for pk, state in rows}


def _read_api(lane: Lane) -> Told | None:
    if lane.is_issue:
        answer = lane.browser.read(f"/api/v1/invoices/{lane.pk}/")
        return None if answer is None else Told("API", str(answer["state"]), str(answer["state"]))
    answer = lane.browser.read(f"/api/v1/clear-cases/{lane.subject.number}/")
    return None if answer is None else Told("API", str(answer["status"]), str(answer["words"]["word"]))
