"""Every refusal the product makes: a stable code, an HTTP status and a sentence that says the fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FieldErrors = Mapping[str, Sequence[str]]


class DomainError(Exception):
    """A refusal. `code` is stable, `detail` names the fix, `permanent` says that a retry cannot help."""

    status = 400

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | None = None,
        permanent: bool = True,
        errors: FieldErrors | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.status = status or self.status
        self.permanent = permanent
        self.errors = dict(errors or {})
        self.extra = dict(extra or {})


class NotFound(DomainError):
    """Absent, or somebody else's: the two look the same from outside."""

    status = 404


class Conflict(DomainError):
    """Somebody was first, or the object is in use; `extra` may carry the current state."""

    status = 409


class Invalid(DomainError):
    """The request is well formed and wrong; `errors` says which field and why."""

    status = 422


class Unauthorized(DomainError):
    """Nobody is signed in, or the credential is not known."""

    status = 401


class Forbidden(DomainError):
    """Known, and not allowed."""

    status = 403


class TooMany(DomainError):
    """A rate limit. The answer carries Retry-After."""

    status = 429

    def __init__(self, code: str, detail: str, *, retry_after_sec: float) -> None:
        super().__init__(code, detail, permanent=False)
        self.retry_after_sec = retry_after_sec


class Unavailable(DomainError):
    """Something we depend on is away; trying later is right."""

    status = 503

    def __init__(self, code: str, detail: str, *, retry_after_sec: float = 5.0) -> None:
        super().__init__(code, detail, permanent=False)
        self.retry_after_sec = retry_after_sec
