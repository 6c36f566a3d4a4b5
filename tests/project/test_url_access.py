"""Every address refuses those who are not signed in, unless it is on a short list."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

# Open to everybody, each with the reason.
OPEN = {
    "healthz": "asked by the container",
    "readyz": "asked by the load balancer",
    "home": "the entrance",
    "help": "help is for everybody",
    "help-topic": "help is for everybody",
    "filing:calendar": "deadlines and holidays are public; no company data on it",
    "filing:feed": "calendar programs cannot sign in; the address itself is the secret, anything else is 404",
    "filing:policy-list": "law is public; no company data on it",
    "verify": "anybody may check a certificate",
    "verify-result": "anybody may check a certificate",
    "accounts:login": "signs in",
    "accounts:logout": "signs out, whoever asks",
    "accounts:session-expired": "tells that one was signed out",
    "api-token-create": "gives a token for a password",
    "admin:login": "signs in",
    "admin:otp-enrol": "behind the password step of its own",
    "admin:logout": "signs out, whoever asks",
    "text-size": "a reader's own setting",
    "admin:jsi18n": "words of the date picker",
    "filing:treasury-callback": "the treasury signs instead of signing in; anything else is 400 or 404",
}
# Somebody else's code that answers anonymous callers by design.
OPEN_PREFIXES = ("static/", "media/")
SAMPLE = {"int": "1", "str": "sample", "slug": "sample", "uuid": str(uuid.UUID(int=1)), "path": "sample"}


def addresses(
    patterns: list[URLPattern | URLResolver], prefix: str = "", namespace: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the full name and a sample path of every address."""
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
            yield from addresses(each.url_patterns, route, inner)
        elif not route.startswith(OPEN_PREFIXES):
            yield f"{namespace}{each.name}", "/" + sample(route, each)


def sample(route: str, pattern: URLPattern) -> str:
    """Fill the placeholders of a route."""
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        route = route.replace(f"<{kind}:{name}>", SAMPLE.get(kind, "1")).replace(f"<{name}>", "sample")
    return route.replace("^", "").replace("$", "").replace("\\Z", "").replace("(?P<app_label>auth|accounts)", "auth")


ADDRESSES = sorted(set(addresses(get_resolver().url_patterns)))


def test_there_are_addresses() -> None:
    assert len(ADDRESSES) > 10


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "path"), ADDRESSES, ids=[name for name, _ in ADDRESSES])
def test_the_anonymous_learn_nothing(client: Client, name: str, path: str) -> None:
    if name in OPEN:
        return
    for answer in (client.get(path), client.post(path)):
        entrance = answer.status_code in (301, 302) and "login" in answer["Location"]
        slash = answer.status_code == 301 and answer["Location"].endswith("/")
        assert entrance or slash or answer.status_code in (401, 403, 404, 405), f"{path}: {answer.status_code}"


def test_the_short_list_names_real_addresses() -> None:
    known = {name for name, _ in ADDRESSES}
    assert set(OPEN) - known == set()
