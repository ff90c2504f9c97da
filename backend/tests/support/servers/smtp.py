"""A mail server that keeps what it gets."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller

from .ports import free_port
from .process import HERE, ServerFailed, Within


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain", "html"))
        return "" if body is None else str(body.get_content())


class Smtp:
    """Takes mail until told to refuse. With `tls`, offers STARTTLS; `require_tls` takes nothing before it."""

    def __init__(self) -> None:
        self.address = "127.0.0.1"
        self.port = 0
        self._mails: list[Mail] = []
        self._news = threading.Condition()
        self._refusal: str | None = None
        self._controller: Controller | None = None

    @classmethod
    def start(
        cls,
        *,
        address: str = "127.0.0.1",
        port: int | None = None,
        tls: ssl.SSLContext | None = None,
        require_tls: bool = False,
        within: Within = HERE,
    ) -> Self:
        server = cls()
        server.address = address
        with within():  # the server's thread inherits the namespace of the thread that starts it
            server.port = port or free_port(address)
            options: dict[str, Any] = {"tls_context": tls, "require_starttls": require_tls, "ready_timeout": 10}
            server._controller = Controller(server, hostname=address, port=server.port, **options)
            try:
                server._controller.start()
            except (OSError, TimeoutError) as error:
                raise ServerFailed(f"The mail server did not start at {address}:{server.port}: {error}") from error
        return server

    @property
    def url(self) -> str:
        return f"smtp://{self.address}:{self.port}"

    @property
    def mails(self) -> tuple[Mail, ...]:
        with self._news:
            return tuple(self._mails)

    def wait_for(self, count: int, *, timeout_sec: float = 10) -> tuple[Mail, ...]:
        """The messages, as soon as there are `count`. Raises ServerFailed when they do not come in time."""
        with self._news:
            if not self._news.wait_for(lambda: len(self._mails) >= count, timeout_sec):
                raise ServerFailed(f"Wanted {count} mails within {timeout_sec} s, got {len(self._mails)}.")
            return tuple(self._mails)

    def refuse(self, answer: str | None) -> None:
        """Answer every message with this line from now on (`451 try later`, `550 no such user`); None takes again."""
        self._refusal = answer

    def clear(self) -> None:
        with self._news:
            self._mails.clear()

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        """Called by aiosmtpd with each message."""
        if self._refusal is not None:
            return self._refusal
        message = message_from_bytes(bytes(envelope.content), _class=EmailMessage, policy=policy.default)
        with self._news:
            self._mails.append(Mail(str(envelope.mail_from), tuple(envelope.rcpt_tos), message))
            self._news.notify_all()
        return "250 kept"

    def stop(self) -> None:
        controller, self._controller = self._controller, None
        if controller is not None:
            controller.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
