"""Production refuses to start with demo parts, open doors or a broker that loses work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from taxhall.common import checks

ROOT = Path(__file__).resolve().parents[2]


SAMPLE = {
    "DJANGO_SETTINGS_MODULE": "taxhall.settings.production",
    "DATABASE_URL": "postgres://hall:secret@db.internal/hall",
    "REDIS_URL": "redis://:secret@broker.internal/0",
    "HALL_ALLOWED_HOSTS": "hall.example",
    "HALL_SECRET_KEY": "k9!vQ2" * 10,
    "HALL_IDENTITY_KEY": "p7#Lm4" * 10,
    "HALL_ROLE": "web",
    "HALL_DEVICE_SIGNER": "tests.project.site.SiteSigner",
    "HALL_TREASURY_GATEWAY": "tests.project.site.SiteTreasury",
    "HALL_FILE_SCANNER": "accounts.scanning.clamd.ClamdScanner",
    "HALL_ARCHIVE_PUBLIC_KEY_FILE": "archive-public.pem",
}
SITE_SIGNER = (SAMPLE["HALL_DEVICE_SIGNER"], "")


def run_check(**changes: str) -> subprocess.CompletedProcess[str]:
    """Run `check --deploy` in a process of its own with the sample environment."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment = {**kept, **SAMPLE, **changes}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_sample_environment_passes_every_deployment_check() -> None:
    done = run_check()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"HALL_SECRET_KEY": ""}, "set HALL_SECRET_KEY"),
        ({"HALL_IDENTITY_KEY": ""}, "set HALL_IDENTITY_KEY"),
        ({"DATABASE_URL": ""}, "set DATABASE_URL"),
        ({"REDIS_URL": ""}, "set REDIS_URL"),
        ({"HALL_ALLOWED_HOSTS": ""}, "set HALL_ALLOWED_HOSTS"),
        ({"HALL_TREASURY_GATEWAY": ""}, "set HALL_TREASURY_GATEWAY"),
        ({"HALL_ARCHIVE_PUBLIC_KEY_FILE": ""}, "set HALL_ARCHIVE_PUBLIC_KEY_FILE"),
        ({"HALL_FILE_SCANNER": ""}, "set HALL_FILE_SCANNER"),
        ({"HALL_FILE_SCANNER": "accounts.scanning.demo.DemoScanner"}, "hall.E019"),
        ({"HALL_SMS_GATEWAY": "accounts.sms.demo.DemoSms"}, "hall.E020"),
        ({"HALL_CLAMD_ADDRESS": "/run/clamd"}, "HALL_CLAMD_ADDRESS must be unix:/path or tcp:host:port"),
        ({"HALL_DEVICE_SIGNER": ""}, "set HALL_DEVICE_SIGNER"),
        ({"HALL_SECRET_KEY": "demo-only-not-a-secret"}, "hall.E003"),
        ({"DATABASE_URL": "sqlite:///hall.sqlite3"}, "hall.E004"),
        ({"HALL_TREASURY_GATEWAY": "filing.gateway.demo.DemoTreasury"}, "hall.E005"),
        ({"HALL_TREASURY_GATEWAY": "nowhere.Treasury"}, "hall.E005"),
        ({"HALL_DEVICE_SIGNER": "devices.signer.file.FileSigner"}, "hall.E006"),
        ({"HALL_DEVICE_SM_SIGNER": "devices.signer.file.FileSigner"}, "hall.E006"),
        ({"REDIS_URL": "redis://broker.internal/0"}, "hall.E013"),
        ({"HALL_FAILPOINTS": "/nonexistent"}, "hall.E016"),
        ({"HALL_HOOKS_LOOPBACK": "1"}, "hall.E018"),
        ({"HALL_LEASE_SECONDS": "soon"}, "HALL_LEASE_SECONDS must be a whole number"),
        ({"HALL_ROLE": "clerk"}, "HALL_ROLE must be one of"),
        ({"HALL_SECRET_KEY_FILE": "/nonexistent/key"}, "HALL_SECRET_KEY and HALL_SECRET_KEY_FILE"),
        ({"HALL_SECRET_KEY": "", "HALL_SECRET_KEY_FILE": "/nonexistent/key"}, "HALL_SECRET_KEY_FILE cannot be read"),
    ],
)
def test_a_process_does_not_start_with(changes: dict[str, str], expected: str) -> None:
    done = run_check(**changes)
    assert done.returncode != 0
    assert expected in done.stderr


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(SAMPLE["HALL_SECRET_KEY"] + "\n")
    assert run_check(HALL_SECRET_KEY="", HALL_SECRET_KEY_FILE=str(secret)).returncode == 0


@pytest.fixture
def production(settings: Any) -> Iterator[Any]:
    """Return settings that hold every production rule, for one to be broken."""
    settings.HALL_PRODUCTION = True
    settings.HALL_DEMO = False
    settings.HALL_HOOKS_LOOPBACK = False
    settings.SECRET_KEY = SAMPLE["HALL_SECRET_KEY"]
    settings.TREASURY_GATEWAY = SAMPLE["HALL_TREASURY_GATEWAY"]
    settings.FILE_SCANNER = SAMPLE["HALL_FILE_SCANNER"]
    settings.SMS_GATEWAY = ""
    settings.DEVICE_SIGNERS = {"intl": SITE_SIGNER}
    settings.CELERY_BROKER_URL = SAMPLE["REDIS_URL"]
    assert checks.problems() == []
    return settings


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DEBUG", True, "hall.E001"),
        ("HALL_DEMO", True, "hall.E002"),
        ("SECRET_KEY", "short", "hall.E003"),
        ("TREASURY_GATEWAY", "", "hall.E005"),
        ("FILE_SCANNER", "accounts.scanning.demo.DemoScanner", "hall.E019"),
        ("SMS_GATEWAY", "accounts.sms.demo.DemoSms", "hall.E020"),
        ("DEVICE_SIGNERS", {"intl": ("devices.signer.file.FileSigner", "")}, "hall.E006"),
        ("DEVICE_SIGNERS", {"intl": SITE_SIGNER, "sm": ("devices.signer.file.FileSigner", "")}, "hall.E006"),
        ("DEVICE_SIGNERS", {"intl": (SITE_SIGNER[0], "/run/secrets/signer")}, "hall.E007"),
        ("DEVICE_SIGNERS", {"intl": SITE_SIGNER, "sm": (SITE_SIGNER[0], "/run/secrets/signer")}, "hall.E007"),
        ("CELERY_TASK_ACKS_LATE", False, "hall.E008"),
        ("CELERY_TASK_REJECT_ON_WORKER_LOST", False, "hall.E008"),
        ("CELERY_WORKER_PREFETCH_MULTIPLIER", 4, "hall.E009"),
        ("CELERY_ACCEPT_CONTENT", ["json", "pickle"], "hall.E010"),
        ("CELERY_RESULT_ACCEPT_CONTENT", ["pickle"], "hall.E010"),
        ("CELERY_TASK_SERIALIZER", "pickle", "hall.E010"),
        ("CELERY_TASK_TIME_LIMIT", 150, "hall.E011"),
        ("CELERY_TASK_TIME_LIMIT", None, "hall.E011"),
        ("CELERY_BROKER_TRANSPORT_OPTIONS", {}, "hall.E011"),
        ("CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS", {"visibility_timeout": 100}, "hall.E011"),
        ("CELERY_VISIBILITY_TIMEOUT", 100, "hall.E011"),
        ("CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT", 0, "hall.E012"),
        ("CELERY_BROKER_URL", "redis://broker.internal/0", "hall.E013"),
        ("TIME_ZONE", "UTC", "hall.E015"),
        ("HALL_FAILPOINTS", "/nonexistent", "hall.E016"),
        ("HALL_HOOKS_LOOPBACK", True, "hall.E018"),
        ("HALL_LEASE_SECONDS", 30, "hall.E017"),
    ],
)
def test_each_setting_that_is_flipped_is_named(production: Any, name: str, value: object, code: str) -> None:
    setattr(production, name, value)
    assert [each.id for each in checks.problems()] == [code]
    with pytest.raises(ImproperlyConfigured, match=code):
        checks.refuse_unsafe_start()


def test_uploads_below_the_public_folder_are_named(production: Any) -> None:
    production.MEDIA_ROOT = production.STATIC_ROOT / "uploads"
    assert [each.id for each in checks.problems()] == ["hall.E014"]


def test_the_demo_may_start_with_demo_parts(settings: Any) -> None:
    assert settings.HALL_DEMO
    checks.refuse_unsafe_start()
