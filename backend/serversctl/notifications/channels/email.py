"""E-mail through the installation's SMTP server: text and HTML, one Message-ID for every attempt."""

from __future__ import annotations

import html
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from ..addresses import check_recipients
from ..ports import DeliveryFailed, Message, Parcel, Tools, channel, option

TIMEOUT_SEC = 15
COLOURS = {"info": "#2563eb", "warning": "#b45309", "critical": "#b91c1c"}


@dataclass(frozen=True, slots=True)
class Config:
    """Who gets the mail."""

    recipients: tuple[str, ...] = option(
        "Recipients", "Team inboxes; empty: the account owner", default=(), check=check_recipients
    )


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes out, from SERVERSCTL_SMTP_URL."""

    host: str
    port: int
    username: str
    password: str
    sender: str
    implicit_tls: bool
    starttls: bool


def read_smtp_url(url: str) -> Server:
    """smtp://user:password@host:587?from=…&starttls=1, or smtps:// for TLS from the first byte.

    STARTTLS is used when asked for, and always before a password is sent.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise DeliveryFailed("SERVERSCTL_SMTP_URL is not of the form smtp://host:port?from=…", permanent=True)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    implicit = parts.scheme == "smtps"
    username = unquote(parts.username or "")
    sender = query.get("from") or (username if "@" in username else f"serversctl@{parts.hostname}")
    return Server(
        host=parts.hostname,
        port=parts.port or (465 if implicit else 587),
        username=username,
        password=unquote(parts.password or ""),
        sender=sender,
        implicit_tls=implicit,
        starttls=not implicit and (query.get("starttls", "") in {"1", "true"} or bool(username)),
    )


@channel
class Email:
    """One mail for each recipient, so that none learns of the others."""

    kind: ClassVar[str] = "email"
    title: ClassVar[str] = "E-mail"
    config_class: ClassVar[type[Any]] = Config

    def __init__(self, config: Config, tools: Tools) -> None:
        self._config = config
        self._settings = tools.settings
        self._now = tools.now

    def send(self, parcel: Parcel) -> None:
        if not self._settings.smtp_url:
            raise DeliveryFailed(
                "E-mail is off: set SERVERSCTL_SMTP_URL, for example smtp://mail.example.com:587", permanent=True
            )
        server = read_smtp_url(self._settings.smtp_url)
        recipients = self._config.recipients or ((parcel.account_email,) if parcel.account_email else ())
        if not recipients:
            raise DeliveryFailed("Nobody to write to: add recipients to the channel.", permanent=True)
        try:
            mails = [self._mail(parcel, server, to) for to in recipients]
            with self._connect(server) as connection:
                self._hand_over(connection, mails)
        except (smtplib.SMTPException, OSError) as why:
            raise DeliveryFailed(_reason(server, why), permanent=_is_permanent(why)) from why
        except (MessageError, ValueError) as why:
            raise DeliveryFailed(f"The mail cannot be written: {why}", permanent=True) from why

    def _connect(self, server: Server) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._settings.outbound_ca_file:
            context.load_verify_locations(self._settings.outbound_ca_file)
        connection: smtplib.SMTP
        if server.implicit_tls:
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SEC, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SEC)
        try:
            if server.starttls:
                connection.starttls(context=context)
            if server.username:
                connection.login(server.username, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _hand_over(self, connection: smtplib.SMTP, mails: list[EmailMessage]) -> None:
        refused: list[str] = []
        for mail in mails:
            try:
                connection.send_message(mail)
            except smtplib.SMTPRecipientsRefused as why:
                code = next(iter(why.recipients.values()))[0]
                if code < 500:
                    raise
                refused.append(str(mail["To"]))
        # One wrong inbox must not send the others the same mail again and again.
        if len(refused) == len(mails):
            raise DeliveryFailed(f"The mail server takes no mail for {', '.join(refused)}.", permanent=True)

    def _mail(self, parcel: Parcel, server: Server, to: str) -> EmailMessage:
        message = parcel.message
        mail = EmailMessage()
        mail["Subject"] = f"[{self._settings.brand}] {_one_line(message.subject)}"[:200]
        mail["From"] = Address(self._settings.brand, addr_spec=server.sender)
        mail["To"] = to
        mail["Date"] = formatdate(self._now(), usegmt=True)
        mail["Message-ID"] = message_id(parcel.dedupe_id, to, server.sender)
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-ServersCTL-Kind"] = _one_line(message.kind)
        mail.set_content("\n".join([*message.lines, *(["", message.link] if message.link else [])]) + "\n")
        mail.add_alternative(html_of(message, self._settings.brand), subtype="html")
        return mail


def message_id(dedupe_id: str, to: str, sender: str) -> str:
    """The same for every attempt: a mailbox that got the mail twice shows it once."""
    return f"<{sha256(f'{dedupe_id} {to}'.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"


def html_of(message: Message, brand: str) -> str:
    """The message as HTML; every word of it is escaped."""
    lines = "".join(f"<p style='margin:0 0 8px'>{html.escape(line) or '&nbsp;'}</p>" for line in message.lines)
    link = html.escape(message.link, quote=True)
    button = f'<p><a href="{link}">{link}</a></p>' if message.link.startswith("https://") else ""
    colour = COLOURS.get(message.severity, COLOURS["info"])
    return (
        "<!doctype html><html><body style='font:15px/1.5 sans-serif;color:#111'>"
        f"<h1 style='font-size:18px;border-left:4px solid {colour};padding-left:10px'>{html.escape(message.subject)}</h1>"
        f"{lines}{button}<p style='color:#666;font-size:12px'>{html.escape(brand)}</p></body></html>"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _is_permanent(why: Exception) -> bool:
    if isinstance(why, smtplib.SMTPAuthenticationError | smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError):
        return False  # an operator repairs these while the mail waits
    if isinstance(why, smtplib.SMTPResponseException):
        return 500 <= why.smtp_code < 600
    return False


def _reason(server: Server, why: Exception) -> str:
    if isinstance(why, smtplib.SMTPResponseException):
        said = why.smtp_error.decode("utf-8", "replace") if isinstance(why.smtp_error, bytes) else str(why.smtp_error)
        return f"{server.host}:{server.port} answered {why.smtp_code} {said}"[:500]
    return f"{server.host}:{server.port}: {type(why).__name__}: {why}"[:500]
