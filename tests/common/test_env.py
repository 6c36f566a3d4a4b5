"""Switches of the environment say yes or no, and nothing else."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from taxhall import env


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("0", False), ("", False)])
def test_a_switch_is_on_only_when_it_says_so(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    monkeypatch.setenv("HALL_HOOKS_LOOPBACK", value)
    assert env.HallEnvironment.read().hooks_loopback is meant


def test_a_switch_that_says_something_else_fails_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALL_HOOKS_LOOPBACK", "off")
    with pytest.raises(ImproperlyConfigured, match="HALL_HOOKS_LOOPBACK"):
        env.HallEnvironment.read()
