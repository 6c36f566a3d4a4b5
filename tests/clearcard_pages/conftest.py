"""Fixtures of the page tests of clearing: a company with its disk, and who looks at its pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clearcard.models import ClearCardCase
from tests.clearcard.conftest import make_scene, media, scene
from tests.clearcard.scene import Scene
from tests.factories.accounts import MembershipFactory
from tests.harness.clients import HallClient

__all__ = ["make_scene", "media", "scene"]


@pytest.fixture
def month(scene: Scene) -> Scene:
    """Return a company whose October is issued, reported, filed, paid and compared."""
    scene.month()
    return scene


@pytest.fixture
def case(month: Scene) -> ClearCardCase:
    """Return an application with everything filled in, up to the hand-in."""
    return month.prepare()


@pytest.fixture
def enter(scene: Scene) -> Callable[..., HallClient]:
    """Return a function that signs in: the finance head, or `enter(role="issuer")` for a colleague."""

    def entered(role: str = "") -> HallClient:
        colleague = MembershipFactory(taxpayer=scene.taxpayer, role=role) if role else scene.membership
        return HallClient().enter_as(colleague)

    return entered


@pytest.fixture
def stranger(scene: Scene) -> HallClient:
    """Return the finance head of another company."""
    return HallClient().enter_as(MembershipFactory(finance=True))
