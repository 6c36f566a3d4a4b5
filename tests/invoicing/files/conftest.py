"""What the tests of imports share: a file that fits the seller, the way through its job."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import Membership
from devices.models import Device
from invoicing import services
from invoicing.models import ImportJob
from tests.invoicing.files import samples


def many(count: int) -> str:
    """Return a table of that many invoices of one line."""
    return samples.table(*[[f"N{each:05d}", *samples.ROW[1:]] for each in range(count)])


@pytest.fixture
def upload(seller: Membership, enrolled: Device) -> Callable[..., ImportJob]:
    """Return a function that uploads a file as the 开票员."""

    def uploaded(content: bytes | str, name: str = "a.csv", kind: str = "007") -> ImportJob:
        raw = content.encode() if isinstance(content, str) else content
        job, _is_new = services.upload_import(
            actor=seller.user, taxpayer=seller.taxpayer, device=enrolled, kind=kind, name=name, content=raw
        )
        return job

    return uploaded


@pytest.fixture
def checked(upload: Callable[..., ImportJob]) -> Callable[..., ImportJob]:
    """Return a function that uploads a file and has it checked."""

    def done(content: bytes | str, name: str = "a.csv", kind: str = "007") -> ImportJob:
        job = upload(content, name, kind)
        services.perform_import(job_id=job.pk)
        job.refresh_from_db()
        return job

    return done


@pytest.fixture
def imported(checked: Callable[..., ImportJob], seller: Membership) -> Callable[..., ImportJob]:
    """Return a function that takes a file all the way to drafts."""

    def done(content: bytes | str, name: str = "a.csv", mode: str = "all") -> ImportJob:
        job = services.start_import(actor=seller.user, job=checked(content, name), mode=mode)
        services.perform_import(job_id=job.pk)
        job.refresh_from_db()
        return job

    return done
