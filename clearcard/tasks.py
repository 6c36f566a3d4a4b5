"""Celery entry points of clearcard; each fetches by id, calls its service and may run twice."""

from __future__ import annotations

from celery import shared_task


@shared_task(name="clearcard.review_case")
def review_case(case_id: str) -> None:
    """Run the automatic review."""
    from clearcard import services

    services.review_case(case_id=int(case_id))


@shared_task(name="clearcard.execute_clear")
def execute_clear(case_id: str) -> None:
    """Clear the disk of an approved case; runs where the card host is."""
    from clearcard import services

    services.execute_clear(case_id=int(case_id))


@shared_task(name="clearcard.reconcile_case")
def reconcile_case(case_id: str) -> None:
    """Read the disk and settle a doubt; runs where the card host is."""
    from clearcard import services

    services.reconcile_case(case_id=int(case_id))


@shared_task(name="clearcard.compare_waiting")
def compare_waiting() -> None:
    """Compare anew what waits and was compared under other measures than today's."""
    from clearcard import services

    services.compare_waiting()


@shared_task(name="clearcard.sweep_cases")
def sweep_cases() -> None:
    """Ring again for every case whose next step is due."""
    from clearcard import services

    services.sweep_cases()
