"""What a pool may be called and what it is for."""

from __future__ import annotations

from ..kernel.errors import Invalid


def clean_name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 80 or not name.isprintable():
        sentence = "Use 1 to 80 printable characters."
        raise Invalid("name_invalid", sentence, errors={"name": [sentence]})
    return name
