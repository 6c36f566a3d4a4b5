"""Where the hall may post: public addresses over HTTPS, so that nobody has it knock inside its own network."""

from __future__ import annotations

import ipaddress
import socket
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTimeError
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LONGEST = 500
# The system's own patience with a name server that keeps silent may be minutes.
LOOK_UP_SECONDS = 5.0
# A question that nobody waits for any more ends when the system gives up; so many may hang at once.
_QUESTIONS = threading.BoundedSemaphore(16)
# Addresses that stand for an IPv4 address: whoever routes them may end up inside.
_NEVER = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),
        # Of protocols and documents, which the library takes for public.
        *("3fff::/20", "192.0.0.0/24", "192.88.99.0/24"),
    )
)
_NO_ANSWER = _("域名服务器在 5 秒内没有应答，暂时查不到这个域名。")
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")


class AddressError(Exception):
    """The address may not be posted to; `words` says why."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__(str(words))
        self.words = words


@dataclass(frozen=True)
class Address:
    """An address taken apart."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        """What the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def read_address(url: str) -> Address:
    """Take an address apart. Raises: AddressError in words."""
    if len(url) > LONGEST or any(not 32 < ord(each) < 127 for each in url):
        raise AddressError(_("地址最长 500 个字符，只能用英文字母、数字和符号，不含空格。"))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressError(_("地址格式不正确，例如 https://erp.example.com/taxhall")) from error
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise AddressError(_("请填写以 https:// 开头的完整地址。"))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressError(_("地址中不能有用户名、密码或 # 片段；身份由签名证明。"))
    is_tls = parts.scheme == "https"
    if not is_tls and not settings.HALL_HOOKS_LOOPBACK:
        raise AddressError(_("只能使用 https:// 地址。"))
    path = iri_to_uri(parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(is_tls, parts.hostname, port or (443 if is_tls else 80), path)


def resolve(address: Address) -> str:
    """Return the one IP address to connect to; every address of the name must be allowed. Raises: AddressError."""
    numbers = _look_up(address)
    if not numbers or not all(_is_allowed(each, address) for each in numbers):
        raise AddressError(_("这个域名指向内部或保留的网络地址，大厅不向它推送。"))
    return numbers[0]


def _look_up(address: Address) -> list[str]:
    """Ask for the addresses of the name, for a bounded time. Raises: AddressError."""
    answer: Future[list[str]] = Future()
    if not _QUESTIONS.acquire(blocking=False):
        raise AddressError(_NO_ANSWER)
    # A daemon: a question without an answer keeps no process from ending.
    threading.Thread(target=_ask, args=(address, answer), daemon=True).start()
    try:
        return answer.result(timeout=LOOK_UP_SECONDS)
    except NotInTimeError as error:
        raise AddressError(_NO_ANSWER) from error
    except (OSError, UnicodeError) as error:
        raise AddressError(_("找不到这个域名。")) from error


def _ask(address: Address, answer: Future[list[str]]) -> None:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        answer.set_result([str(each[4][0]) for each in found])
    except (OSError, UnicodeError) as error:
        answer.set_exception(error)
    finally:
        _QUESTIONS.release()


def is_public(number: str) -> bool:
    """Say whether an IP address is one of the public internet."""
    ip = ipaddress.ip_address(number.partition("%")[0])
    if any(ip in network for network in _NEVER if network.version == ip.version):
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip not in _PUBLIC_V6:
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _is_allowed(number: str, address: Address) -> bool:
    if settings.HALL_HOOKS_LOOPBACK and ipaddress.ip_address(number.partition("%")[0]).is_loopback:
        return True
    # Plain HTTP is for this machine alone, where the settings allow it at all.
    return address.is_tls and is_public(number)
