"""Print a demo officer's one-time code."""

from __future__ import annotations

import argparse
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice


class Command(BaseCommand):
    """Stands for the authenticator on a demo officer's telephone."""

    help = (
        "Print the one-time code (动态口令) that a demo officer enters at /admin/login/. Works in demo settings "
        "only; a code is taken once and a new one comes every 30 seconds."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare whose code."""
        parser.add_argument("username", help="the officer's user name, such as officer1")

    def handle(self, *_args: Any, username: str, **_options: Any) -> None:
        """Print the code. Raises: CommandError outside the demo and for somebody without an authenticator."""
        if not settings.HALL_DEMO:
            raise CommandError("codes are shown in demo settings only")
        device = TOTPDevice.objects.filter(user__username=username, confirmed=True).first()
        if device is None:
            raise CommandError(f"no officer {username!r} with an authenticator; `manage.py seed_demo` makes them")
        clock = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
        clock.time = time.time()
        left = device.step - int(time.time()) % device.step
        if clock.t() <= device.last_t:
            self.stderr.write(f"this code was used already; a new one comes in {left} s")
        self.stdout.write(f"{clock.token():0{device.digits}d}")
        self.stderr.write(f"valid for another {left} s")
