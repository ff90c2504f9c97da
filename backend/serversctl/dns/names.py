"""Names and labels: RFC 1035 lengths, RFC 5891 letters, always lower case and without a trailing dot."""

from __future__ import annotations

import idna

from ..kernel.errors import Invalid

APEX = "@"
LABEL_MAX, NAME_MAX = 63, 253


def clean_zone(text: str) -> str:
    """A zone name in punycode. Raises Invalid."""
    name = _ascii(text, "zone")
    if "." not in name:
        raise _bad("zone", "Use the whole zone, for example example.com.")
    return name


def clean_label(text: str) -> str:
    """A label below the zone (`lb`, `lb.eu`), or `@` for the zone itself. Raises Invalid."""
    if text.strip() in {APEX, ""}:
        return APEX
    return _ascii(text, "label")


def fqdn(label: str, zone: str) -> str:
    """`lb` and `example.com` make `lb.example.com`. Raises Invalid when the whole is longer than 253."""
    name = zone if label == APEX else f"{label}.{zone}"
    if len(name) > NAME_MAX:
        raise _bad("label", f"{name[:40]}… has {len(name)} characters; a name has at most {NAME_MAX}.")
    return name


def _ascii(text: str, field: str) -> str:
    if not isinstance(text, str) or text != text.strip() or not text:
        raise _bad(field, "Use a name without blanks.")
    labels = []
    for label in text.rstrip(".").split("."):
        labels.append(_label(label, field))
    name = ".".join(labels)
    if len(name) > NAME_MAX:
        raise _bad(field, f"A name has at most {NAME_MAX} characters.")
    return name


def _label(label: str, field: str) -> str:
    if not label:
        raise _bad(field, "There are two dots in a row, or a dot at the start.")
    if len(label) > 4 * LABEL_MAX:
        raise _bad(field, f"A part between dots has at most {LABEL_MAX} characters.")
    lowered = label.lower()
    if lowered.isascii():
        if len(lowered) > LABEL_MAX:
            raise _bad(field, f"A part between dots has at most {LABEL_MAX} characters.")
        if lowered.startswith("-") or lowered.endswith("-") or not lowered.replace("-", "a").isalnum():
            raise _bad(field, f"{label[:20]!r}: use letters, digits and inner hyphens.")
        return lowered
    try:
        return idna.encode(lowered, uts46=True).decode("ascii")
    except idna.IDNAError as why:
        raise _bad(field, f"{label[:20]!r} is not a name that DNS can carry: {why}.") from why


def _bad(field: str, sentence: str) -> Invalid:
    return Invalid("dns_name_invalid", sentence, errors={field: [sentence]})
