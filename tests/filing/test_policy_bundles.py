"""Policy bundles: what is loaded, what is refused, what is shown before, and who is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent, Notice, Taxpayer
from filing import bundle_signature, reference, selectors, services
from filing.errors import BundleRefusedError, ReturnChangedError
from filing.models import PolicyBundle, PolicyRule, RuleTolerance, TaxReturn
from invoicing.models import Invoice
from tests.factories.accounts import TaxpayerFactory
from tests.factories.filing import TaxReturnFactory
from tests.filing.bundles import (
    BASIS,
    KEY,
    LEVY_ENDS,
    LOOSER,
    NEW_LEVY,
    NEW_THRESHOLD,
    THRESHOLD_ENDS,
    bundle,
    issuer,
    load,
    preview,
    threshold_on,
)
from tests.filing.conftest import OCTOBER

__all__ = ["issuer"]
pytestmark = pytest.mark.django_db


def test_a_signed_bundle_is_loaded_kept_and_audited() -> None:
    found = load(bundle(THRESHOLD_ENDS, NEW_THRESHOLD, tolerances=[LOOSER]))
    assert threshold_on(date(2027, 1, 31)) == 120000
    assert threshold_on(date(2026, 12, 31)) == 100000
    assert RuleTolerance.objects.get(rule_code="X1", valid_from=date(2027, 1, 1)).amount == Decimal("2.00")
    row = PolicyBundle.objects.get()
    assert row == found.row
    assert [(each["was"], each["was_until"], each["now"], each["until"]) for each in row.changes] == [
        ("100000", "2027-12-31", "100000", "2026-12-31"), ("", "", "120000", ""), ("", "", "2", ""),
    ]  # fmt: skip
    event = AuditEvent.objects.get(action="filing.policy_bundle_loaded")
    assert (event.actor_label, event.data["digest"]) == ("root", row.digest)


def test_companies_concerned_are_told_and_others_are_not(taxpayer: Taxpayer, general: Taxpayer) -> None:
    quarterly = TaxpayerFactory(period_kind="quarterly")
    load(bundle(THRESHOLD_ENDS, NEW_THRESHOLD))
    notice = Notice.objects.get()
    assert notice.recipient == taxpayer
    assert notice.recipient not in (general, quarterly)
    assert (notice.title, notice.link) == ("政策公告：小规模纳税人起征点调整", "/filing/policies/#v1")


def test_the_same_bundle_again_changes_nothing_and_tells_nobody(taxpayer: Taxpayer) -> None:
    text = bundle(THRESHOLD_ENDS, NEW_THRESHOLD)
    first = load(text)
    again = load(text)
    assert (again.row, again.effects) == (first.row, None)
    assert PolicyBundle.objects.count() == Notice.objects.filter(recipient=taxpayer).count() == 1
    assert preview(text) is None


def test_an_altered_bundle_is_refused() -> None:
    text = bundle(THRESHOLD_ENDS, NEW_THRESHOLD)
    signature = bundle_signature.sign(text, KEY).encode()
    with pytest.raises(BundleRefusedError, match="签名不成立"):
        services.load_bundle(text=text.replace(b"120000", b"990000"), signature=signature, loaded_by="root")
    assert not PolicyBundle.objects.exists()


@pytest.mark.parametrize(
    "signature", [b"", b"{}", b"[]", b"\xff", b'{"algorithm": "none", "key_id": "", "signature": ""}']
)
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(BundleRefusedError, match="签名不成立"):
        services.load_bundle(text=bundle(NEW_THRESHOLD), signature=signature, loaded_by="root")


def test_a_bundle_of_another_issuer_is_refused() -> None:
    with pytest.raises(BundleRefusedError, match="签名不成立"):
        load(bundle(THRESHOLD_ENDS, NEW_THRESHOLD), key=Ed25519PrivateKey.generate())


def test_an_older_version_and_another_text_of_the_same_version_are_refused() -> None:
    load(bundle(THRESHOLD_ENDS, NEW_THRESHOLD, version=3))
    for version in (2, 3):
        with pytest.raises(BundleRefusedError, match="不比已载入的版本 3 新"):
            load(bundle(tolerances=[LOOSER], version=version))
    assert not RuleTolerance.objects.filter(valid_from=date(2027, 1, 1)).exists()


def test_values_that_overlap_are_refused_within_the_bundle_and_with_what_is_stored() -> None:
    with pytest.raises(BundleRefusedError, match="互相重叠"):
        load(bundle(NEW_THRESHOLD, {**NEW_THRESHOLD, "valid_from": "2028-01-01"}))
    with pytest.raises(BundleRefusedError, match="与现有的重叠"):
        load(bundle(NEW_THRESHOLD))
    assert threshold_on(date(2027, 1, 31)) == 100000


def test_the_database_holds_no_two_values_for_one_day() -> None:
    with pytest.raises(IntegrityError, match="filing_policy_no_overlap"):
        PolicyRule.objects.create(
            code="small_scale.threshold", key="monthly", value=1, valid_from=date(2027, 1, 1), basis=BASIS
        )


def test_every_policy_that_the_hall_starts_with_is_there() -> None:
    assert PolicyRule.objects.count() == len(reference.POLICIES)


@pytest.mark.usefixtures("today")
def test_the_preview_counts_drafts_with_other_figures_and_changes_nothing(
    taxpayer: Taxpayer, clerk: Any, sell: Callable[..., Invoice]
) -> None:
    sell("150000.00")
    services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    effects = preview(bundle(LEVY_ENDS, NEW_LEVY))
    assert effects is not None
    assert (len(effects.changes), effects.draft_count, effects.company_count) == (2, 1, 1)
    assert not PolicyBundle.objects.exists()
    assert not PolicyRule.objects.filter(basis=BASIS).exists()


@pytest.mark.usefixtures("today")
def test_an_open_draft_is_computed_by_the_new_value(
    taxpayer: Taxpayer, clerk: Any, sell: Callable[..., Invoice]
) -> None:
    sell("150000.00")
    draft = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    before = selectors.current_sheet(draft).tax_due
    load(bundle(LEVY_ENDS, NEW_LEVY))
    assert PolicyBundle.objects.get().draft_count == 1
    assert selectors.current_sheet(draft).tax_due > before


@pytest.mark.usefixtures("today")
def test_what_a_filed_return_was_computed_with_does_not_change(
    sell: Callable[..., Invoice], file_return: Callable[[], TaxReturn]
) -> None:
    sell("150000.00")
    file_return()
    with pytest.raises(BundleRefusedError, match="已有 1 份申报表"):
        load(bundle(LEVY_ENDS, NEW_LEVY))
    with pytest.raises(BundleRefusedError, match="已有 1 份申报表"):
        load(bundle(tolerances=[{**LOOSER, "valid_from": "2026-10-01"}]))
    load(bundle(THRESHOLD_ENDS, NEW_THRESHOLD))
    assert threshold_on(date(2027, 1, 31)) == 120000


@pytest.mark.usefixtures("today")
def test_drafts_are_counted_while_no_filing_waits(
    taxpayer: Taxpayer, clerk: Any, sell: Callable[..., Invoice], monkeypatch: pytest.MonkeyPatch
) -> None:
    sell("150000.00")
    services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    count, held = selectors.count_changed_drafts, []

    def count_and_look(*given: Any) -> int:
        held.append(is_table_held())
        return count(*given)

    monkeypatch.setattr(selectors, "count_changed_drafts", count_and_look)
    assert load(bundle(LEVY_ENDS, NEW_LEVY)).row.draft_count == 1
    assert held == [False]
    assert is_table_held(), "the values themselves change while filings wait"


def is_table_held() -> bool:
    """Say whether this connection keeps filings waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE relation = 'filing_taxreturn'::regclass AND mode = 'ExclusiveLock' "
            "AND granted AND pid = pg_backend_pid()"
        )
        return cursor.fetchone() is not None


@pytest.mark.usefixtures("today")
def test_what_was_shown_by_old_values_is_shown_again_and_not_filed(
    taxpayer: Taxpayer, clerk: Any, sell: Callable[..., Invoice]
) -> None:
    sell("150000.00")
    draft = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    shown = selectors.current_sheet(draft).digest
    load(bundle(LEVY_ENDS, NEW_LEVY))
    with pytest.raises(ReturnChangedError):
        services.submit_return(actor=clerk, tax_return=draft, key=str(draft.submit_key), digest=shown)


@pytest.fixture
def filing_in_flight(transactional_db: None) -> Iterator[Callable[[], None]]:
    """Hold a draft as a filing does, on a connection of its own; return what ends it."""
    draft, is_held, may_end = TaxReturnFactory(), threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            TaxReturn.objects.select_for_update().get(pk=draft.pk)
            is_held.set()
            may_end.wait(timeout=60)
        connection.close()

    def end() -> None:
        may_end.set()
        thread.join(timeout=60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_held.wait(timeout=60)
    yield end
    end()
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_a_load_waits_for_a_filing_in_flight(filing_in_flight: Callable[[], None]) -> None:
    text = bundle(THRESHOLD_ENDS, NEW_THRESHOLD)
    with pytest.raises(BundleRefusedError, match="申报业务正忙"):
        load(text)
    assert preview(text) is not None
    filing_in_flight()
    assert load(text).effects is not None


def test_the_commands_sign_preview_and_load(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    file, key = tmp_path / "bundle.json", tmp_path / "issuer.pem"
    file.write_bytes(bundle(THRESHOLD_ENDS, NEW_THRESHOLD))
    with pytest.raises(CommandError, match=r"bundle\.json\.sig"):
        call_command("load_policy", str(file))
    call_command("sign_policy", str(file), "--new-key", "--key", str(key))
    assert key.stat().st_mode & 0o077 == 0
    settings.POLICY_PUBLIC_KEY_FILE = f"{key}.pub"
    call_command("load_policy", str(file), "--preview")
    assert "small_scale.threshold.monthly  自 2027-01-01：（无） → 120000" in capsys.readouterr().out
    assert not PolicyBundle.objects.exists()
    call_command("load_policy", str(file))
    call_command("load_policy", str(file))
    said = capsys.readouterr().out
    assert "已生效" in said
    assert "已经载入过" in said
    file.write_bytes(bundle(tolerances=[LOOSER], version=2))
    with pytest.raises(CommandError, match="签名不成立"):
        call_command("load_policy", str(file))
    settings.POLICY_PUBLIC_KEY_FILE = str(tmp_path / "none.pem")
    with pytest.raises(CommandError, match=r"none\.pem"):
        call_command("load_policy", str(file))


def test_a_key_is_never_made_over_another(tmp_path: Path) -> None:
    file, key = tmp_path / "bundle.json", tmp_path / "issuer.pem"
    file.write_bytes(bundle(NEW_THRESHOLD))
    key.write_text("kept")
    with pytest.raises(CommandError, match=r"issuer\.pem"):
        call_command("sign_policy", str(file), "--new-key", "--key", str(key))
    assert key.read_text() == "kept"


def test_everybody_can_read_what_changed(client: Client) -> None:
    assert "还没有政策公告" in client.get("/filing/policies/").content.decode()
    load(bundle(LEVY_ENDS, NEW_LEVY, tolerances=[LOOSER]))
    page = client.get("/filing/policies/").content.decode()
    for words in ("小规模纳税人起征点调整", "1%（至 2026-09-30）", "2%", "X1", "2.00", BASIS):
        assert words in page
