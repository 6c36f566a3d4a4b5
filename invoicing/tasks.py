"""Background entry points of invoicing; each calls one service."""

from __future__ import annotations

from celery import shared_task


@shared_task(name="invoicing.issue_on_disk")
def issue_on_disk(invoice_id: str) -> None:
    """Have the disk sign one invoice."""
    from invoicing import services

    services.perform_issue(invoice_id=int(invoice_id))


@shared_task(name="invoicing.void_on_disk")
def void_on_disk(invoice_id: str) -> None:
    """Have the disk void one invoice."""
    from invoicing import services

    services.perform_void(invoice_id=int(invoice_id))


@shared_task(name="invoicing.sweep_invoices")
def sweep_invoices() -> None:
    """Ring again for invoices that wait."""
    from invoicing import services

    services.sweep_invoices()


@shared_task(name="invoicing.perform_import")
def perform_import(job_id: str) -> None:
    """Work on one import for a while."""
    from invoicing import services

    services.perform_import(job_id=int(job_id))


@shared_task(name="invoicing.sweep_files")
def sweep_files() -> None:
    """Ring again for jobs with files that nobody works on."""
    from invoicing import services

    services.sweep_imports()
    services.sweep_exports()


@shared_task(name="invoicing.perform_export")
def perform_export(job_id: str) -> None:
    """Write the file of one export."""
    from invoicing import services

    services.perform_export(job_id=int(job_id))


@shared_task(name="invoicing.make_monthly_reports")
def make_monthly_reports() -> None:
    """Make the reports of the last month that companies subscribed to."""
    from invoicing import services

    services.make_monthly_reports()


@shared_task(name="invoicing.make_backup")
def make_backup(backup_id: str) -> None:
    """Write the archive of one backup."""
    from invoicing import services

    services.make_backup(backup_id=backup_id)


@shared_task(name="invoicing.sweep_backups")
def sweep_backups() -> None:
    """Ring again for backups that wait, and let go of old files."""
    from invoicing import services

    services.sweep_backups()


@shared_task(name="invoicing.sweep_confirmations")
def sweep_confirmations() -> None:
    """Let confirmations lapse that nobody answered in 72 hours."""
    from invoicing import services

    services.sweep_confirmations()


@shared_task(name="invoicing.deliver_hooks")
def deliver_hooks(endpoint_id: str) -> None:
    """Post the news that waits for one endpoint."""
    from invoicing import services

    services.deliver_hooks(endpoint_id=int(endpoint_id))


@shared_task(name="invoicing.sweep_hooks")
def sweep_hooks() -> None:
    """Ring for endpoints with news that is due."""
    from invoicing import services

    services.sweep_hooks()


@shared_task(name="invoicing.purge_hooks")
def purge_hooks() -> None:
    """Remove news that is a month old."""
    from invoicing import services

    services.purge_hooks()
