"""A certificate authority as we use it (RFC 8555): an account, an order, its proofs, the certificate.

Every answer of the authority that is not a yes becomes an AcmeError with a stable code and a sentence that says the fix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from acme import challenges, errors, messages
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from josepy.errors import Error as JoseError
from josepy.jwk import JWKEC

from ..kernel.errors import DomainError
from ..kernel.outbound import Outbound
from .network import TRANSPORT_ERRORS, GuardedNetwork

T = TypeVar("T")
HOLD_DEFAULT_SEC, HOLD_MAX_SEC = 3600.0, 7 * 86400.0


UNAVAILABLE = ("acme_unavailable", "It is tried again.", False)
NAME_REFUSED = ("acme_name_refused", "It does not issue for every name.", True)
CONTACT_REFUSED = ("acme_contact_refused", "Check SERVERSCTL_ACME_CONTACT.", True)
# The authority's error types (RFC 8555 6.7) that have a fix of their own: our code, the fix, permanent.
REFUSALS = {
    "": UNAVAILABLE,
    "serverInternal": UNAVAILABLE,
    "badNonce": UNAVAILABLE,
    "rejectedIdentifier": NAME_REFUSED,
    "unsupportedIdentifier": NAME_REFUSED,
    "caa": ("acme_name_refused", "Allow the authority in the zone's CAA records.", True),
    "externalAccountRequired": (
        "acme_binding_needed",
        "Set SERVERSCTL_ACME_EAB_KID and SERVERSCTL_ACME_EAB_HMAC_KEY.",
        True,
    ),
    "invalidContact": CONTACT_REFUSED,
    "unsupportedContact": CONTACT_REFUSED,
    "invalidEmail": CONTACT_REFUSED,
}


class AcmeError(DomainError):
    """The authority said no, or nothing. `permanent`: nothing changes until somebody does something."""

    status = 502


class AcmeHold(AcmeError):
    """A rate limit: nobody asks again before `wait_sec` have passed."""

    def __init__(self, detail: str, wait_sec: float) -> None:
        super().__init__("acme_rate_limited", detail, permanent=False)
        self.wait_sec = wait_sec


class OrderGone(AcmeError):
    """The authority does not know this order (any more): a new one is needed."""

    def __init__(self, detail: str) -> None:
        super().__init__("acme_order_gone", detail, permanent=False)


class AccountGone(AcmeError):
    """The authority does not know our account: it has to be registered again."""

    def __init__(self, detail: str) -> None:
        super().__init__("acme_account_gone", detail, permanent=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """What one name of an order still needs, or how its proof went. `value` belongs into a TXT record."""

    name: str
    status: str
    value: str
    answered: bool
    problem: str
    challenge: messages.ChallengeBody | None


@dataclass(frozen=True, slots=True)
class OrderLook:
    """An order as the authority has it: pending, ready, processing, valid or invalid."""

    status: str
    authorizations: tuple[str, ...]
    finalize: str
    certificate: str
    problem: str


@dataclass(frozen=True, slots=True)
class Binding:
    """External account binding (RFC 8555 7.3.4), for authorities that know us from elsewhere."""

    kid: str
    hmac_key: str


class Ca:
    """One authority and our key there. Not shared between threads; close it."""

    def __init__(self, directory_url: str, key_pem: str, outbound: Outbound) -> None:
        key = load_pem_private_key(key_pem.encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("account keys are ECDSA keys")
        self._key = JWKEC(key=key)
        self._net = GuardedNetwork(self._key, outbound)
        self._directory_url = directory_url
        self._known: messages.Directory | None = None

    @property
    def _directory(self) -> messages.Directory:
        if self._known is None:
            self._known = self._call(lambda: messages.Directory.from_json(self._net.get(self._directory_url).json()))
        return self._known

    @property
    def terms_url(self) -> str:
        return str(self._directory.meta.terms_of_service or "")

    def register(self, contact: str, binding: Binding | None) -> str:
        """Our account's address there; the same key gets the same account. Agrees to the authority's terms."""
        options: dict[str, Any] = {"terms_of_service_agreed": True}
        if contact:
            options["email"] = contact
        if binding is not None:
            try:
                options["external_account_binding"] = messages.ExternalAccountBinding.from_data(
                    self._key.public_key(), binding.kid, binding.hmac_key, self._directory
                )
            except (ValueError, JoseError) as why:
                raise AcmeError(
                    "acme_binding_invalid", "SERVERSCTL_ACME_EAB_HMAC_KEY is not the Base64url text of the authority."
                ) from why
        elif self._directory.meta.external_account_required:
            raise AcmeError(
                "acme_binding_needed",
                "This authority wants an external account: set SERVERSCTL_ACME_EAB_KID and SERVERSCTL_ACME_EAB_HMAC_KEY.",
            )
        wish = messages.NewRegistration.from_data(**options)
        url = self._call(lambda: str(self._post(self._directory["newAccount"], wish).headers["Location"]))
        self.use_account(url)
        return url

    def use_account(self, url: str) -> None:
        self._net.account = messages.RegistrationResource(uri=url, body=messages.Registration())

    def new_order(self, names: Sequence[str]) -> str:
        """The new order's address."""
        wanted = [messages.Identifier(typ=messages.IDENTIFIER_FQDN, value=name) for name in names]
        wish = messages.NewOrder(identifiers=wanted)
        return self._call(lambda: str(self._post(self._directory["newOrder"], wish).headers["Location"]))

    def order(self, url: str) -> OrderLook:
        """Raises OrderGone when the authority does not know it."""
        body = self._call(lambda: messages.Order.from_json(self._post(url, None).json()), order=True)
        return OrderLook(
            status=_text(body.status),
            authorizations=tuple(body.authorizations or ()),
            finalize=str(body.finalize or ""),
            certificate=str(body.certificate or ""),
            problem=_said(body.error) if body.error is not None else "",
        )

    def proofs(self, look: OrderLook) -> list[Proof]:
        return [self._proof(url) for url in look.authorizations]

    def _proof(self, url: str) -> Proof:
        body = self._call(lambda: messages.Authorization.from_json(self._post(url, None).json()), order=True)
        name = str(body.identifier.value)
        found = next((one for one in body.challenges if isinstance(one.chall, challenges.DNS01)), None)
        if found is None and _text(body.status) == "pending":
            raise AcmeError("acme_no_dns_challenge", f"The authority offers no proof by DNS for {name}.")
        return Proof(
            name=name,
            status=_text(body.status),
            value=found.chall.validation(self._key) if found is not None else "",
            answered=found is not None and _text(found.status) != "pending",
            problem=_said(found.error) if found is not None and found.error is not None else "",
            challenge=found,
        )

    def answer(self, proof: Proof) -> None:
        """Tell the authority that the TXT record stands: it looks for it now."""
        challenge = proof.challenge
        if challenge is not None:
            self._call(lambda: self._post(challenge.uri, challenge.response(self._key)))

    def finalize(self, look: OrderLook, csr_pem: bytes) -> None:
        wish = messages.CertificateRequest(csr=x509.load_pem_x509_csr(csr_pem))
        self._call(lambda: self._post(look.finalize, wish), order=True)

    def download(self, look: OrderLook) -> str:
        """The certificate and its issuers in PEM."""
        return self._call(lambda: str(self._post(look.certificate, None).text))

    def close(self) -> None:
        self._net.close()

    def _post(self, url: str, wish: Any) -> Any:
        return self._net.post(url, wish, new_nonce_url=self._directory["newNonce"])

    def _call(self, call: Callable[[], T], *, order: bool = False) -> T:
        with self._translated(order=order):
            return call()

    @contextmanager
    def _translated(self, *, order: bool) -> Iterator[None]:
        try:
            yield
        except DomainError:
            raise
        except messages.Error as why:
            raise self._refusal(why, order=order) from why
        except TRANSPORT_ERRORS as why:
            raise AcmeError(
                "acme_unavailable", f"The authority does not answer: {_short(why)}. It is tried again.", permanent=False
            ) from why
        except (errors.Error, JoseError, KeyError, ValueError) as why:
            raise AcmeError(
                "acme_answer_invalid",
                f"{self._directory_url} does not answer as an ACME directory ({_short(why)}). "
                "Check SERVERSCTL_ACME_DIRECTORY.",
                permanent=False,
            ) from why

    def _refusal(self, why: messages.Error, *, order: bool) -> AcmeError:
        said, code = _said(why), why.code or ""
        if code == "rateLimited":
            wait = _wait_sec(self._net.adapter.retry_after)
            return AcmeHold(f"The authority limits how often it is asked: {said}", wait)
        if code == "accountDoesNotExist":
            return AccountGone(f"The authority does not know our account: {said}")
        if order and code in {"malformed", "unauthorized", ""}:
            return OrderGone(f"The authority does not know the order: {said}")
        ours, fix, permanent = REFUSALS.get(code, ("acme_refused", "", False))
        return AcmeError(ours, f"The authority refuses: {said}. {fix}".strip(), permanent=permanent)


def _wait_sec(text: str | None) -> float:
    """Retry-After as seconds, bounded; an hour when the authority names none."""
    if not text:
        return HOLD_DEFAULT_SEC
    try:
        wait = float(text)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return HOLD_DEFAULT_SEC
    return min(max(wait, 1.0), HOLD_MAX_SEC)


def _said(why: messages.Error) -> str:
    """The authority's own words, with those about single names."""
    parts = [str(why.detail or why.title or why.typ)]
    for inner in why.subproblems or ():
        whose = f"{inner.identifier.value}: " if inner.identifier else ""
        parts.append(f"{whose}{inner.detail or inner.title or inner.typ}")
    return " ".join("; ".join(parts).split())[:500]


def _text(status: Any) -> str:
    return str(status.to_partial_json()) if status is not None else ""


def _short(why: Exception) -> str:
    return (str(why) or type(why).__name__).strip().rstrip(".")[:200]
