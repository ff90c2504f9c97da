"""The routes of identity, a file for each subject; the app takes the blueprint from here."""

from . import account, audit, browsers, password, preferences, signing_in, tokens, totp
from .blueprint import blp

__all__ = ["account", "audit", "blp", "browsers", "password", "preferences", "signing_in", "tokens", "totp"]
