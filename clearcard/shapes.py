"""Frozen dataclasses that rules compute, selectors return and pages read. Pure: no ORM, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from clearcard.choices import CaseAction, CheckOutcome, ClearKind, MaterialKind, ReviewOutcome
from taxhall.common.money import ZERO


@dataclass(frozen=True)
class PreparationCheck:
    """One row of the preparation page: what was measured, when, and where to mend it."""

    code: str
    group: str
    title: str
    outcome: CheckOutcome
    measured: str
    mend_label: str = ""
    mend_url: str = ""
    help_code: str = ""
    checked_at: datetime | None = None
    is_blocking: bool = False

    @property
    def stops(self) -> bool:
        """Whether the application cannot be handed in before this is mended."""
        return self.is_blocking and self.outcome in (CheckOutcome.ATTENTION, CheckOutcome.UNKNOWN)


@dataclass(frozen=True)
class TypeOption:
    """One radio card of the type page; an impossible one says why."""

    kind: ClearKind
    label: str
    when_to_use: str
    is_possible: bool
    why_not: str = ""
    is_suggested: bool = False
    reason: str = ""
    sub_reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Side:
    """What one party says of one kind and rate: net of red invoices, voided ones counted apart."""

    count: int | None = None
    amount: Decimal = ZERO
    tax: Decimal = ZERO
    void_count: int = 0


@dataclass(frozen=True)
class ThreeWayRow:
    """One kind and rate by disk, ledger and return.

    `basis` is the ledger over the period of the return and all disks of the company, which is what a
    return is compared with; for a monthly filer with one disk it equals `ledger`.
    """

    kind: str
    kind_label: str
    rate: str
    rate_label: str
    device: Side | None
    ledger: Side | None
    declared: Side | None
    basis: Side | None
    difference_count: int
    difference_amount: Decimal
    difference_tax: Decimal
    declared_difference: Decimal | None
    agrees: bool
    likely_cause: str = ""
    invoices_url: str = ""


@dataclass(frozen=True)
class ThreeWay:
    """The table of the verify page and its digest; what the taxpayer confirms and the hall reviews."""

    rows: tuple[ThreeWayRow, ...]
    device_total: Side | None
    ledger_total: Side
    declared_total: Side | None
    has_report: bool
    report_digest: str
    report_counter: int | None
    reported_at: datetime | None
    return_due: bool
    return_number: str
    return_period_label: str
    agrees: bool
    digest: str

    @property
    def basis_total(self) -> Side:
        """The ledger over the return's own period: every disk and the digital invoices."""
        sides = [row.basis for row in self.rows if row.basis is not None]
        amount, tax = sum((each.amount for each in sides), ZERO), sum((each.tax for each in sides), ZERO)
        return Side(sum(each.count or 0 for each in sides), amount, tax)

    @property
    def is_return_wider(self) -> bool:
        """Whether the return covers more than this disk's month, so that it is compared with other invoices."""
        basis, ledger = self.basis_total, self.ledger_total
        return bool(self.return_number) and (basis.amount, basis.tax) != (ledger.amount, ledger.tax)

    @property
    def different_rows(self) -> tuple[ThreeWayRow, ...]:
        """The rows that need the user's eye."""
        return tuple(row for row in self.rows if not row.agrees)

    @property
    def equal_rows(self) -> tuple[ThreeWayRow, ...]:
        """The rows that fold to one line."""
        return tuple(row for row in self.rows if row.agrees)


@dataclass(frozen=True)
class CaseForm:
    """What the taxpayer confirms or explains on the fill page."""

    invoiced_amount: Decimal
    declared_amount: Decimal
    clear_on: date
    explanation: str = ""


@dataclass(frozen=True)
class Prefill:
    """One value the hall knows already and where it comes from."""

    name: str
    label: str
    value: Any
    source: str


@dataclass(frozen=True)
class MaterialSlot:
    """One of the five papers on the fill page."""

    kind: MaterialKind
    label: str
    is_required: bool
    note: str
    material: Any = None
    reusable: Any = None


@dataclass(frozen=True)
class ReturnedItem:
    """One thing an officer marked for correction; target is a field name or `material:<kind>`."""

    target: str
    words: str


@dataclass(frozen=True)
class Letter:
    """What a decision tells the taxpayer; the officer's preview and the notice are the same words."""

    title: str
    body: str


@dataclass(frozen=True)
class StatusWords:
    """What is read at the top of a case, on a list and in the API; true under every fault."""

    tone: str
    word: str
    sentence: str
    next_step: str

    def __iter__(self) -> Any:
        """Unpack as (tone, word, sentence, next_step)."""
        return iter((self.tone, self.word, self.sentence, self.next_step))


@dataclass(frozen=True)
class Station:
    """One of the five stations of the journey; state is done, current, failed or coming."""

    title: str
    state: str
    note: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class TimelineEvent:
    """One line of the history; the newest comes first."""

    at: datetime
    title: str
    who: str
    note: str = ""


@dataclass(frozen=True)
class ReviewFacts:
    """Everything the automatic review looks at, read once; rules are pure over it."""

    kind: str
    period_label: str
    credit_grade: str
    taxpayer_status: str
    explanation: str
    is_overdue: bool
    has_report: bool
    table_agrees: bool
    differences: tuple[str, ...]
    digest_unchanged: bool
    return_due: bool
    return_found: bool
    return_settled: bool
    return_label: str
    comparison_found: bool
    comparison_agrees: bool
    comparison_blocking: bool
    comparison_words: str
    unfinished_invoices: int
    device_active: bool
    taxpayer_matches: bool
    missing_materials: tuple[str, ...]
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleFinding:
    """What one review rule found."""

    rule_code: str
    title: str
    outcome: ReviewOutcome
    measured: str
    evidence_link: str = ""


@dataclass(frozen=True)
class SpecialStory:
    """Why a special clear stops for a person, each part in sentences."""

    happened: tuple[str, ...]
    asked: tuple[str, ...]
    decided: tuple[str, ...]


@dataclass(frozen=True)
class SeenCase:
    """An application as it stood on the list that the officer confirmed."""

    number: str
    version: int
    digest: str


@dataclass(frozen=True)
class BatchOutcome:
    """What became of one application of a batch, in words."""

    number: str
    is_done: bool
    words: str


@dataclass(frozen=True)
class OfficerDay:
    """The numbers of an officer's day."""

    came: int
    decided: int
    late: int


@dataclass(frozen=True)
class Change:
    """One difference between two hand-ins: 增, 改, 删 or 同."""

    field: str
    label: str
    word: str
    old: str
    new: str


@dataclass(frozen=True)
class ReviewPicture:
    """The officer's page: what was submitted, what holds now, what changed, what was found."""

    case: Any
    snapshot: Mapping[str, Any]
    submitted: ThreeWay
    current: ThreeWay
    has_moved: bool
    results: tuple[Any, ...]
    materials: tuple[Any, ...]
    changes: tuple[Change, ...]
    timeline: tuple[TimelineEvent, ...]
    notes: tuple[Any, ...]
    actions: tuple[CaseAction, ...]
    why_no_form: str
    needs_second_officer: bool


@dataclass(frozen=True)
class CertificateCheck:
    """The public answer about a certificate; facts are masked."""

    is_valid: bool
    word: str
    sentence: str
    facts: tuple[tuple[str, str], ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)
