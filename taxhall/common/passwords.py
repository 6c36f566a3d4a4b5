"""The length that a password must have, told in words that are ours."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnoughValidator(MinimumLengthValidator):
    """Django's rule of length; its own message has another msgid in the code than in the Chinese catalogue of 5.2."""

    def get_error_message(self) -> str:
        """Return what is wrong with one that is too short."""
        return _("密码太短，至少要有 %(count)d 个字符。") % {"count": self.min_length}
