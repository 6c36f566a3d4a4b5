"""What every API view shares: the error envelope, pagination, strict input and Idempotency-Key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from taxhall.common.api_defaults import IsProvenUser
from taxhall.common.errors import ConflictError, InvalidInputError, TaxhallError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
KEY_HEADER = "Idempotency-Key"
_KEY_FORMAT = re.compile(r"[\x21-\x7e]{8,128}")
# A repeat after one of these is meant to be tried anew.
NOT_STORED = frozenset({409, 429, 503})


class StrictSerializer(serializers.Serializer[Any]):
    """Input that refuses fields it does not know instead of passing them over."""

    def to_internal_value(self, data: Any) -> Any:
        """Parse the body. Raises: ValidationError naming each unknown field."""
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name: [_("没有这个字段。")] for name in unknown})
        return super().to_internal_value(data)


@dataclass(frozen=True)
class IdempotencyClaim:
    """The right to carry out one call; the attempt tells a taken-over call from its dead predecessor."""

    pk: int
    attempt: int


@dataclass(frozen=True)
class StoredAnswer:
    """What a call answered, to the byte."""

    status: int
    content_type: str
    body: bytes


class IdempotencyStore(Protocol):
    """Where the calls are kept; common owns no tables, so settings.IDEMPOTENCY_STORE names one."""

    def begin(self, *, user: Any, key: str, route: str, body_digest: str) -> IdempotencyClaim | StoredAnswer:
        """Claim the call, or return the answer it had."""

    def finish(self, claim: IdempotencyClaim, answer: StoredAnswer) -> None:
        """Store the answer for repeats."""

    def release(self, claim: IdempotencyClaim) -> None:
        """Forget the call, so that a repeat is tried anew."""


class IdempotencyKeyMissingError(InvalidInputError):
    """An unsafe call without a usable Idempotency-Key."""

    code = "api.idempotency_key_missing"
    status = 400

    def __init__(self) -> None:
        super().__init__(
            _("请求缺少 Idempotency-Key，没有办理。"),
            next_step=_("请为每一次办理生成一个 8 至 128 位的唯一键，重试同一次办理时使用同一个键。"),
        )


class IdempotencyMismatchError(InvalidInputError):
    """The key was used before for something else."""

    code = "api.idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            _("这个 Idempotency-Key 已用于另一项内容不同的请求，没有办理。"), next_step=_("请换一个新的键。")
        )


class IdempotencyInProgressError(ConflictError):
    """The first call with this key is still running."""

    code = "api.idempotency_in_progress"

    def __init__(self, retry_after: int) -> None:
        super().__init__(_("同一请求正在办理中，没有重复办理。"), next_step=_("请稍后用同一个键重试，以取得结果。"))
        self.retry_after = retry_after


class AnswerNotKeptError(ConflictError):
    """The call succeeded before, and its answer is a file that is not kept."""

    code = "api.answer_not_kept"

    def __init__(self) -> None:
        super().__init__(
            _("这项请求此前已经办成，文件不在此保存，没有重复办理。"),
            next_step=_("没有收到文件的，请换一个新的键重新请求。"),
        )


class _Replay(Exception):  # noqa: N818  (a way out of the view, not an error)
    """Leaves the view with an answer that was given before."""

    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__("replayed")
        self.answer = answer


class HallAPIView(GenericAPIView[Any]):
    """The base of the hall's API views.

    An unsafe call needs an Idempotency-Key unless the view says `is_idempotent = False`, which it
    may only where a stored answer would be a secret (tokens). The key is at hand as
    `self.idempotency_key`; pass it on to the service wherever the domain has a key of its own. A view says
    `keeps_answer = False` where the service keeps the key for good and a repeat is told the present state, and
    `keeps_body = False` where a success is answered with a file, which a repeat does not get again.
    """

    permission_classes = [IsProvenUser]
    is_idempotent = True
    keeps_answer = True
    keeps_body = True
    idempotency_key = ""
    _claim: IdempotencyClaim | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate and authorise first; only then claim the call."""
        super().initial(request, *args, **kwargs)
        if self.is_idempotent and request.method not in SAFE_METHODS:
            self._begin(request)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a repeat with what was answered before, everything else by the common handler."""
        if isinstance(exc, _Replay):
            return _ReplayedResponse(exc.answer)
        return super().handle_exception(exc)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Run the view and keep its answer; a call that broke is released for a repeat."""
        try:
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
            if isinstance(response, _ReplayedResponse):
                return response.as_http()
            return self._finish(response)
        except BaseException:
            self._release()
            raise

    def _begin(self, request: Request) -> None:
        key = request.headers.get(KEY_HEADER, "")
        if not _KEY_FORMAT.fullmatch(key):
            raise IdempotencyKeyMissingError
        if not self.keeps_answer:
            self.idempotency_key = key
            return
        outcome = idempotency_store().begin(
            user=request.user,
            key=key,
            route=f"{request.method} {request.path}"[:300],
            body_digest=_body_digest(request),
        )
        if isinstance(outcome, StoredAnswer):
            if not self.keeps_body and status.is_success(outcome.status):
                raise AnswerNotKeptError
            raise _Replay(outcome)
        self.idempotency_key, self._claim = key, outcome

    def _finish(self, response: HttpResponseBase) -> HttpResponseBase:
        if self._claim is None or not isinstance(response, HttpResponse):
            return response
        if isinstance(response, Response):
            response.render()
        if response.status_code in NOT_STORED or response.status_code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
            self._release()
            return response
        claim, self._claim = self._claim, None
        content_type = response.headers.get("Content-Type", "")
        is_kept = self.keeps_body or not status.is_success(response.status_code)
        body = response.content if is_kept else b""
        idempotency_store().finish(claim, StoredAnswer(response.status_code, content_type, body))
        return response

    def _release(self) -> None:
        if self._claim is not None:
            claim, self._claim = self._claim, None
            idempotency_store().release(claim)


class _ReplayedResponse(Response):
    """Carries a stored answer through the view's own finishing."""

    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__(None, status=answer.status)
        self.answer = answer

    def as_http(self) -> HttpResponse:
        """Return the stored bytes as they were, marked as a repeat."""
        replay = HttpResponse(self.answer.body, status=self.answer.status, content_type=self.answer.content_type)
        replay["Idempotency-Replayed"] = "true"
        return replay


def _body_digest(request: Request) -> str:
    """Return the digest of what was sent; an upload is told apart by its fields and files."""
    if not (request.content_type or "").startswith("multipart/"):
        return hashlib.sha256(request._request.body).hexdigest()
    digest = hashlib.sha256()
    fields = request.data.lists() if isinstance(request.data, QueryDict) else ()
    for name, values in sorted(fields):
        for value in values:
            chunks = value.chunks() if hasattr(value, "chunks") else [str(value).encode()]
            content = hashlib.sha256()
            for chunk in chunks:
                content.update(chunk)
            digest.update(name.encode() + b"\0" + content.digest())
            if hasattr(value, "seek"):
                value.seek(0)
    return digest.hexdigest()


def idempotency_store() -> IdempotencyStore:
    """Return the store named by the settings."""
    store: IdempotencyStore = import_string(settings.IDEMPOTENCY_STORE)()
    return store


def handle_exception(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Answer every refusal in one form: code, message, next step, fields."""
    if isinstance(exception, TaxhallError):
        return _domain_answer(exception)
    if isinstance(exception, serializers.ValidationError):
        fields = _flatten(exception.detail)
        return _domain_answer(
            InvalidInputError(_("提交的内容有误，没有办理。"), fields=fields, next_step=_("请按字段提示修改。"))
        )
    if isinstance(exception, RequestDataTooBig):
        # Django's own answer to it is a page.
        return Response(_envelope(*_words_for(exception), {}), status=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    response = exception_handler(exception, context)
    if response is not None:
        code, message, next_step = _words_for(exception)
        response.data = _envelope(code, message, next_step, {})
    return response


def _domain_answer(error: TaxhallError) -> Response:
    headers = {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    body = _envelope(error.code, error.message, error.next_step, error.fields)
    return Response(body, status=error.status, headers=headers)


def _envelope(code: str, message: Any, next_step: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": code,
        "message": _sayable(message),
        "next_step": _sayable(next_step),
        "fields": {_sayable(name): [_sayable(each) for each in messages] for name, messages in fields.items()},
    }


def _sayable(words: Any) -> str:
    """Return words that may repeat what was sent: half a character, which no answer can carry, becomes a mark."""
    return str(words).encode("utf-8", "replace").decode()


def _flatten(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Return nested messages as one level: lines.0.amount."""
    if isinstance(detail, Mapping):
        items = [(str(name), value) for name, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(each, (Mapping, list)) for each in detail):
        items = [(str(place), value) for place, value in enumerate(detail)]
    else:
        messages = detail if isinstance(detail, list) else [detail]
        return {prefix or "non_field_errors": [str(each) for each in messages]}
    found: dict[str, list[str]] = {}
    for name, value in items:
        if value:
            found |= _flatten(value, f"{prefix}.{name}" if prefix else name)
    return found


_WORDS: tuple[tuple[type[Exception], tuple[str, Any, Any]], ...] = (
    (exceptions.NotAuthenticated, ("api.not_signed_in", _("请先登录或提供有效的令牌。"), "")),
    (
        exceptions.AuthenticationFailed,
        ("api.token_invalid", _("令牌无效、已过期或账户已停用。"), _("请重新取得令牌。")),
    ),
    (exceptions.PermissionDenied, ("hall.not_permitted", _("您没有办理这一事项的权限。"), "")),
    (PermissionDenied, ("hall.not_permitted", _("您没有办理这一事项的权限。"), "")),
    (exceptions.NotFound, ("hall.not_found", _("没有找到。"), "")),
    (Http404, ("hall.not_found", _("没有找到。"), "")),
    (exceptions.ParseError, ("api.body_unreadable", _("请求内容不是有效的 JSON，没有办理。"), "")),
    (exceptions.MethodNotAllowed, ("api.method_not_allowed", _("该地址不支持这种请求方法。"), "")),
    (exceptions.NotAcceptable, ("api.not_acceptable", _("只提供 JSON 格式的应答。"), "")),
    (exceptions.UnsupportedMediaType, ("api.media_type", _("请求内容须为 JSON 格式，没有办理。"), "")),
    (
        RequestDataTooBig,
        ("api.body_too_large", _("请求内容太大，没有办理。"), _("请减少一次提交的内容，或改用批量导入。")),
    ),
    (exceptions.Throttled, ("api.throttled", _("请求过于频繁。"), _("请稍后再试。"))),
)


def _words_for(exception: Exception) -> tuple[str, Any, Any]:
    for kind, words in _WORDS:
        if isinstance(exception, kind):
            return words
    return ("hall.error", _("请求没有办成。"), "")
