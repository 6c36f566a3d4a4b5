"""Returns, payments and comparisons in the words and shapes that pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from filing import selectors
from filing.choices import EMPTY_PAYMENTS, GONE_STATES, CellKind, PaymentState, ReturnStatus
from filing.forms import reason_name, shown_name, value_name
from filing.models import Payment, TaxReturn
from filing.rules.comparison import RULES
from filing.rules.computation import CellValue, Problem, Sheet
from filing.rules.definition import CellKey, Column, Line, Schedule
from filing.rules.wording import explain, percent
from taxhall.common.money import ZERO


@dataclass(frozen=True)
class Words:
    """A state on screen: tone of the tag, word, sentence, next step."""

    tone: str
    word: str
    sentence: str
    next_step: str = ""


@dataclass(frozen=True)
class CellView:
    """One cell of a line as the page shows it."""

    key: CellKey
    id: str
    label: str
    is_input: bool
    needs_reason: bool
    name: str
    reason_name: str
    shown_name: str
    text: str
    shown: str
    prefilled: str
    prefilled_text: str
    is_overridden: bool
    reason: str
    words: str
    error: str
    is_year_to_date: bool = False


@dataclass(frozen=True)
class FoldSum:
    """What a folded part comes to in one column; its id lets it change while the form is filled in."""

    id: str
    label: str
    amount: Decimal


@dataclass(frozen=True)
class LineView:
    """One line with its cells; in a schedule that folds, with its sums and whether it is open at first."""

    line: Line
    cells: tuple[CellView, ...]
    words: str
    sums: tuple[FoldSum, ...] = ()
    is_open: bool = True


@dataclass(frozen=True)
class SectionView:
    """Lines under one heading."""

    title: str
    lines: tuple[LineView, ...]
    anchor: str = ""
    sums: tuple[FoldSum, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether something in it wants to be seen at first."""
        return any(each.is_open for each in self.lines)


@dataclass(frozen=True)
class GridRow:
    """One line of a schedule as a table row: each cell with the columns it covers."""

    line: Line
    cells: tuple[tuple[CellView | None, int], ...]

    @property
    def words(self) -> str:
        """The line's formula in words, when it is the same in every column that has one."""
        found = {cell.words for cell, _span in self.cells if cell and cell.words and not cell.is_year_to_date}
        return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True)
class GridView:
    """A schedule in the shape of the official sheet (表样)."""

    schedule: Schedule
    columns: tuple[Column, ...]
    rows: tuple[GridRow, ...]


@dataclass(frozen=True)
class ProblemView:
    """A check that does not hold, with the place to mend it."""

    message: str
    is_mandatory: bool
    place: str
    schedule: str
    anchor: str


# Rules whose two numbers count things; pages show them without cents.
COUNTING_RULES = frozenset(rule.code for rule in RULES if rule.is_count)


def cell_id(key: CellKey) -> str:
    """Return the id of a cell on the page."""
    return f"c-{key.schedule}-{key.line}-{key.column}"


def sections(
    sheet: Sheet,
    schedule: Schedule,
    texts: Mapping[CellKey, str] | None = None,
    errors: Mapping[CellKey, str] | None = None,
    open_at: str = "",
) -> list[SectionView]:
    """Return one schedule in sections; texts that could not be read stand as they were typed.

    Where the schedule folds, only what holds a figure or an error, or the cell asked for, is open at first.
    """
    found: dict[str, list[LineView]] = {}
    for line in schedule.lines:
        cells = tuple(
            _cell(sheet, schedule.column(code), CellKey(schedule.code, line.number, code), texts or {}, errors or {})
            for code in line.columns
        )
        found.setdefault(line.section, []).append(_line_view(sheet, schedule, line, cells, open_at))
    return [
        SectionView(title, tuple(lines), f"s-{schedule.code}-{position}", _section_sums(schedule, lines, position))
        for position, (title, lines) in enumerate(found.items(), start=1)
    ]


def _line_view(sheet: Sheet, schedule: Schedule, line: Line, cells: tuple[CellView, ...], open_at: str) -> LineView:
    shared = {each.words for each in cells if each.words and not each.key.column.startswith("ytd")}
    words = shared.pop() if len(shared) == 1 else ""
    if not schedule.fold:
        return LineView(line, cells, words)
    sums = tuple(
        FoldSum(
            f"f-{schedule.code}-{line.number}-{code}", schedule.column(code).label, _amount(sheet, schedule, line, code)
        )
        for code in schedule.fold
        if code in line.columns
    )
    is_open = any(each.error or each.id == open_at or sheet.cells[each.key].amount for each in cells)
    return LineView(line, cells, words, sums, is_open)


def _amount(sheet: Sheet, schedule: Schedule, line: Line, code: str) -> Decimal:
    return sheet.cells[CellKey(schedule.code, line.number, code)].amount


def _section_sums(schedule: Schedule, lines: list[LineView], position: int) -> tuple[FoldSum, ...]:
    """Add up a section; lines that are part of another (其中) count there already."""
    sums = []
    for code in schedule.fold:
        label = schedule.column(code).label
        whole = [each.amount for line in lines if not line.line.indent for each in line.sums if each.label == label]
        sums.append(FoldSum(f"f-{schedule.code}-s{position}-{code}", label, sum(whole, ZERO)))
    return tuple(sums)


def _cell(
    sheet: Sheet, column: Column, key: CellKey, texts: Mapping[CellKey, str], errors: Mapping[CellKey, str]
) -> CellView:
    value = sheet.cells[key]
    is_input = value.cell.kind != CellKind.COMPUTED
    return CellView(
        key=key,
        id=cell_id(key),
        label=column.label,
        is_input=is_input,
        needs_reason=value.cell.kind in (CellKind.PREFILLED, CellKind.DEFAULTED),
        name=value_name(key),
        reason_name=reason_name(key),
        shown_name=shown_name(key),
        text=texts.get(key, _plain(value.cell.type, value.value)),
        shown=shown(value),
        prefilled=shown(replace(value, value=value.prefilled)) if value.prefilled is not None else "",
        prefilled_text=_plain(value.cell.type, value.prefilled),
        is_overridden=value.is_overridden,
        reason=value.reason,
        words=explain(sheet.definition, value.cell, sheet.inputs.policies),
        error=errors.get(key, ""),
        is_year_to_date=value.cell.year_to_date_of is not None,
    )


def _plain(kind: str, value: Decimal | None) -> str:
    """Write a value as it is typed; documents and flags are whole."""
    if value is None:
        return ""
    return f"{value:.0f}" if kind in ("count", "flag") and value == value.to_integral_value() else f"{value:f}"


def grid(sheet: Sheet, schedule: Schedule) -> GridView:
    """Return one schedule as a table; a line without a column leaves its cell empty."""
    columns = tuple(each for each in schedule.columns if not each.spans)
    rows = tuple(_grid_row(sheet, schedule, line, columns) for line in schedule.lines)
    return GridView(schedule, columns, rows)


def _grid_row(sheet: Sheet, schedule: Schedule, line: Line, columns: tuple[Column, ...]) -> GridRow:
    spanning = {each.spans[0]: each for each in schedule.columns if each.spans and each.code in line.columns}
    cells: list[tuple[CellView | None, int]] = []
    covered: set[str] = set()
    for column in columns:
        if column.code in covered:
            continue
        used = spanning.get(column.code, column)
        covered.update(used.spans)
        key = CellKey(schedule.code, line.number, used.code)
        cell = _cell(sheet, used, key, {}, {}) if used.code in line.columns else None
        cells.append((cell, max(1, len(used.spans))))
    return GridRow(line, tuple(cells))


def shown(value: CellValue) -> str:
    """Write a cell's value as its type asks."""
    if value.value is None:
        return "—"
    if value.cell.type == "rate":
        return percent(value.value)
    if value.cell.type == "count":
        return f"{value.value:,.0f}"
    if value.cell.type == "flag":
        return _("是") if value.value == 1 else _("否")
    if value.cell.type == "threshold":
        return {2: _("未超过，免税"), 1: _("剔除不动产后未超过，免税")}.get(int(value.value), _("超过，全部征税"))
    return f"{value.value:,.2f}"


@dataclass(frozen=True)
class ChangeView:
    """One cell that a correction changes: old, new, difference."""

    place: str
    label: str
    schedule: str
    anchor: str
    old: str
    new: str
    difference: Decimal


def changes(old: Sheet, new: Sheet) -> list[ChangeView]:
    """Return what a correction changes, cell by cell in the order of the form; yearly sums are left out."""
    found = []
    for schedule in new.definition.schedules:
        for line in schedule.lines:
            for code in line.columns:
                key = CellKey(schedule.code, line.number, code)
                before, after = old.cells[key], new.cells[key]
                if before.amount != after.amount and after.cell.year_to_date_of is None:
                    place = _("%(title)s第 %(line)s 栏") % {"title": schedule.title, "line": line.number}
                    label = f"{line.label}，{schedule.column(code).label}"
                    found.append(
                        ChangeView(
                            place, label, schedule.code, cell_id(key), shown(before), shown(after),
                            after.amount - before.amount,
                        )
                    )  # fmt: skip
    return found


def problem_views(sheet: Sheet) -> list[ProblemView]:
    """Return every check that does not hold, mandatory ones first."""
    return [_problem(sheet, each) for each in sheet.problems]


def _problem(sheet: Sheet, problem: Problem) -> ProblemView:
    schedule = sheet.definition.schedule(problem.here.schedule)
    place = _("%(title)s第 %(line)s 栏") % {"title": schedule.title, "line": problem.here.line}
    message = _(problem.message)
    return ProblemView(message, problem.is_mandatory, place, schedule.code, cell_id(problem.here))


def return_words(tax_return: TaxReturn | None, *, is_overdue: bool = False) -> Words:
    """Say where a return stands, for the list and its own page."""
    if tax_return is None or tax_return.is_draft:
        return _unfiled_words(tax_return, is_overdue=is_overdue)
    if tax_return.status in GONE_STATES:
        return _gone_words(tax_return)
    if tax_return.status == ReturnStatus.PAID:
        return Words("ok", _("已缴款"), _paid_sentence(tax_return), _("比对一致后即可办理清卡。"))
    if selectors.is_settled(tax_return):
        return _settled_words(tax_return)
    payment = selectors.find_payment(tax_return)
    if payment is not None and payment.state not in EMPTY_PAYMENTS:
        return payment_words(payment)
    return Words("amber", _("已申报，待缴款"), _("申报已受理，税款还没有缴纳。"), _("请尽快缴款。"))


def _paid_sentence(tax_return: TaxReturn) -> str:
    """Say that the tax arrived, and the surcharge for lateness that was paid with it."""
    fee = selectors.received_fee(tax_return)
    if not fee:
        return _("申报已受理，税款已入库。")
    return _("申报已受理，税款和滞纳金 %(fee)s 元已入库。") % {"fee": f"{fee:,.2f}"}


def _settled_words(tax_return: TaxReturn) -> Words:
    """Say that nothing is to be paid; what was paid too much before a correction is named, and where to ask for it."""
    overpaid = selectors.overpaid_tax(tax_return)
    if not overpaid:
        return Words("ok", _("已申报"), _("申报已受理，本期无需缴款。"), _("比对一致后即可办理清卡。"))
    sentence = _("申报已受理，更正前多缴 %(amount)s 元，本期无需再缴。") % {"amount": f"{overpaid:,.2f}"}
    next_step = _(
        "比对一致后即可办理清卡。多缴的税款自缴纳之日起三年内可以向主管税务机关申请退还（税收征收管理法第五十一条）。"
    )
    return Words("ok", _("已申报"), sentence, next_step)


def _gone_words(tax_return: TaxReturn) -> Words:
    if tax_return.status == ReturnStatus.CORRECTED:
        return Words("grey", _("已更正"), _("这张申报表已被更正申报代替。"), _("请看更正后的申报表。"))
    return Words("grey", _("已作废"), _("这张申报表已作废，不再有效。"), _("请重新申报本期。"))


def _unfiled_words(tax_return: TaxReturn | None, *, is_overdue: bool) -> Words:
    if is_overdue:
        sentence = _("征期已过，还没有申报。")
        return Words("red", _("逾期未申报"), sentence, _("请尽快申报；逾期申报照常受理并注明逾期。"))
    if tax_return is not None:
        return Words("blue", _("暂存"), _("已开始填写，还没有提交。"), _("请核对后提交申报。"))
    return Words("plain", _("未申报"), _("还没有开始填写。"), _("请在截止日期前申报。"))


def payment_words(payment: Payment) -> Words:
    """Say what is known of a payment, and nothing more."""
    if payment.state == PaymentState.RECEIVED:
        return Words("ok", _("已入库"), _received_sentence(payment))
    if payment.state == PaymentState.FAILED:
        sentence = _("国库答复没有扣款。")
        return Words("red", _("缴款失败"), sentence + _stopped(payment.message), _("请核对账户后重新缴款。"))
    if payment.state == PaymentState.PARTIAL:
        sentence = _("国库只收到 %(amount)s 元。") % {"amount": f"{payment.received_amount:,.2f}"}
        if payment.received_fee:
            sentence = _("国库只收到 %(amount)s 元，其中滞纳金 %(fee)s 元。") % _received(payment)
        return Words(
            "amber", _("部分入库"), sentence + _stopped(payment.message), _("请缴纳其余部分，缴清后才能清卡。")
        )
    if payment.state == PaymentState.REFUNDED:
        sentence = _("国库已将这笔税款退回，现在没有入库。")
        return Words("red", _("已退回"), sentence + _stopped(payment.message), _("请核对原因后重新缴款。"))
    if payment.state == PaymentState.UNKNOWN:
        sentence = _("已向国库发出扣款请求，还没有得到可以核实的答复，尚不能确认是否扣款。")
        return Words("amber", _("待核实"), sentence, _("系统会自动查询，您无需操作，请不要在别处重复缴款。"))
    return Words("blue", _("缴款中"), payment.message or _("正在等待国库答复。"), _("请稍候，本页会自动更新。"))


def _received_sentence(payment: Payment) -> str:
    if not payment.received_fee:
        return _("国库已确认收到税款。")
    return _("国库已确认收到 %(amount)s 元，其中税款 %(tax)s 元、滞纳金 %(fee)s 元。") % _received(payment)


def _received(payment: Payment) -> dict[str, str]:
    parts = {"amount": payment.received_amount, "tax": payment.received_tax, "fee": payment.received_fee}
    return {name: f"{amount:,.2f}" for name, amount in parts.items()}


def _stopped(message: str) -> str:
    """End what the treasury wrote as a sentence, since ours follows it."""
    return message if not message or message[-1] in "。！？；" else f"{message}。"


def sums(sheet: Sheet) -> list[tuple[str, Decimal]]:
    """Return the sums that stay in sight while the form is filled in."""
    return [*((_(label), amount) for label, amount in sheet.sums.items()), (_("本期应补（退）税费合计"), sheet.tax_due)]
