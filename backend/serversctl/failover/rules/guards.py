"""The safety rules as switches, so that the simulation can prove that each one is needed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guards:
    """All on, always: only the simulation builds one with a guard taken out. No setting reaches this."""

    grace: bool = True  # R3
    canary: bool = True  # R1
    mass_guard: bool = True  # R4
    epoch_cas: bool = True  # R8
    cooldown: bool = True  # R10
    readiness: bool = True  # R7
    nonce: bool = True  # R2
    lock_delay: bool = True  # R8
    zero_refusal: bool = True  # R9


ALL = Guards()
