"""What other rooms and the edges may ask of heartbeats."""

from .accepting import Ordinary, accept
from .noticing import note_changes, note_first_contact, promote_secret
from .outages import all_members, lost_members, mark_lost, mark_recovered
from .probing import Probe, set_pace, set_probes

__all__ = [
    "Ordinary",
    "Probe",
    "accept",
    "all_members",
    "lost_members",
    "mark_lost",
    "mark_recovered",
    "note_changes",
    "note_first_contact",
    "promote_secret",
    "set_pace",
    "set_probes",
]
