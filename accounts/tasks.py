"""Work of accounts that needs nobody."""

from __future__ import annotations

from celery import shared_task


@shared_task(name="accounts.purge_expired")
def purge_expired() -> None:
    """Remove expired API answers, sign-in counts, sessions and tokens."""
    from accounts import services

    services.purge_expired()


@shared_task(name="accounts.scan_file")
def scan_file(scan_id: str) -> None:
    """Have one uploaded file scanned."""
    from accounts import services

    services.scan_file(scan_id=int(scan_id))


@shared_task(name="accounts.sweep_scans")
def sweep_scans() -> None:
    """Ring for uploaded files that wait for a verdict."""
    from accounts import services

    services.sweep_scans()


@shared_task(name="accounts.deliver_texts")
def deliver_texts() -> None:
    """Hand short messages to the gateway."""
    from accounts import services

    services.deliver_texts()


@shared_task(name="accounts.send_phone_code")
def send_phone_code(code_id: str) -> None:
    """Send one code to the number that it proves."""
    from accounts import services

    services.send_phone_code(code_id=int(code_id))


@shared_task(name="accounts.sweep_phone_codes")
def sweep_phone_codes() -> None:
    """Ring for codes that nobody sent yet."""
    from accounts import services

    services.sweep_phone_codes()


@shared_task(name="accounts.purge_held_files")
def purge_held_files() -> None:
    """Remove files that waited too long for their form."""
    from accounts import services

    services.purge_held_files()
