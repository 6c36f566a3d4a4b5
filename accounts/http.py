"""What accounts reads from a request: where it comes from, and where it may return to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from accounts.errors import SignInPausedError
from accounts.models import Membership, OfficerPost, Taxpayer, User
from accounts.services import Origin, known_devices
from taxhall.common.errors import TaxhallError


class HallRequest(HttpRequest):
    """A request after the middleware of this application: somebody is signed in."""

    user: User
    taxpayer: Taxpayer | None
    membership: Membership | None
    officer_post: OfficerPost | None
    officer_posts: list[OfficerPost]
    htmx: HtmxDetails


class TaxpayerRequest(HallRequest):
    """A request behind `web.taxpayer_required`: a company is in sight."""

    taxpayer: Taxpayer
    membership: Membership


def client_address(request: HttpRequest) -> str:
    """Return the client's address; X-Forwarded-For counts only as far as trusted proxies wrote it."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    while forwarded and _is_trusted(address):
        address = forwarded.pop()
    return address


def network_of(address: str) -> str:
    """Return the network a client is counted under: /24 of IPv4, /64 of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    prefix = 24 if parsed.version == 4 else 64
    return str(ipaddress.ip_network((parsed, prefix), strict=False))


def origin_of(request: HttpRequest) -> Origin:
    """Return where a sign-in try comes from."""
    return Origin(
        network=network_of(client_address(request)), device_cookie=request.COOKIES.get(known_devices.COOKIE, "")
    )


def safe_next(request: HttpRequest, target: str | None) -> str:
    """Return the target if it is an address of this hall, else an empty text."""
    hosts = {request.get_host()}
    if target and url_has_allowed_host_and_scheme(target, hosts, require_https=request.is_secure()):
        return target
    return ""


def page_of_form(request: HttpRequest) -> str:
    """Return the page that holds the form a request was sent from, by its Referer if that is ours."""
    referer = urlsplit(str(request.META.get("HTTP_REFERER", "")))
    if referer.netloc == request.get_host() and referer.path:
        return referer.path + (f"?{referer.query}" if referer.query else "")
    return request.path


def is_same_origin(request: HttpRequest) -> bool:
    """Tell whether the browser itself says that a form of this hall sent the request."""
    origin = urlsplit(str(request.META.get("HTTP_ORIGIN", "")))
    return origin.netloc == request.get_host()


def refused(response: HttpResponse, error: TaxhallError) -> HttpResponse:
    """Tell programs as well when the next try is taken."""
    if isinstance(error, SignInPausedError):
        response["Retry-After"] = str(error.retry_after)
    return response


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> HttpResponse:
    """Note in a signed cookie that this account has signed in from this browser."""
    response.set_cookie(
        known_devices.COOKIE,
        known_devices.remember(request.COOKIES.get(known_devices.COOKIE, ""), user),
        max_age=known_devices.MAX_AGE,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def _is_trusted(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(network) for network in settings.HALL_TRUSTED_PROXIES)
