"""The rules of passwords speak Chinese, whatever catalogue the framework brings."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User


@pytest.mark.parametrize("password", ["short", "password1234", "wangxiaoming1"])
def test_a_weak_password_is_refused_without_an_english_word(password: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate_password(password, User(username="wangxiaoming1"))
    assert not re.search("[A-Za-z]", "".join(caught.value.messages))
