"""The use cases of configurations. Each takes a Session; the edge opens and commits it."""

from .applying import begin_apply, settle_apply
from .checking import order_check, record_check
from .looking import adopt, found_of, order_look, record_look
from .versions import current_of, difference_of, draft, files_of, find, member_row, page

__all__ = [
    "adopt",
    "begin_apply",
    "current_of",
    "difference_of",
    "draft",
    "files_of",
    "find",
    "found_of",
    "member_row",
    "order_check",
    "order_look",
    "page",
    "record_check",
    "record_look",
    "settle_apply",
]
