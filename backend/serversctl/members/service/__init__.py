"""What other rooms and the edges may ask of members."""

from .directory import touch_directory
from .enrolling import Enrolled, create_member
from .keeping import delete_member, get_member, update_member
from .listing import dashed, list_members, rows_of_pool, search_members
from .proving import Proven, authenticate
from .rotating import pending_secret, promote_secret, rotate_secret

__all__ = [
    "Enrolled",
    "Proven",
    "authenticate",
    "create_member",
    "dashed",
    "delete_member",
    "get_member",
    "list_members",
    "pending_secret",
    "promote_secret",
    "rotate_secret",
    "rows_of_pool",
    "search_members",
    "touch_directory",
    "update_member",
]
