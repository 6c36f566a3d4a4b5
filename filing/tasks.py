"""Celery entry points of filing."""

from __future__ import annotations

from celery import shared_task


@shared_task(name="filing.pay_return")
def pay_return(payment_id: str) -> None:
    """Ask the treasury about one payment order."""
    from filing import services

    services.perform_payment(payment_id=payment_id)


@shared_task(name="filing.sweep_payments")
def sweep_payments() -> None:
    """Ring again for every payment order that waits for an answer."""
    from filing import services

    services.sweep_payments()


@shared_task(name="filing.compare_return")
def compare_return(return_id: str) -> None:
    """Compare a filed return with invoices and payment."""
    from filing import services

    services.compare_return(return_id=int(return_id))


@shared_task(name="filing.keep_filers")
def keep_filers() -> None:
    """Put changes of the period into the register on their day; end inactivity, and prepare zero returns."""
    from filing import services

    services.apply_period_kinds()
    services.keep_spans()


@shared_task(name="filing.send_reminders")
def send_reminders() -> None:
    """Go on with today's reminders of deadlines; nothing once they are all sent."""
    from filing import services

    services.send_reminders()
