"""The algorithm profile that a test runs under."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.devices.keys import PROFILES, under


@pytest.fixture(scope="module", params=PROFILES)
def profile(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test under each profile; disks, keys and certificates made in it are of that one."""
    with under(request.param) as name:
        yield name
