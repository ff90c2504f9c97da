"""Text that came from elsewhere, made safe to print and to send."""

import re

# CSI, OSC and two-character escapes, then every control character but newline and tab.
ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


def clean_text(text: str) -> str:
    """Without terminal escapes and control characters; a carriage return becomes a new line."""
    return ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean_line(text: object, limit: int = 500) -> str:
    """One printable line of at most `limit` characters."""
    return " ".join(clean_text(str(text)[: limit * 4]).split())[:limit]
