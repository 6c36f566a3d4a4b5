"""Where the hall posts: never inside, never by a name that changed its mind, never on and on."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from invoicing.hooks import addresses, posting
from invoicing.hooks.addresses import AddressError, is_public, read_address, resolve
from invoicing.hooks.posting import PostError, post
from tests.invoicing.hooks.receiver import Receiver


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  (refused)
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fec0::1",
        "3fff::1",
        "192.0.0.8",
        "192.88.99.1",
    ],
)
def test_an_address_inside_is_not_public(number: str) -> None:
    assert not is_public(number)


@pytest.mark.parametrize("number", ["8.8.8.8", "2606:4700:4700::1111"])
def test_an_address_of_the_internet_is(number: str) -> None:
    assert is_public(number)


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.com/",
        "ftp://erp.example.com/",
        "https://",
        "erp.example.com",
        "https://user:word@erp.example.com/",
        "https://erp.example.com/#part",
        "https://erp.example.com:99999/",
        "https://erp.example.com/a b",
        "https://erp.example.com/\r\nHost: other",
        "https://例子.公司/",
        "https://[::1",
        f"https://erp.example.com/{'a' * 500}",
    ],
)
def test_what_is_no_address_over_https_is_refused(url: str, settings: Any) -> None:
    settings.HALL_HOOKS_LOOPBACK = False
    with pytest.raises(AddressError):
        read_address(url)


def test_a_good_address_is_taken_apart() -> None:
    found = read_address("https://erp.example.com:8443/taxhall?x=1")
    assert (found.host, found.port, found.path, found.netloc) == (
        "erp.example.com",
        8443,
        "/taxhall?x=1",
        "erp.example.com:8443",
    )


def answering(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> list[str]:
    """Have the name erp.example.com resolve to the addresses; return who asked for what."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host != "erp.example.com":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_one_address_inside_spoils_the_name(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.HALL_HOOKS_LOOPBACK = False
    answering(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(AddressError):
        resolve(read_address("https://erp.example.com/"))


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://2130706433/"])
def test_without_the_setting_this_machine_is_inside(url: str, settings: Any) -> None:
    settings.HALL_HOOKS_LOOPBACK = False
    with pytest.raises(AddressError):
        resolve(read_address(url))


def test_plain_http_leaves_this_machine_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "8.8.8.8")
    with pytest.raises(AddressError):
        resolve(read_address("http://erp.example.com/"))


def test_the_name_is_asked_once_and_the_checked_address_connected(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    asked = answering(monkeypatch, "127.0.0.1")
    url = receiver.url.replace("127.0.0.1", "erp.example.com")

    assert post(url, body=b"{}", headers={}) == 204
    assert asked == ["erp.example.com"]
    assert receiver.received[0].headers["Host"] == f"erp.example.com:{receiver.server.server_port}"


def test_a_name_server_that_keeps_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over, asked = threading.Event(), []

    def silent(host: str, *_args: Any, **_kwargs: Any) -> Any:
        asked.append(host)
        is_over.wait(timeout=60)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr(addresses, "LOOK_UP_SECONDS", 0.2)
    questions = threading.BoundedSemaphore(2)
    monkeypatch.setattr(addresses, "_QUESTIONS", questions)
    before = time.monotonic()
    for _number in range(3):
        with pytest.raises(PostError, match="域名服务器"):
            post("https://erp.example.com/", body=b"{}", headers={})
    assert time.monotonic() - before < 30
    assert len(asked) == 2, "what nobody answers does not pile up"
    is_over.set()
    assert [questions.acquire(timeout=30) for _number in range(2)] == [True, True], (
        "a question that ended is counted out"
    )


def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    receiver.answers = [302]
    assert post(receiver.url, body=b"{}", headers={}) == 302
    assert [each.path for each in receiver.received] == ["/taxhall"]


def test_who_answers_never_is_cut_off(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    monkeypatch.setattr(posting, "WHOLE_SECONDS", 0.3)
    receiver.is_dripping = True
    with pytest.raises(PostError, match="10 秒"):
        post(receiver.url, body=b"{}", headers={})


def test_nobody_there_is_told_in_words() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(PostError, match="连接不上"):
            post(f"http://127.0.0.1:{held.getsockname()[1]}/", body=b"{}", headers={})


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return the context of a server whose certificate nobody vouches for."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "erp")])
    now = timezone.now()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    file = folder / "server.pem"
    file.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = self_signed(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            plain, _ = listening.accept()
            with plain, suppress(OSError):
                context.wrap_socket(plain, server_side=True).close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(PostError, match="证书"):
            post(f"https://127.0.0.1:{listening.getsockname()[1]}/", body=b"{}", headers={})
        thread.join(timeout=10)
