"""A private card service (pcscd) with virtual readers, one per test worker."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from devices.gateway.pcscd import PrivatePcscd, missing_parts

READERS = 4
INSTALL = (
    "apt-get install -y --no-install-recommends pcscd vsmartcard-vpcd libpcsclite-dev gcc python3-dev, then `make test`"
)


@pytest.fixture(scope="session")
def pcscd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePcscd]:
    """Return this worker's own card service.

    The client library reads the socket's name once per process, so every PC/SC test of a worker uses
    this one. A machine without the packages fails here: what reaches users is never left untested.
    """
    if missing := missing_parts():
        pytest.fail(f"PC/SC tests need {', '.join(missing)}: {INSTALL}")
    service = PrivatePcscd(tmp_path_factory.mktemp("pcscd"), READERS)
    service.start()
    os.environ["PCSCLITE_CSOCK_NAME"] = str(service.socket_path)
    yield service
    service.stop()
