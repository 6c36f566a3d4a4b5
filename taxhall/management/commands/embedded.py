"""Start, stop or look at the embedded PostgreSQL and Valkey."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from taxhall import embedded
from taxhall.launch import wanted_servers

EXIT_NOT_RUNNING = 3  # as `service … status` does


class Command(BaseCommand):
    """Servers for a machine that brings none of its own."""

    help = (
        "Start, stop or look at the PostgreSQL and the Valkey that the hall runs by itself under var/ "
        "(HALL_VAR moves it). They listen on 127.0.0.1 only. Where DATABASE_URL or REDIS_URL is set, that "
        "server is used and ours is not started."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Explain the exit codes below the options."""
        kwargs["epilog"] = (
            "exit codes: 0 done, or everything runs; 1 a server could not be started or stopped; "
            f"{EXIT_NOT_RUNNING} (status) something does not run"
        )
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the action and the form of the answer."""
        parser.add_argument("action", choices=["start", "stop", "status"], help="what to do; each may be repeated")
        parser.add_argument("--json", action="store_true", dest="as_json", help="answer as JSON, without passwords")

    def handle(self, *_args: Any, action: str, as_json: bool, **_options: Any) -> None:
        """Do the action and say where things are."""
        names = wanted_servers()
        try:
            if action == "start":
                found = embedded.start(settings.HALL_VAR, names=names)
            elif action == "stop":
                # Both, whatever the environment says now: what we started we can stop.
                embedded.stop(settings.HALL_VAR)
                found = embedded.status(settings.HALL_VAR)
            else:
                found = embedded.status(settings.HALL_VAR, names=names)
        except embedded.EmbeddedError as error:
            raise CommandError(str(error)) from error
        self._report(found, as_json=as_json)
        if action == "status" and not all(each.running for each in found):
            raise SystemExit(EXIT_NOT_RUNNING)

    def _report(self, found: list[embedded.ServerStatus], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps([each.as_json() for each in found]))
            return
        for each in found:
            where = f"running on 127.0.0.1:{each.port} (pid {each.pid})" if each.running else "not running"
            self.stdout.write(f"{each.name:10} {where}")
        if not found:
            self.stdout.write("DATABASE_URL and REDIS_URL name other servers; none of ours is needed")
