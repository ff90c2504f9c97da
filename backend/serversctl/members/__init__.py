"""A member: one enrolled VM, its secret and the addresses that it may speak from."""
