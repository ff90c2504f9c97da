"""Hosts with a real systemd, a switch between them, and every fault that a pool may meet. See `lab.Lab`."""

from .available import available
from .hosts import Host, HostSpec
from .lab import Lab, sweep_dead
from .shell import LabError, wait_until

__all__ = ["Host", "HostSpec", "Lab", "LabError", "available", "sweep_dead", "wait_until"]
