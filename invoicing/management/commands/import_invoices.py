"""manage.py import_invoices: take a file of invoices in, for operators and scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Taxpayer, User
from devices.choices import DIGITAL_KINDS, InvoiceKind
from devices.models import Device
from invoicing import selectors, services
from invoicing.choices_files import RUNNING_STATES, ImportMode, ImportState
from invoicing.models import ImportJob
from taxhall.common.errors import TaxhallError

# Nobody else waits for this process, so a slice may be long.
SLICE_SECONDS = 600.0


class Command(BaseCommand):
    """Check a file and, unless only that was asked, make drafts of it; the same service as the page."""

    help = (
        "Import invoices (批量导入) from XLSX, XLS, CSV or vendors' XML as drafts. "
        "Exit code 0: done; 2: something in the file is wrong and was left out or kept it out; 1: refused; "
        "3: no scanner has called the file clean yet, and the hall goes on with it by itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--taxpayer", required=True, metavar="NUMBER", help="纳税人识别号")
        parser.add_argument("--actor", required=True, metavar="USERNAME", help="who imports; must hold the role")
        parser.add_argument("--device", metavar="SERIAL", help="the disk; needed when the company has several")
        parser.add_argument("--kind", default=InvoiceKind.ORDINARY, choices=InvoiceKind.values)
        parser.add_argument("--check", action="store_true", help="only check, keep nothing")
        parser.add_argument("--correct", action="store_true", help="import the correct ones though others are wrong")
        parser.add_argument("--json", action="store_true", help="print JSON for other programs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import and print."""
        try:
            job = self._import(options)
        except TaxhallError as error:
            raise CommandError(f"{error.code}: {error.message}{error.next_step}", returncode=1) from error
        self._print(job, as_json=options["json"])
        if job.state in (ImportState.REFUSED, ImportState.STOPPED):
            raise CommandError(f"{job.error_code}: {job.error_text}{job.error_next_step}", returncode=1)
        if job.state == ImportState.CANCELLED and not options["check"]:
            raise CommandError("cancelled before, with drafts left; undo that import first", returncode=1)
        if job.awaits_scan:
            raise CommandError(f"no verdict of the scanner yet: {job.scan.trouble}", returncode=3)
        if job.bad_count:
            raise SystemExit(2)

    def _import(self, options: dict[str, Any]) -> ImportJob:
        actor, taxpayer, device = self._who(options)
        job, is_new = services.upload_import(
            actor=actor,
            taxpayer=taxpayer,
            device=device,
            kind=options["kind"],
            name=options["file"].name,
            content=self._content(options["file"]),
        )
        if not is_new and device is not None and job.device_id != device.pk:
            # Going on would make drafts on a disk that nobody named.
            raise CommandError(f"this file was sent before for {job.device or 'no disk'}; undo it first", returncode=1)
        job = self._work(job)
        if options["check"]:
            # Only looked at: the file is not spoken for afterwards.
            return services.cancel_import(actor=actor, job=job) if job.state == ImportState.CHECKED else job
        mode = ImportMode.CORRECT if options["correct"] else ImportMode.ALL
        if job.state == ImportState.CHECKED and (not job.bad_count or options["correct"]):
            job = self._work(services.start_import(actor=actor, job=job, mode=mode))
        return job

    def _work(self, job: ImportJob) -> ImportJob:
        before = -1
        while job.state in RUNNING_STATES and job.state != ImportState.ISSUING and before != job.position:
            before = job.position
            services.perform_import(job_id=job.pk, seconds=SLICE_SECONDS)
            job.refresh_from_db()
        return job

    def _who(self, options: dict[str, Any]) -> tuple[User, Taxpayer, Device | None]:
        taxpayer = Taxpayer.objects.filter(number=options["taxpayer"]).first()
        actor = User.objects.filter(username=options["actor"]).first()
        if taxpayer is None or actor is None:
            raise CommandError("no such taxpayer or user", returncode=1)
        if options["kind"] in DIGITAL_KINDS:
            return actor, taxpayer, None
        devices = Device.objects.filter(taxpayer=taxpayer).select_related("taxpayer")
        if options["device"]:
            devices = devices.filter(serial=options["device"])
        found = list(devices[:2])
        if len(found) != 1:
            raise CommandError("name the disk with --device", returncode=1)
        return actor, taxpayer, found[0]

    def _content(self, file: Path) -> bytes:
        try:
            return file.read_bytes()
        except OSError as error:
            raise CommandError(f"cannot read {file}: {error.strerror}", returncode=1) from error

    def _print(self, job: ImportJob, *, as_json: bool) -> None:
        problems = [
            {"row": each.row, "column": each.column, "value": each.value, "code": each.code,
             "problem": each.message, "mend": each.mend, "blocking": each.is_blocking}
            for each in selectors.list_problems(job)
        ]  # fmt: skip
        short = selectors.list_shortages(job)
        if as_json:
            counts = {name: getattr(job, f"{name}_count") for name in ("total", "good", "warned", "bad", "imported")}
            told = {"number": str(job.number), "state": job.state, "sha256": job.sha256, **counts, "problems": problems}
            told["shortages"] = [
                {"kind": each.kind, "needed": each.needed, "remaining": each.remaining, "words": each.words}
                for each in short
            ]
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
            return
        for each in problems:
            self.stdout.write(f"{each['row']}  {each['column']}  {each['value']}  {each['problem']}{each['mend']}")
        for lack in short:
            self.stdout.write(f"{lack.words}{selectors.SHORTAGE_MEND}")
        words = f"{job.total_count} invoice(s), {job.bad_count} wrong, {job.imported_count} imported"
        self.stdout.write(f"{job.get_state_display()}: {words}")
