"""The use cases of backups. Each takes a Session; the edge opens and commits it."""

from .keeping import delete, due_for_removal, keep, look_at_objects, plan_row, remove, retain, why_kept
from .keys import key_of, newest_key, rotate_key
from .look import calendar, overview, page, to_prove
from .orphans import remove_orphans
from .planning import due_plans, order_plan, save_plan
from .taking import begin, manifest_key, newest_usable, record
from .using import (
    entries_page,
    entry_of,
    find,
    manifest_of,
    object_to_read,
    packs_of,
    params_to_read,
    record_proof,
    shown_text,
    usable,
)

__all__ = [
    "begin",
    "calendar",
    "delete",
    "due_for_removal",
    "due_plans",
    "entries_page",
    "entry_of",
    "find",
    "keep",
    "key_of",
    "look_at_objects",
    "manifest_key",
    "manifest_of",
    "newest_key",
    "newest_usable",
    "object_to_read",
    "order_plan",
    "overview",
    "packs_of",
    "page",
    "params_to_read",
    "plan_row",
    "record",
    "record_proof",
    "remove",
    "remove_orphans",
    "retain",
    "rotate_key",
    "save_plan",
    "shown_text",
    "to_prove",
    "usable",
    "why_kept",
]
