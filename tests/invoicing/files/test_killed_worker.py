"""A worker process that is really killed in the middle of a file: the next one ends it, nothing twice, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import Membership
from invoicing import services
from invoicing.choices_files import ImportState
from invoicing.models import ImportedInvoice, ImportJob, Invoice, InvoiceLine
from invoicing.services.imports import undoing
from taxhall.common import failpoints
from tests.invoicing.files.conftest import many
from tests.project.sources import ROOT

PROGRAM = """
import sys
import django
django.setup()
from invoicing import services
from invoicing.services.imports import run, undoing
run.BATCH = undoing.PART = 2
services.perform_import(job_id=int(sys.argv[1]))
"""


def work(job: ImportJob, folder: Path) -> int:
    """Run a worker of its own on the job and return how it ended."""
    url = urlsplit(os.environ["DATABASE_URL"])
    kept = os.environ | {
        "DJANGO_SETTINGS_MODULE": "taxhall.settings.demo",
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}")),
        "HALL_VAR": str(settings.HALL_VAR),
        failpoints.VARIABLE: str(folder),
    }
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(job.pk)], cwd=ROOT, env=kept, timeout=60, check=False)
    return done.returncode


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["import.check", "import.batch"])
def test_another_worker_goes_on_where_the_killed_one_stopped(
    upload: Callable[..., ImportJob], seller: Membership, tmp_path: Path, place: str
) -> None:
    job = upload(many(6))
    failpoints.arm(tmp_path, place, f"{job.pk}:2", failpoints.KILL)
    if place == "import.batch":
        services.perform_import(job_id=job.pk)
        services.start_import(actor=seller.user, job=job, mode="all")
    assert work(job, tmp_path) == -signal.SIGKILL
    job.refresh_from_db()
    assert job.position == 2
    assert Invoice.objects.count() == (2 if place == "import.batch" else 0)

    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert job.position == 2, "the dead worker's lease still holds"

    ImportJob.objects.update(leased_until="2020-01-01T00:00:00+08:00")
    assert services.sweep_imports() == 1
    assert work(job, tmp_path) == 0
    job.refresh_from_db()
    if place == "import.check":
        assert (job.state, job.total_count, job.good_count) == (ImportState.CHECKED, 6, 6)
        return
    assert (job.state, job.imported_count) == (ImportState.IMPORTED, 6)
    assert Invoice.objects.count() == InvoiceLine.objects.count() == ImportedInvoice.objects.count() == 6
    assert sorted(ImportedInvoice.objects.values_list("ordinal", flat=True)) == list(range(6))


@pytest.mark.django_db(transaction=True)
def test_another_worker_ends_the_undo_that_a_killed_one_began(
    imported: Callable[..., ImportJob], seller: Membership, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undoing, "PART", 2)
    job = services.undo_import(actor=seller.user, job=imported(many(6)))
    failpoints.arm(tmp_path, "import.undo", f"{job.pk}:4", failpoints.KILL)
    assert work(job, tmp_path) == -signal.SIGKILL
    job.refresh_from_db()
    assert (job.state, job.position, Invoice.objects.count()) == (ImportState.UNDOING, 2, 4)

    ImportJob.objects.update(leased_until="2020-01-01T00:00:00+08:00")
    assert services.sweep_imports() == 1
    assert work(job, tmp_path) == 0
    job.refresh_from_db()
    assert (job.state, job.position) == (ImportState.UNDONE, 6)
    assert not Invoice.objects.exists()
    assert not InvoiceLine.objects.exists()
