"""Passwords: argon2id, a length rule, and no password that everybody tries first."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..kernel.errors import Invalid
from .rules import PASSWORD_MAX, PASSWORD_MIN

# OWASP's floor for argon2id (19 MiB, two passes, one lane): about 25 ms, small enough for eight at a time.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified against when the user is unknown, so that both answers take the same time.
NOBODY = HASHER.hash("a password that nobody has")

# The cores of the passwords that guessing programs try first. A password that is one of these, dressed up with
# digits and signs, is refused.
COMMON = frozenset(
    [
        "password",
        "passwort",
        "passw",
        "motdepasse",
        "contrasena",
        "qwerty",
        "qwertyuiop",
        "qwertz",
        "azerty",
        "asdfgh",
        "asdfghjkl",
        "zxcvbnm",
        "letmein",
        "letmeinplease",
        "welcome",
        "welcomeback",
        "admin",
        "administrator",
        "root",
        "toor",
        "superuser",
        "changeme",
        "changemenow",
        "changeit",
        "default",
        "secret",
        "topsecret",
        "iloveyou",
        "iloveyousomuch",
        "monkey",
        "dragon",
        "football",
        "baseball",
        "basketball",
        "superman",
        "batman",
        "starwars",
        "princess",
        "sunshine",
        "shadow",
        "master",
        "michael",
        "jennifer",
        "jordan",
        "trustno",
        "whatever",
        "computer",
        "internet",
        "server",
        "testtest",
        "testing",
        "test",
        "login",
        "hello",
        "helloworld",
        "freedom",
        "pokemon",
        "minecraft",
        "liverpool",
        "chelsea",
        "arsenal",
        "charlie",
        "abcdef",
        "abcdefgh",
        "abcdefghijkl",
        "qazwsx",
        "qazwsxedc",
        "onetwothree",
        "correcthorsebatterystaple",
        "serversctl",
        "balctl",
        "haproxy",
        "cloudflare",
        "summer",
        "winter",
        "spring",
        "autumn",
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "friday",
        "mustang",
        "killer",
        "hunter",
        "ranger",
        "thomas",
        "access",
        "flower",
        "cheese",
        "passphrase",
        "mypassword",
        "yourpassword",
        "thisisapassword",
    ]
)
LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    return HASHER.hash(_normal(password))


def matches(stored: str, password: str) -> bool:
    """Whether the password is right. An empty `stored` takes as long as a wrong password and says no."""
    try:
        return HASHER.verify(stored or NOBODY, _normal(password)) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(stored)


def check_new(password: str, email: str, field: str = "password") -> None:
    """Raises Invalid unless the password may be used."""
    text = _normal(password)
    complaint = None
    if len(text) < PASSWORD_MIN:
        complaint = f"Use at least {PASSWORD_MIN} characters; a few words in a row are easiest to remember."
    elif len(password) > PASSWORD_MAX:
        complaint = f"Use at most {PASSWORD_MAX} characters."
    elif is_common(text, email):
        complaint = "That is one of the first passwords that others would try: choose another."
    if complaint:
        raise Invalid("password_refused", complaint, errors={field: [complaint]})


def is_common(password: str, email: str) -> bool:
    low = password.lower()
    if len(set(low)) < 5 or _is_run(low):
        return True
    local = email.partition("@")[0]
    if low in {email, email.replace("@", "")} or (len(local) >= 4 and low.strip("0123456789!?.-_") == local):
        return True
    for form in (low, low.translate(LEET)):
        words = [word for word in re.split(r"[^a-z]+", form) if word]
        if any(map(_is_common_word, words)) and all(_is_common_word(word) or len(word) <= 2 for word in words):
            return True
    return False


def _is_common_word(word: str) -> bool:
    """A common word, or one written twice."""
    half = word[: len(word) // 2]
    return word in COMMON or (half * 2 == word and half in COMMON)


def _is_run(text: str) -> bool:
    """123456789012, abcdefghijkl and the like: each character one more or one less than the one before."""
    steps = {(ord(b) - ord(a)) % 10 if a.isdigit() and b.isdigit() else ord(b) - ord(a) for a, b in pairwise(text)}
    return len(steps) == 1
