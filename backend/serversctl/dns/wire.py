"""HTTP manners that HTTP providers share: what a failure means for a read, and what for a write."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from ..kernel.outbound import CannotResolve, OutboundRefused
from .ports import (
    Allowance,
    OutcomeUnknown,
    ProviderError,
    ProviderUnauthorized,
    ProviderUnavailable,
    RateLimited,
    Refused,
)

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


_LEFT = re.compile(r";\s*r=(\d{1,9})\b")
_RESET = re.compile(r";\s*t=(\d{1,9})\b")
_QUOTA = re.compile(r";\s*q=(\d{1,9})\b")
_WINDOW = re.compile(r";\s*w=(\d{1,9})\b")


def allowance_of(headers: Mapping[str, str]) -> Allowance | None:
    """What `Ratelimit` and `Ratelimit-Policy` say (draft-ietf-httpapi-ratelimit-headers), or None.

    Of several counts the one with the fewest requests left, of several policies the one with the longest window:
    counts of a second are over before they could be obeyed.
    """
    counts = []
    for item in headers.get("Ratelimit", "").split(","):
        left, reset = _LEFT.search(item), _RESET.search(item)
        if left:
            counts.append((int(left.group(1)), int(reset.group(1)) if reset else 0))
    if not counts:
        return None
    policies = []
    for item in headers.get("Ratelimit-Policy", "").split(","):
        quota, window = _QUOTA.search(item), _WINDOW.search(item)
        if quota and window and int(quota.group(1)) and int(window.group(1)):
            policies.append((int(window.group(1)), int(quota.group(1))))
    left_now, reset_sec = min(counts)
    window_sec, total = max(policies) if policies else (None, None)
    return Allowance(left_now, reset_sec, total, window_sec)


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
