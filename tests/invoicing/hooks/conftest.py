"""What the tests of endpoints share: a manager of the company, a system that receives, an endpoint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.models import Membership
from invoicing import services
from invoicing.models import HookEndpoint
from tests.factories.accounts import MembershipFactory
from tests.invoicing.digital.conftest import credit, draft, grant, officer
from tests.invoicing.hooks.receiver import Receiver

__all__ = ["credit", "draft", "grant", "officer"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a system that listens on this machine."""
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def manager(seller: Membership) -> Membership:
    """Return a 管理员 of the seller's company."""
    return MembershipFactory(taxpayer=seller.taxpayer, role="admin")


@pytest.fixture
def registered(manager: Membership, receiver: Receiver) -> tuple[HookEndpoint, str]:
    """Return an endpoint at that system, and its secret."""
    return services.register_hook(actor=manager.user, taxpayer=manager.taxpayer, url=receiver.url)


@pytest.fixture
def hook(registered: tuple[HookEndpoint, str]) -> HookEndpoint:
    """Return the endpoint."""
    return registered[0]
