"""Use cases of identity, a file each."""

from .accounts import change_account, change_role, create_user, invite, list_users, remove_user, set_plan
from .passwords import change_password, confirm_reset, open_mailed_token, request_reset
from .preferences import preferences_of, save_preferences
from .register import register, registration_state
from .sessions import close_session, list_sessions, resolve_session, touch_session
from .signin import SignedIn, check_password, open_session, step_up
from .tokens import create_token, list_tokens, mint_token, resolve_token, revoke_token, touch_token
from .totp import begin_totp, disable_totp, enable_totp, new_codes, spend_second_factor

__all__ = [
    "SignedIn",
    "begin_totp",
    "change_account",
    "change_password",
    "change_role",
    "check_password",
    "close_session",
    "confirm_reset",
    "create_token",
    "create_user",
    "disable_totp",
    "enable_totp",
    "invite",
    "list_sessions",
    "list_tokens",
    "list_users",
    "mint_token",
    "new_codes",
    "open_mailed_token",
    "open_session",
    "preferences_of",
    "register",
    "registration_state",
    "remove_user",
    "request_reset",
    "resolve_session",
    "resolve_token",
    "revoke_token",
    "save_preferences",
    "set_plan",
    "spend_second_factor",
    "step_up",
    "touch_session",
    "touch_token",
]
