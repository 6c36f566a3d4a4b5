"""The automatic review: one function per rule, one registry, every result kept.

The green lane opens only when every rule passes; otherwise the results name what a person must look at.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import CreditGrade, TaxpayerStatus
from clearcard.choices import ClearKind, ReviewOutcome
from clearcard.shapes import ReviewFacts, RuleFinding

GREEN_GRADES = (CreditGrade.A, CreditGrade.B)

Rule = Callable[[ReviewFacts], RuleFinding]


def _finding(code: str, title: str, *, ok: bool, measured: str, link: str = "", person: bool = False) -> RuleFinding:
    bad = ReviewOutcome.NEEDS_PERSON if person else ReviewOutcome.FAIL
    return RuleFinding(code, title, ReviewOutcome.PASS if ok else bad, measured, link)


def content_unchanged(facts: ReviewFacts) -> RuleFinding:
    """The figures are still those the taxpayer handed in."""
    words = _("与提交时一致") if facts.digest_unchanged else _("提交之后设备、台账或申报数据发生了变化")
    return _finding("content_unchanged", _("提交内容"), ok=facts.digest_unchanged, measured=words, person=True)


def report_present(facts: ReviewFacts) -> RuleFinding:
    """The disk's report of the period is stored and verified (F01; I5: reported before cleared)."""
    words = _("已收到并验签") if facts.has_report else _("没有收到 %(p)s的抄报") % {"p": facts.period_label}
    return _finding("report_present", _("设备抄报"), ok=facts.has_report, measured=words)


def tables_agree(facts: ReviewFacts) -> RuleFinding:
    """Disk, ledger and return agree by kind and rate."""
    words = _("三方数据一致") if facts.table_agrees else "；".join(facts.differences)
    link = facts.links.get("invoices", "")
    return _finding("tables_agree", _("设备、台账、申报核对"), ok=facts.table_agrees, measured=words, link=link)


def return_filed(facts: ReviewFacts) -> RuleFinding:
    """The return that is due with the period is filed (F04); a quarterly filer's other months need none."""
    if not facts.return_due:
        return _finding("return_filed", _("申报"), ok=True, measured=_("本月没有应申报的增值税申报表"))
    words = facts.return_label if facts.return_found else _("没有查到本期申报记录")
    link = facts.links.get("return", "")
    return _finding("return_filed", _("申报"), ok=facts.return_found, measured=words, link=link)


def tax_paid(facts: ReviewFacts) -> RuleFinding:
    """The tax of the return is in the treasury, or is zero (F05)."""
    ok = not facts.return_due or facts.return_settled
    words = _("税款已入库或应缴为零") if ok else _("税款没有入库")
    return _finding("tax_paid", _("缴款"), ok=ok, measured=words, link=facts.links.get("return", ""))


def comparison_passed(facts: ReviewFacts) -> RuleFinding:
    """The return comparison (一窗式比对) does not block (F06; 税总发〔2017〕124号)."""
    if not facts.return_due:
        return _finding("comparison_passed", _("申报比对"), ok=True, measured=_("本月没有申报，不作比对"))
    link = facts.links.get("comparison", "")
    ok = facts.comparison_found and facts.comparison_agrees
    return _finding("comparison_passed", _("申报比对"), ok=ok, measured=facts.comparison_words, link=link)


def invoices_settled(facts: ReviewFacts) -> RuleFinding:
    """No invoice of the period still waits for the disk's word."""
    count = facts.unfinished_invoices
    words = _("没有未决发票") if not count else _("%(n)d 张发票的结果还没有确定") % {"n": count}
    return _finding(
        "invoices_settled", _("未决发票"), ok=not count, measured=words, link=facts.links.get("invoices", "")
    )


def identity_matches(facts: ReviewFacts) -> RuleFinding:
    """The disk is in use and belongs to the company (F17)."""
    ok = facts.device_active and facts.taxpayer_matches
    words = _("设备登记与纳税人一致") if ok else _("设备状态异常，或与纳税人登记不一致")
    return _finding("identity_matches", _("设备登记"), ok=ok, measured=words)


def taxpayer_in_order(facts: ReviewFacts) -> RuleFinding:
    """The company's registration is normal (F21)."""
    ok = facts.taxpayer_status == TaxpayerStatus.NORMAL
    words = _("正常") if ok else _("纳税人状态为“%(s)s”") % {"s": TaxpayerStatus(facts.taxpayer_status).label}
    return _finding("taxpayer_in_order", _("纳税人状态"), ok=ok, measured=words, person=True)


def grade_allows(facts: ReviewFacts) -> RuleFinding:
    """Grades A and B may pass without a person."""
    ok = facts.credit_grade in GREEN_GRADES
    label = CreditGrade(facts.credit_grade).label
    words = _("%(g)s，可走自动通道") % {"g": label} if ok else _("%(g)s，须人工审核") % {"g": label}
    return _finding("grade_allows", _("信用等级"), ok=ok, measured=words, person=True)


def kind_allows(facts: ReviewFacts) -> RuleFinding:
    """A special clear always goes to officers, two of them."""
    ok = facts.kind != ClearKind.SPECIAL
    words = str(ClearKind(facts.kind).label)
    return _finding("kind_allows", _("清卡类型"), ok=ok, measured=words, person=True)


def in_time(facts: ReviewFacts) -> RuleFinding:
    """The application came before the lock date (F10)."""
    words = _("锁死日期之前提交") if not facts.is_overdue else _("已过锁死日期才提交")
    return _finding("in_time", _("办理时限"), ok=not facts.is_overdue, measured=words, person=True)


def nothing_to_explain(facts: ReviewFacts) -> RuleFinding:
    """A taxpayer's explanation is read by a person."""
    words = facts.explanation or _("没有需要说明的情况")
    return _finding("nothing_to_explain", _("情况说明"), ok=not facts.explanation, measured=words, person=True)


def materials_complete(facts: ReviewFacts) -> RuleFinding:
    """The papers the case needs are there."""
    missing = "、".join(facts.missing_materials)
    words = _("缺少：%(m)s") % {"m": missing} if missing else _("齐全")
    return _finding("materials_complete", _("材料"), ok=not missing, measured=words)


RULES: tuple[Rule, ...] = (
    content_unchanged,
    report_present,
    tables_agree,
    return_filed,
    tax_paid,
    comparison_passed,
    invoices_settled,
    identity_matches,
    taxpayer_in_order,
    grade_allows,
    kind_allows,
    in_time,
    nothing_to_explain,
    materials_complete,
)


# What each rule demands, in the words the officer reads beside its result.
DEMANDS = {
    "content_unchanged": gettext_lazy("提交之后，设备、台账和申报数据不得变化"),
    "report_present": gettext_lazy("先抄报、后清卡：本期抄报已收到并验签"),
    "tables_agree": gettext_lazy(
        "设备与台账的份数、金额、税额完全一致；申报销售额不小于开票金额（税总发〔2017〕124号）"
    ),
    "return_filed": gettext_lazy("当期增值税已申报；按季申报的非季末月份不要求"),
    "tax_paid": gettext_lazy("当期应缴税款已入库，或应缴为零"),
    "comparison_passed": gettext_lazy("申报比对相符，没有阻断的疑点（税总发〔2017〕124号）"),
    "invoices_settled": gettext_lazy("本期没有结果未定的发票"),
    "identity_matches": gettext_lazy("设备在用，并登记在本纳税人名下"),
    "taxpayer_in_order": gettext_lazy("纳税人登记状态正常"),
    "grade_allows": gettext_lazy("纳税信用 A、B 级可走自动通道，其余须人工审核"),
    "kind_allows": gettext_lazy("特殊清卡由两名税务人员审核"),
    "in_time": gettext_lazy("在锁死日期之前提交"),
    "nothing_to_explain": gettext_lazy("纳税人写了情况说明的，须人工阅读"),
    "materials_complete": gettext_lazy("规定的材料齐全"),
}


def run_review(facts: ReviewFacts) -> tuple[RuleFinding, ...]:
    """Apply every rule, in the order of the registry."""
    return tuple(rule(facts) for rule in RULES)


def is_green(findings: tuple[RuleFinding, ...]) -> bool:
    """Say whether the case may pass without a person."""
    return all(each.outcome == ReviewOutcome.PASS for each in findings)


def reasons_in_words(findings: tuple[RuleFinding, ...]) -> list[str]:
    """Return why a person must look, one sentence per finding."""
    return [f"{each.title}：{each.measured}" for each in findings if each.outcome != ReviewOutcome.PASS]


def needs_second_officer(kind: str) -> bool:
    """Say whether two officers must agree; special clears only."""
    return kind == ClearKind.SPECIAL
