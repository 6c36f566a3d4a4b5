#!/usr/bin/env python
"""Run the hall's commands."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Hand the command line to Django with the embedded demo settings as default."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taxhall.settings.demo")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
