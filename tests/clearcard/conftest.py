"""Fixtures of the tests of clearing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tests.clearcard.scene import Scene
from tests.harness.cards import CardRack


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    """Keep uploads of a test to itself."""
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.fixture
def make_scene(card_rack: CardRack, freeze: Callable[[str], datetime]) -> Callable[..., Scene]:
    """Return a function that opens a company with a disk; keywords are the taxpayer's."""

    def made(**taxpayer: Any) -> Scene:
        return Scene(card_rack, freeze, **taxpayer)

    return made


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """Return a company of grade A."""
    return make_scene()
