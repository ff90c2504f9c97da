"""Log lines: planted secrets are found nowhere, a member's text stays text, requests are named."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
from serversctl.kernel import logging as log_lines

SECRET48 = "0123456789abcdef" * 3
PLANTED = [
    (f"Authorization: Bearer {SECRET48}", SECRET48),
    (f"agent says {SECRET48} is mine", SECRET48),
    (f"token {SECRET48.upper()}", SECRET48.upper()),
    ("made sctl_k3y1d_s3cr3tpart-x for ci", "s3cr3tpart"),
    ("password=hunter22 in the form", "hunter22"),
    ('{"password": "hunter 22", "a": 1}', "hunter 22"),
    ("{'apiToken': 'cf-1234567890'}", "cf-1234567890"),
    ("SERVERSCTL_SECRET_KEY=aabbccddeeff", "aabbccddeeff"),
    ("smtp://mailer:pa55w0rd@mail.example.com:587", "pa55w0rd"),
    ("Cookie: __Host-session=opaque1234", "opaque1234"),
    ("X-Api-Key: k-998877", "k-998877"),
    ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----", "MHcCAQEE"),
]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.parametrize("json_lines", [False, True])
@pytest.mark.parametrize(("text", "secret"), PLANTED)
def test_a_planted_secret_is_not_in_the_line(stream: io.StringIO, json_lines: bool, text: str, secret: str) -> None:
    log_lines.configure("web", json_lines=json_lines, stream=stream)
    logging.getLogger("serversctl.x").warning("saw %s", text)
    assert "saw" in stream.getvalue()
    assert secret not in stream.getvalue()
    assert log_lines.HIDDEN in stream.getvalue()


@pytest.mark.parametrize("json_lines", [False, True])
def test_a_planted_secret_is_not_in_a_traceback(stream: io.StringIO, json_lines: bool) -> None:
    log_lines.configure("web", json_lines=json_lines, stream=stream)
    try:
        raise ValueError(f"bad secret {SECRET48}")
    except ValueError:
        logging.getLogger("serversctl.x").exception("it broke")
    assert "ValueError" in stream.getvalue()
    assert SECRET48 not in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "sha256 " + "ab" * 32,
        "member 6f9619ff-8b86-d011-b42d-00c04fc964ff is stale",
        "https://api.example.com/v1 answered 502",
        "the token is expired",
    ],
)
def test_plain_text_is_left_alone(text: str) -> None:
    assert log_lines.redact(text) == text


def test_control_characters_cannot_forge_a_line_or_colour_the_terminal(stream: io.StringIO) -> None:
    log_lines.configure("web", stream=stream)
    logging.getLogger("serversctl.x").warning("host %s", "a\n12:00:00 error fake\x1b[31m\x9b2J")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()
    assert "\x9b" not in stream.getvalue()


def test_json_lines_carry_role_level_and_request(stream: io.StringIO) -> None:
    log_lines.configure("monitor", json_lines=True, stream=stream)
    mark = log_lines.request_id.set("req-1")
    logging.getLogger("serversctl.dns").error("no answer")
    log_lines.request_id.reset(mark)
    line = json.loads(stream.getvalue())
    assert (line["role"], line["level"], line["requestId"], line["message"]) == (
        "monitor",
        "error",
        "req-1",
        "no answer",
    )


def test_redaction_is_quick_on_hostile_input() -> None:
    """In a process of its own: a regular expression that runs away cannot be stopped in this one."""
    code = (
        "from serversctl.kernel.logging import redact\n"
        "for part in ('token', 'token-', 'a:', '://', '://a:', '-----BEGIN PRIVATE KEY-----', 'bearer ', 'a', ' '):\n"
        "    redact(part * 50000)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=10)
