"""HTTP manners that HTTP providers share: what a failure means for a read, and what for a write."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from ..kernel.outbound import CannotResolve, OutboundRefused
from .ports import OutcomeUnknown, ProviderError, ProviderUnauthorized, ProviderUnavailable, RateLimited, Refused

# These mean that no byte of the request can have been acted upon.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
WAIT_MIN_SEC, WAIT_MAX_SEC, WAIT_DEFAULT_SEC = 1.0, 3600.0, 30.0


def retry_after_sec(value: str | None, *, now: datetime | None = None) -> float:
    """Retry-After as seconds (RFC 9110 10.2.3: a number or a date), within 1 s to 1 h."""
    if not value:
        return WAIT_DEFAULT_SEC
    try:
        wait = float(value)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(value) - (now or datetime.now(UTC))).total_seconds()
        except (ValueError, TypeError):
            return WAIT_DEFAULT_SEC
    if math.isnan(wait):
        return WAIT_DEFAULT_SEC
    return min(max(wait, WAIT_MIN_SEC), WAIT_MAX_SEC)


def failure(who: str, why: Exception, *, write: bool) -> ProviderError:
    """A transport failure as one of our errors. A write that may have gone out has an unknown outcome."""
    if isinstance(why, ProviderError):
        return why
    if isinstance(why, OutboundRefused):
        return Refused(why.detail, code=why.code)
    if isinstance(why, CannotResolve):
        return ProviderUnavailable(why.detail)
    if isinstance(why, NEVER_SENT):
        return ProviderUnavailable(f"{who} cannot be reached: {_short(why)}.")
    if write:
        return OutcomeUnknown(f"{who} did not answer a write: {_short(why)}. It is read back before anything else.")
    return ProviderUnavailable(f"{who} did not answer: {_short(why)}.")


def refusal(who: str, status: int, said: str, retry_after: str | None, *, write: bool) -> ProviderError:
    """An HTTP error status as one of our errors. The status class rules; codes in bodies are hints."""
    said = " ".join(said.split())[:300]
    if status == 429:
        wait = retry_after_sec(retry_after)
        return RateLimited(f"{who} asks us to wait {wait:.0f} s.", retry_after_sec=wait)
    if status in {401, 403}:
        return ProviderUnauthorized(f"{who} does not accept the credential ({status} {said}).")
    if status == 408 or status >= 500:
        text = f"{who} answers {status} {said}"
        return OutcomeUnknown(text) if write else ProviderUnavailable(text)
    return Refused(f"{who} refuses: {status} {said}")


def _short(why: Exception) -> str:
    return (str(why) or type(why).__name__).strip().rstrip(".")[:200]
