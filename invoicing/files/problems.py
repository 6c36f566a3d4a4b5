"""Why a whole file is refused before anything of it is kept."""

from __future__ import annotations

from django.utils.functional import Promise


class FileRefusedError(Exception):
    """The file cannot be read safely or truly; the words name the cause."""

    def __init__(self, code: str, message: str | Promise, next_step: str | Promise) -> None:
        super().__init__(str(message))
        self.code = code
        self.message = message
        self.next_step = next_step
