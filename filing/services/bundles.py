"""Policy bundles: verified, held against what already applied, loaded as one whole, announced."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.choices import TaxpayerKind
from accounts.models import Taxpayer
from filing import bundle_signature, selectors
from filing.errors import BundleRefusedError
from filing.models import PolicyBundle, PolicyRule, RuleTolerance
from filing.rules import comparison
from filing.rules.bundle import Bundle, PolicyRow, ToleranceRow, clashes, read_bundle
from filing.rules.late_fee import FEE_POLICIES, is_fee_value
from filing.rules.reminders import LONGEST_STEP, STEPS_CODE, is_step
from filing.selectors.effects import FormPeriod, PolicySnapshot

# So many strange names are told at once.
_MOST_NAMED = 20


@dataclass(frozen=True)
class RowChange:
    """One row before and after: a value with its last day; `was` is empty for a new row."""

    code: str
    key: str
    taxpayer_kind: str
    valid_from: str
    was: str
    now: str
    basis: str
    was_until: str = ""
    until: str = ""


@dataclass(frozen=True)
class BundleEffects:
    """What a bundle changes: the rows, and the drafts that owe another sum; companies are those it concerns."""

    bundle: Bundle
    changes: tuple[RowChange, ...]
    draft_count: int
    company_count: int


@dataclass(frozen=True)
class _Applied:
    """What was written, which values held before, and the forms and periods that are computed otherwise."""

    changes: tuple[RowChange, ...]
    before: PolicySnapshot
    groups: frozenset[FormPeriod]


@dataclass(frozen=True)
class LoadedBundle:
    """A bundle that is in force; `effects` is empty where it was loaded before."""

    row: PolicyBundle
    effects: BundleEffects | None


def preview_bundle(*, text: bytes, signature: bytes) -> BundleEffects | None:
    """Return what loading the bundle would change; nothing stays changed. None where it is loaded already.

    Raises: BundleRefusedError, for the same reasons as loading it.
    """
    return _effects(_trusted(text, signature), text)


def load_bundle(*, text: bytes, signature: bytes, loaded_by: str) -> LoadedBundle:
    """Load a signed bundle, all of it or nothing; the same one again changes nothing.

    Rule: a value that a filed return was computed with, or compared by, does not change after the fact.
    Raises: BundleRefusedError.
    """
    bundle = _trusted(text, signature)
    # Every draft is computed anew for it, which takes its time: filings must not wait meanwhile.
    effects = _effects(bundle, text)
    with transaction.atomic():
        _hold_returns()
        found = _find_loaded(bundle, text)
        drafts = effects.draft_count if effects else 0
        loaded = LoadedBundle(found, effects=None) if found else _load(bundle, text, signature, loaded_by, drafts)
    # Apart from the load, which would wait for a filing that waits for it; loading it again tells whom this missed.
    _announce(loaded.row, bundle)
    return loaded


def _effects(bundle: Bundle, text: bytes) -> BundleEffects | None:
    """Return what loading would change, by doing it and taking it back; no filing waits for that."""
    effects = None
    with transaction.atomic():
        if _find_loaded(bundle, text) is None:
            applied = _apply(bundle)
            effects = _told(bundle, applied, selectors.count_changed_drafts(applied.before, applied.groups))
        transaction.set_rollback(True)
    return effects


def _load(bundle: Bundle, text: bytes, signature: bytes, loaded_by: str, draft_count: int) -> LoadedBundle:
    effects = _told(bundle, _apply(bundle), draft_count)
    row = PolicyBundle.objects.create(
        version=bundle.version,
        title=bundle.title,
        issued_on=bundle.issued_on,
        digest=_digest(text),
        content=text.decode("utf-8"),
        signature=signature.decode("utf-8"),
        changes=[asdict(each) for each in effects.changes],
        draft_count=effects.draft_count,
        loaded_by=loaded_by[:100],
    )
    account_services.record_audit_event(
        actor=None,
        action="filing.policy_bundle_loaded",
        obj=row,
        data={"version": row.version, "digest": row.digest, "changes": row.changes, "drafts": row.draft_count},
        label=row.loaded_by,
    )
    return LoadedBundle(row, effects)


def _trusted(text: bytes, signature: bytes) -> Bundle:
    key = bundle_signature.load_public_key(Path(settings.POLICY_PUBLIC_KEY_FILE))
    try:
        bundle_signature.verify(text, signature, key)
    except bundle_signature.SignatureUnreadableError as error:
        raise BundleRefusedError(
            _("政策包的签名不成立：签名文件读不懂，可能不完整、另存过编码，或不是签名文件。没有任何政策改动。"),
            next_step=_("请重新取得与政策包一并下发的 .sig 文件，按原样保存。"),
        ) from error
    except bundle_signature.BundleSignatureError as error:
        raise BundleRefusedError(
            _("政策包的签名不成立，可能被改动过，或不是由约定的机关签发。没有任何政策改动。"),
            next_step=_("请向下发政策包的税务机关核对后重新取得文件和签名。"),
        ) from error
    return read_bundle(text)


def _hold_returns() -> None:
    """Let filings in flight end first and none begin meanwhile, so that none is filed by values that just went."""
    with connection.cursor() as cursor:
        # Who waits for this lock keeps others waiting behind: better refused than the hall standing still.
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        try:
            cursor.execute("LOCK TABLE filing_taxreturn IN EXCLUSIVE MODE")
        except OperationalError as error:
            raise BundleRefusedError(
                _("申报业务正忙，5 秒内没有等到空档。没有任何政策改动。"),
                next_step=_("请稍后或在申报较少的时候再载入。"),
            ) from error


def _find_loaded(bundle: Bundle, text: bytes) -> PolicyBundle | None:
    newest = PolicyBundle.objects.first()
    if newest is None or bundle.version > newest.version:
        return None
    same = PolicyBundle.objects.filter(version=bundle.version, digest=_digest(text)).first()
    if same is not None:
        return same
    raise BundleRefusedError(
        _("政策包的版本 %(version)s 不比已载入的版本 %(newest)s 新。没有任何政策改动。")
        % {"version": bundle.version, "newest": newest.version},
        next_step=_("请取得最新的政策包；已载入的版本照常有效。"),
    )


def _apply(bundle: Bundle) -> _Applied:
    _require_known(bundle)
    _require_days(bundle)
    _require_fees(bundle)
    before = selectors.policy_snapshot()
    changes = [change for row in _ends_first(bundle) if (change := _put_policy(row))]
    changes += [change for each in bundle.tolerances if (change := _put_tolerance(each))]
    after = selectors.policy_snapshot()
    groups, ends = before.differences(after), before.compared_otherwise(after)
    _require_filed_stand(selectors.count_filed(groups, ends))
    return _Applied(tuple(changes), before, frozenset(groups))


def _told(bundle: Bundle, applied: _Applied, draft_count: int) -> BundleEffects:
    return BundleEffects(
        bundle=bundle,
        changes=applied.changes,
        draft_count=draft_count,
        company_count=_concerned(bundle, applied.changes).count(),
    )


def _ends_first(bundle: Bundle) -> list[PolicyRow]:
    """Return the rows so that what ends has ended before its successor begins; refuse what would overlap."""
    stored = PolicyRule.objects.select_for_update().order_by("pk")
    spans = {(row.code, row.key, row.taxpayer_kind, row.valid_from): row.valid_to for row in stored}
    after = spans | {(*row.identity, row.valid_from): row.valid_to for row in bundle.policies}
    touched = {(row.code, row.key) for row in bundle.policies}
    for code, key in clashes({row: end for row, end in after.items() if row[:2] in touched}):
        raise BundleRefusedError(
            _("%(policy)s 的有效期与现有的重叠；适用全部纳税人的，不能与只适用一类的同时有效。没有任何政策改动。")
            % {"policy": f"{code}.{key}"},
            next_step=_("政策包应同时给出原有一行的有效期止，请向下发政策包的税务机关核对。"),
        )
    return sorted(bundle.policies, key=lambda row: (*row.identity, row.valid_from) not in spans)


def _require_known(bundle: Bundle) -> None:
    """Refuse what no form and no rule asks for: a slip of the pen would otherwise change nothing, silently."""
    asked = {kind: selectors.known_policies(kind).keys() for kind in ("", *TaxpayerKind.values)}
    strange = [
        f"{row.place} {'.'.join(filter(None, row.identity))}"
        for row in bundle.policies
        if (row.code, row.key) not in asked[row.taxpayer_kind]
    ]
    codes = {rule.code for rule in comparison.RULES}
    strange += [f"{row.place} {row.rule_code}" for row in bundle.tolerances if row.rule_code not in codes]
    if strange:
        raise BundleRefusedError(
            _("没有申报表、比对规则、滞纳金或到期提醒使用：%(names)s。没有任何政策改动。")
            % {"names": "；".join(strange[:_MOST_NAMED])},
            next_step=_("请核对名称和适用纳税人；如系统版本过旧，请先升级。"),
        )


def _require_days(bundle: Bundle) -> None:
    wrong = [row.place for row in bundle.policies if row.code == STEPS_CODE and not is_step(row.value)]
    if wrong:
        raise BundleRefusedError(
            _("%(places)s：提醒的天数应为 0 至 %(longest)s 的整数。没有任何政策改动。")
            % {"places": "、".join(wrong[:_MOST_NAMED]), "longest": LONGEST_STEP},
            next_step=_("请向下发政策包的税务机关核对后重新取得。"),
        )


def _require_fees(bundle: Bundle) -> None:
    fees = [row for row in bundle.policies if (row.code, row.key) in FEE_POLICIES]
    wrong = [row.place for row in fees if not is_fee_value(row.code, row.value)]
    if wrong:
        raise BundleRefusedError(
            _("%(places)s：滞纳金的每日加收率或不加收的金额过大，可能写错了位数。没有任何政策改动。")
            % {"places": "、".join(wrong[:_MOST_NAMED])},
            next_step=_("请向下发政策包的税务机关核对后重新取得。"),
        )


def _require_filed_stand(count: int) -> None:
    if count:
        raise BundleRefusedError(
            _("已有 %(count)s 份申报表按现行数值申报或比对，政策包会改变它们的依据。没有任何政策改动。")
            % {"count": count},
            next_step=_("请把生效日期放在已申报的所属期之后；追溯的政策由纳税人更正申报。"),
        )


def _put_policy(row: PolicyRow) -> RowChange | None:
    same_start = {"code": row.code, "key": row.key, "taxpayer_kind": row.taxpayer_kind, "valid_from": row.valid_from}
    stored = PolicyRule.objects.filter(**same_start).first()
    if stored and (stored.value, stored.valid_to, stored.basis) == (row.value, row.valid_to, row.basis):
        return None
    was, was_until = ("", "") if stored is None else (_plain(stored.value), _day(stored.valid_to))
    stored = stored or PolicyRule(**same_start)
    stored.value, stored.valid_to, stored.basis, stored.is_certain = row.value, row.valid_to, row.basis, True
    stored.save()
    return RowChange(
        *row.identity, valid_from=str(row.valid_from), was=was, now=_plain(row.value), basis=row.basis,
        was_until=was_until, until=_day(row.valid_to),
    )  # fmt: skip


def _put_tolerance(row: ToleranceRow) -> RowChange | None:
    stored = RuleTolerance.objects.filter(rule_code=row.rule_code, valid_from=row.valid_from).first()
    if stored and (stored.amount, stored.source) == (row.amount, row.source):
        return None
    was = "" if stored is None else _plain(stored.amount)
    stored = stored or RuleTolerance(rule_code=row.rule_code, valid_from=row.valid_from)
    stored.amount, stored.source = row.amount, row.source
    stored.save()
    return RowChange(row.rule_code, "", "", str(row.valid_from), was, _plain(row.amount), row.source)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _day(day: date | None) -> str:
    return "" if day is None else str(day)


def _concerned(bundle: Bundle, changes: Iterable[RowChange]) -> QuerySet[Taxpayer]:
    """Return the companies that a changed row concerns; rows that say what holds already concern nobody."""
    changed = {(each.code, each.key, each.taxpayer_kind) for each in changes}
    return selectors.concerned_taxpayers(
        [row for row in bundle.policies if row.identity in changed],
        [row.rule_code for row in bundle.tolerances if (row.rule_code, "", "") in changed],
    )


def _announce(row: PolicyBundle, bundle: Bundle) -> None:
    account_services.send_notices(
        taxpayers=_concerned(bundle, [RowChange(**each) for each in row.changes]),
        kind="policy",
        title=_("政策公告：%(title)s") % {"title": row.title},
        body=_("税务机关于 %(day)s 下发，共 %(count)s 项改动。尚未提交的申报表会按新的数值重新计算，提交前请核对。")
        % {"day": row.issued_on, "count": len(row.changes)},
        link=f"{reverse('filing:policy-list')}#v{row.version}",
        dedupe_key=f"policy:{row.version}",
    )


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
