"""The page on this PC: loopback only, opened by a secret address, deaf to every other site.

A request is served only when it names this very host and port, carries the secret in its path, and, where the
browser says from where it was sent, comes from this page itself. So a hostile site cannot reach it by a form, by
fetch, or by a name that it lets point here (DNS rebinding). There is no way to a reader but the two forms.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import os
import threading
from collections.abc import Coroutine, Iterator
from gettext import gettext as _
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs

from devices.agent import pages, words
from devices.agent.engine import Engine
from devices.agent.pages import Message
from devices.agent.places import Places, write_private
from devices.gateway.wire import CardAnswer

logger = logging.getLogger(__name__)
ValueT = TypeVar("ValueT")

HOST = "127.0.0.1"
LONGEST_FORM = 4096
PATIENCE_SECONDS = 30.0
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not "no-referrer": then a browser hides, from the form of this very page, where it was sent from.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OWN_SITES = ("same-origin", "none")


class Desk:
    """What the page may ask of the agent, from a thread of its own."""

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
        self._engine = engine
        self._loop = loop
        self._message: Message | None = None

    def show(self) -> bytes:
        """Return the page as it is now, with what was just done on it told once."""
        look, message = self._engine.state.look(), self._message
        self._message = None
        asked = [disk["serial"] for disk in look.disks if pages.needs_pin(disk)]
        tries = {serial: self._ask(self._engine.pin_tries(serial)) for serial in asked}
        return pages.render(look, tries, message)

    def status(self) -> bytes:
        """Return the state as JSON, for `taxhall-agent status`."""
        return json.dumps(self._engine.state.look().to_json(), ensure_ascii=False).encode()

    def act(self, name: str, form: dict[str, str]) -> bool:
        """Do what a form asks for and keep what came of it for the page; False when there is no such form."""
        if name == "pin":
            self._message = self._unlock(form.get("serial", ""), form.get("pin", ""))
        elif name == "selftest":
            self._message = self._selftest(form.get("reader", ""))
        else:
            return False
        return True

    def _unlock(self, serial: str, pin: str) -> Message:
        if serial not in [disk["serial"] for disk in self._engine.state.look().disks if disk["is_held"]]:
            return Message(_("这块设备不在读卡器中，或还没有向大厅证明，没有发送口令。"))
        answer = self._ask(self._engine.unlock(serial, pin))
        if answer is not None and answer.fault is None:
            return Message(_("设备已打开。15 分钟不使用或拔出设备后，需要重新输入口令。"), is_good=True)
        return Message(_why(answer))

    def _selftest(self, reader: str) -> Message:
        answer = self._ask(self._engine.selftest(reader))
        if answer is not None and answer.fault is None:
            return Message(_("自检通过，读卡器恢复使用。"), is_good=True)
        return Message(_("自检没有通过，读卡器仍然停用。请检查连接或更换读卡器。"))

    def _ask(self, work: Coroutine[Any, Any, ValueT]) -> ValueT | None:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)
        except TimeoutError:
            return None


def _why(answer: CardAnswer | None) -> str:
    fault = answer.fault if answer is not None else None
    if fault is None:
        return _("设备没有回答，请重新插好设备后再试。")
    if fault.code == "disk.pin_wrong":
        return _("%(why)s。程序不会替您重试。") % {"why": words.why(fault)}
    if fault.code == "disk.pin_blocked":
        return _("口令已锁定，请到办税服务厅重置。")
    return _("设备没有打开：%(why)s。请重新插好设备后再试。") % {"why": words.why(fault)}


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10
    server_version, sys_version = "taxhall-agent", ""

    def do_GET(self) -> None:
        """Show the page, its style, or its state."""
        name = self._admitted()
        if name is None:
            return
        if name == "":
            self._say(HTTPStatus.OK, self.server.desk.show())
        elif name == "page.css":
            self._say(HTTPStatus.OK, pages.STYLE.encode(), "text/css")
        elif name == "status.json":
            self._say(HTTPStatus.OK, self.server.desk.status(), "application/json")
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Take the PIN of a disk, or test a reader; there is no other way to a disk."""
        name = self._admitted(is_form=True)
        if name is None:
            return
        form = self._form()
        if form is None:
            self._refuse(HTTPStatus.BAD_REQUEST)
        elif self.server.desk.act(name, form):
            # Back to the page itself, so that reloading it does nothing twice.
            self._say(HTTPStatus.SEE_OTHER, b"", more={"Location": "./"})
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def _admitted(self, *, is_form: bool = False) -> str | None:
        """Return the name behind the secret when the request comes from this page; otherwise refuse it."""
        own = f"http://{HOST}:{self.server.server_port}"
        hosts, origins = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        is_ours = hosts == [own.removeprefix("http://")] and origins in ([own], [] if not is_form else [own])
        is_ours = is_ours and self.headers.get("Sec-Fetch-Site", "none") in OWN_SITES
        secret, _slash, name = self.path.removeprefix("/").partition("/")
        is_known = hmac.compare_digest(secret.encode(), self.server.secret.encode())
        if is_ours and is_known:
            return name
        self._refuse(HTTPStatus.FORBIDDEN)
        return None

    def _form(self) -> dict[str, str] | None:
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        if not length.isdecimal() or int(length) > LONGEST_FORM or kind != "application/x-www-form-urlencoded":
            return None
        found = parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in found.items()}

    def _refuse(self, status: HTTPStatus) -> None:
        text = _("请在这台电脑上运行 taxhall-agent open，打开代理程序的页面。")
        self._say(status, pages.render_plain(_("不能这样打开"), text))

    def _say(
        self, status: HTTPStatus, body: bytes, kind: str = "text/html", more: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": f"{kind}; charset=utf-8", **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Write nothing: the path holds the secret."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, desk: Desk, secret: str) -> None:
        self.desk, self.secret = desk, secret
        super().__init__((HOST, 0), _Handler)


@contextlib.contextmanager
def serving(places: Places, desk: Desk, secret: str) -> Iterator[str]:
    """Serve the page on a port of the system's choice and note where; yield its address. Raises: OSError."""
    server = _Server(desk, secret)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="page", daemon=True)
    thread.start()
    write_private(places.page, json.dumps({"port": server.server_port, "pid": os.getpid()}).encode())
    try:
        yield address(server.server_port, secret)
    finally:
        places.page.unlink(missing_ok=True)
        server.shutdown()
        server.server_close()
        thread.join(5)


def address(port: int, secret: str) -> str:
    """Return the address that opens the page."""
    return f"http://{HOST}:{port}/{secret}/"


def find(places: Places, secret: str) -> str | None:
    """Return the address of the page of the agent that runs, if one does."""
    try:
        return address(int(json.loads(places.page.read_text())["port"]), secret)
    except (OSError, ValueError, KeyError, TypeError):
        return None
