"""Migrations say everything the models say, under names that say what they do."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command

from tests.project.sources import APPLICATIONS, ROOT

FILES = sorted(file for name in APPLICATIONS for file in (ROOT / name / "migrations").glob("[0-9]*.py"))


@pytest.mark.django_db
def test_none_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("name", [f"{file.parts[-3]}/{file.stem}" for file in FILES])
def test_the_name_says_what_it_does(name: str) -> None:
    assert re.search(r"/\d{4}_[a-z]+_[a-z0-9_]+$", name)
    assert "_auto_" not in name


def test_every_application_has_tables_or_none() -> None:
    assert {file.parts[-3] for file in FILES} <= set(APPLICATIONS)
