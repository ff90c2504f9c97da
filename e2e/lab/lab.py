"""A lab: a switch, a control station, and hosts with a real systemd each. Use as a context manager.

with Lab(hosts=3) as lab:
    lab.host("h1").crash()
    with lab.control.inside():
        ...  # sockets opened and programs started here live at the control station's address
"""

from __future__ import annotations

import os
import random
import re
import string
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from . import cgroup, state
from .available import available
from .hosts import BOOT_TIMEOUT_SEC, Host, HostSpec
from .network import Network
from .shell import LabError
from .state import HostRecord, LabRecord

ID_RULE = re.compile(r"[a-z][a-z0-9]{1,9}")


def new_lab_id() -> str:
    return "l" + "".join(random.choices(string.ascii_lowercase + string.digits, k=5))


class Lab:
    """Hosts are named h1, h2, …; each is `HostSpec()` unless told otherwise. `survives` lets the lab outlive its
    maker; without it the kernel ends the hosts with us, and the next lab sweeps what is left.
    """

    def __init__(
        self,
        lab_id: str | None = None,
        net: str | None = None,
        *,
        hosts: int | Sequence[HostSpec] = 3,
        survives: bool = False,
    ) -> None:
        self.lab_id = lab_id or new_lab_id()
        if not ID_RULE.fullmatch(self.lab_id):
            raise LabError(f"A lab's id is 2 to 10 lower case letters and digits, a letter first: not {lab_id!r}.")
        self.network = Network(self.lab_id, net)
        self._specs = [HostSpec()] * hosts if isinstance(hosts, int) else list(hosts)
        self._survives = survives
        self.folder = state.RUN / self.lab_id
        self.hosts: list[Host] = []
        self.record = LabRecord(self.lab_id, str(self.network.net))
        if not survives:
            self.record.owner_pid, self.record.owner_started = os.getpid(), state.started(os.getpid())

        self.control, self.names, self.world = self.network.stations
        self._is_up = False

    @classmethod
    def open(cls, lab_id: str) -> Self:
        """A lab that another process made."""
        record = state.load(lab_id)
        if record is None:
            raise LabError(f"There is no lab {lab_id!r} here. Labs: {[lab.lab_id for lab in state.every()] or 'none'}")
        lab = cls(lab_id, record.net, hosts=0, survives=record.owner_pid == 0)
        lab.record, lab._is_up = record, True
        lab.hosts = [lab._host(known) for known in record.hosts]
        return lab

    def host(self, name: str) -> Host:
        found = next((host for host in self.hosts if name in (host.name, host.hostname)), None)
        if found is None:
            raise LabError(f"There is no host {name!r} in lab {self.lab_id}: {[host.name for host in self.hosts]}")
        return found

    def up(self, *, boot: bool = True) -> None:
        """Make everything and boot all hosts together. On failure nothing is left."""
        if reason := available():
            raise LabError(f"No lab on this machine: {reason}")
        sweep_dead()
        with state.sweeping():
            if state.load(self.lab_id) is not None:
                raise LabError(f"Lab {self.lab_id} is up already: end it first, or choose another id.")
            self.record.hosts = [Host.record_for(number, spec) for number, spec in enumerate(self._specs, start=1)]
            self.record.save()
        self._is_up = True
        try:
            self.hosts = [self._host(known) for known in self.record.hosts]
            self.network.create()
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda host: host.create(self._hosts_file(host)), self.hosts))
            if boot:
                self.boot_all()
        except BaseException:
            self.destroy()
            raise

    def boot_all(self, timeout_sec: float = BOOT_TIMEOUT_SEC) -> None:
        for host in self.hosts:
            host.start()
        for host in self.hosts:
            host.await_running(timeout_sec)

    def destroy(self) -> None:
        """Leave nothing: not a process, mount, namespace, cable, control group or file. Goes on past what fails, and
        raises at the end; a second call tries again.
        """
        if not self._is_up:
            return
        failures = [failure for host in self.hosts if (failure := _tried(host.destroy))]
        failures += [failure for step in (self.network.destroy, self._remove_rest) if (failure := _tried(step))]
        if failures:
            raise LabError(f"Lab {self.lab_id} could not be removed wholly: " + "; ".join(failures))
        self._is_up = False

    def _remove_rest(self) -> None:
        cgroup.remove(self.lab_id)
        with state.sweeping():
            state.remove_folders(self.lab_id)

    def _host(self, record: HostRecord) -> Host:
        return Host(self.network, self.folder, record, survives=self._survives)

    def _hosts_file(self, mine: Host) -> str:
        lines = ["127.0.0.1 localhost", f"{self.control.address} control", f"{self.names.address} names"]
        for host in sorted(self.hosts, key=lambda host: host is not mine):
            lines.append(" ".join(dict.fromkeys([host.address, host.hostname, host.name])))
        return "\n".join(lines) + "\n"

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.destroy()


def sweep_dead() -> list[str]:
    """Remove what labs left whose owner ended without removing them; their ids. What cannot be removed is warned of,
    and tried again by the next run: it must not stand in the way of a new lab.
    """
    swept = []
    with state.sweeping():
        dead = [record for record in state.every() if record.owner_is_dead()]
        for record in dead:  # claimed: whoever comes next does not see them as dead
            record.owner_pid, record.owner_started = os.getpid(), state.started(os.getpid())
            record.save()
    for record in dead:
        if failure := _tried(Lab.open(record.lab_id).destroy):
            warnings.warn(failure, stacklevel=2)
        else:
            swept.append(record.lab_id)
    return swept


def _tried(step: Callable[[], None]) -> str:
    try:
        step()
    except (LabError, OSError) as error:
        return str(error)
    return ""
