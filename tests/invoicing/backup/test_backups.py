"""A company backs a month up, takes it along, and opens it again."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import AuditEvent, HeldFile
from clearcard.models import ClearCardCase
from devices.signer.keys import make_hall_keys
from invoicing import services
from invoicing.choices import BackupState
from invoicing.models import Invoice, InvoiceBackup
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.clearcard.conftest import make_scene, media, scene
from tests.clearcard.scene import Scene
from tests.factories.accounts import MembershipFactory, OfficerFactory
from tests.harness.clients import HallClient

__all__ = ["make_scene", "media", "scene"]
pytestmark = pytest.mark.django_db
OCTOBER = TaxPeriod.month(2026, 10)
PASSPHRASE = "tell nobody 2026"
LIST = reverse("invoicing:backup-list")
OPEN = reverse("invoicing:backup-open")


@pytest.fixture
def hall(scene: Scene, settings: object, tmp_path: Path) -> Scene:
    """Return a company with two invoices, in a hall that has its archive key."""
    keys = make_hall_keys(tmp_path / "keys", now=clock.now())
    settings.ARCHIVE_KEY_FILE = str(keys.archive_key)
    settings.ARCHIVE_PUBLIC_KEY_FILE = str(keys.archive_public_key)
    scene.issue()
    scene.issue("250.00")
    return scene


def made(scene: Scene) -> InvoiceBackup:
    backup = services.request_backup(actor=scene.user, taxpayer=scene.taxpayer, period=OCTOBER)
    return services.make_backup(backup_id=backup.pk)


def taken(scene: Scene, backup: InvoiceBackup) -> bytes:
    return b"".join(services.take_backup(actor=scene.user, backup=backup, passphrase=PASSPHRASE))


def reviewed(scene: Scene, content: bytes, passphrase: str = PASSPHRASE) -> services.BackupReview:
    return services.review_backup(
        actor=scene.user, taxpayer=scene.taxpayer, file=io.BytesIO(content), passphrase=passphrase
    )


def test_a_backup_taken_along_opens_again_and_is_proved(hall):
    backup = made(hall)
    assert (backup.state, backup.count) == (BackupState.READY, 2)
    review = reviewed(hall, taken(hall, backup))
    assert review.is_clean
    assert [row.number for row in review.rows] == list(Invoice.objects.order_by("pk").values_list("number", flat=True))
    actions = AuditEvent.objects.filter(action__startswith="invoicing.backup").values_list("action", flat=True)
    assert {"invoicing.backup_requested", "invoicing.backup_made", "invoicing.backup_taken"} <= set(actions)


def test_a_voided_invoice_is_shown_as_voided_and_adds_no_money(hall):
    gone = Invoice.objects.earliest("pk")
    services.void_invoice(actor=hall.user, invoice=gone, reason="开票有误", number=gone.number)
    services.perform_void(invoice_id=gone.pk)
    backup = made(hall)
    kept = Invoice.objects.exclude(pk=gone.pk).get()
    upload = SimpleUploadedFile("a.tbk", taken(hall, backup))
    page = HallClient().enter_as(hall.membership).post(OPEN, {"file": upload, "passphrase": PASSPHRASE})
    review = page.context["review"]
    assert (backup.count, Decimal(backup.total), review.total) == (2, kept.total, kept.total)
    assert [row.state_label for row in review.rows] == ["已作废", "正常"]
    assert "已作废的 1 张不计" in page.content.decode()


def test_asking_twice_makes_one_and_making_twice_changes_nothing(hall):
    first = services.request_backup(actor=hall.user, taxpayer=hall.taxpayer, period=OCTOBER)
    assert services.request_backup(actor=hall.user, taxpayer=hall.taxpayer, period=OCTOBER) == first
    done = services.make_backup(backup_id=first.pk)
    assert services.make_backup(backup_id=first.pk).made_at == done.made_at
    assert len(default_storage.listdir("backups")[1]) == 1


def test_what_changed_since_is_said_invoice_by_invoice(hall):
    content = taken(hall, made(hall))
    third = hall.issue("10.00")
    Invoice.objects.filter(pk=Invoice.objects.earliest("pk").pk).update(state="voiding")
    review = reviewed(hall, content)
    assert not review.is_clean
    assert (review.counts["same"], review.counts["changed"], review.missing) == (1, 1, 1)
    assert third.number not in {row.number for row in review.rows}


@pytest.mark.parametrize("how", ["passphrase", "company", "file", "hall"])
def test_a_backup_that_cannot_be_believed_is_refused(hall, how, settings, tmp_path):
    content = taken(hall, made(hall))
    taxpayer, user, passphrase = hall.taxpayer, hall.user, PASSPHRASE
    if how == "passphrase":
        passphrase = "something else 1"
    elif how == "company":
        other = MembershipFactory(finance=True)
        taxpayer, user = other.taxpayer, other.user
    elif how == "file":
        content = content[:-1]
    else:
        keys = make_hall_keys(tmp_path / "other", now=clock.now())
        settings.ARCHIVE_PUBLIC_KEY_FILE = str(keys.archive_public_key)
    with pytest.raises(InvalidInputError) as refused:
        services.review_backup(actor=user, taxpayer=taxpayer, file=io.BytesIO(content), passphrase=passphrase)
    assert refused.value.code == "invoice.backup_refused"


def test_an_invoice_its_disk_did_not_sign_is_named(hall):
    forged = Invoice.objects.latest("pk")
    message = {**forged.signed_message, "raw": "00" + forged.signed_message["raw"][2:]}
    backup = services.request_backup(actor=hall.user, taxpayer=hall.taxpayer, period=OCTOBER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services.backups.selectors, "backup_lines", _forging(hall, forged, message))
        services.make_backup(backup_id=backup.pk)
    review = reviewed(hall, taken(hall, backup))
    assert {row.number: row.verdict for row in review.rows}[forged.number] == "unproved"


def _forging(hall: Scene, forged: Invoice, message: dict) -> Callable[..., object]:
    lines = services.backups.selectors.backup_lines

    def changed(**where: object) -> object:
        for line in lines(**where):
            yield {**line, "signed_message": message} if line["number"] == forged.number else line

    return changed


@pytest.mark.parametrize("who", ["stranger", "officer"])
def test_nobody_else_backs_up_or_takes(hall, who):
    actor = MembershipFactory(finance=True).user if who == "stranger" else OfficerFactory(bureau=hall.taxpayer.bureau)
    with pytest.raises(NotPermittedError):
        services.request_backup(actor=actor, taxpayer=hall.taxpayer, period=OCTOBER)
    with pytest.raises(NotPermittedError):
        services.take_backup(actor=actor, backup=made(hall), passphrase=PASSPHRASE)


def test_a_weak_passphrase_is_refused_and_nothing_is_marked(hall):
    backup = made(hall)
    where = reverse("invoicing:backup-download", args=[backup.pk])
    page = HallClient().enter_as(hall.membership).post(where, {"passphrase": "short", "repeat": "short"})
    assert page.status_code == 422
    assert "口令太短，至少要有 12 个字符。" in page.content.decode()
    backup.refresh_from_db()
    assert backup.downloaded_at is None


def test_a_month_without_invoices_has_no_backup(hall):
    with pytest.raises(InvalidInputError):
        services.request_backup(actor=hall.user, taxpayer=hall.taxpayer, period=TaxPeriod.month(2026, 9))


def test_without_a_key_the_backup_fails_in_words(hall, settings):
    settings.ARCHIVE_KEY_FILE = ""
    assert made(hall).state == BackupState.FAILED
    page = HallClient().enter_as(hall.membership).get(LIST).content.decode()
    assert "没有完成" in page
    assert "大厅暂时不能给备份签名" in page


def test_files_go_after_a_week_and_lost_bells_are_rung(hall, freeze, django_capture_on_commit_callbacks):
    backup = made(hall)
    late = services.request_backup(actor=hall.user, taxpayer=hall.taxpayer, period=OCTOBER)
    freeze((backup.made_at + timedelta(days=8)).isoformat())
    with django_capture_on_commit_callbacks(execute=True):
        assert services.sweep_backups() == 2
    backup.refresh_from_db()
    late.refresh_from_db()
    assert (backup.state, late.state) == (BackupState.EXPIRED, BackupState.MAKING)
    assert default_storage.listdir("backups")[1] == []


def test_the_pages_make_give_out_and_open_one(hall, django_capture_on_commit_callbacks):
    client = HallClient().enter_as(hall.membership)
    assert client.post(LIST, {"period": "2026-10"}).status_code == 302
    backup = InvoiceBackup.objects.get()
    services.make_backup(backup_id=backup.pk)
    assert "可下载" in client.get(LIST).content.decode()
    where = reverse("invoicing:backup-download", args=[backup.pk])
    assert client.post(where, {"passphrase": PASSPHRASE, "repeat": "other"}).status_code == 422
    answer = client.post(where, {"passphrase": PASSPHRASE, "repeat": PASSPHRASE})
    content = b"".join(answer.streaming_content)
    assert "attachment" in answer["Content-Disposition"]
    upload = io.BytesIO(content)
    upload.name = "backup.thbak"
    page = client.post(OPEN, {"file": upload, "passphrase": PASSPHRASE}).content.decode()
    assert "备份完整，与系统中的发票一致" in page
    upload.seek(0)
    refused = client.post(OPEN, {"file": upload, "passphrase": "something else 1"})
    assert refused.status_code == 422
    assert "口令不对" in refused.content.decode()
    # The file was right: it need not be chosen again.
    kept = {"file-kept": str(HeldFile.objects.get().token)}
    opened = client.post(OPEN, {**kept, "passphrase": PASSPHRASE}).content.decode()
    assert "备份完整，与系统中的发票一致" in opened
    assert not HeldFile.objects.exists()


def test_strangers_learn_nothing_of_a_backup(hall):
    backup = made(hall)
    client = HallClient().enter_as(MembershipFactory(finance=True))
    assert backup.sha256 not in client.get(LIST).content.decode()
    assert client.get(reverse("invoicing:backup-download", args=[backup.pk])).status_code == 404


def test_the_prepare_step_offers_a_backup_and_remembers_it(hall):
    hall.month()
    case = hall.prepare()
    client = HallClient().enter_as(hall.membership)
    where = reverse("clearcard:case-prepare", args=[ClearCardCase.objects.get(pk=case.pk).number])
    assert "建议清卡前备份本期" in client.get(where).content.decode()
    taken(hall, made(hall))
    assert "下载备份，之后发票没有变化" in client.get(where).content.decode()


def test_the_command_proves_a_file(hall, tmp_path, monkeypatch, capsys):
    path = tmp_path / "october.thbak"
    path.write_bytes(taken(hall, made(hall)))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSPHRASE}\n"))
    call_command("verify_backup", str(path), "--json")
    assert '"clean": true' in capsys.readouterr().out
    hall.issue("10.00")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSPHRASE}\n"))
    with pytest.raises(CommandError) as different:
        call_command("verify_backup", str(path))
    assert different.value.returncode == 2
