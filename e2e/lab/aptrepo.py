"""A flat package repository on the lab's network, so that hosts run the real apt without an uplink."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from .network import Station
from .shell import LabError, run, wait_until


class AptRepository:
    """Serves `packages` of this machine's release from a station. For hosts with tree "/".

    The packages alone are served: what they need must be in the tree, which holds for those that this machine has.
    """

    def __init__(self, station: Station, folder: Path, *, packages: Sequence[str], port: int = 8081) -> None:
        self.station, self.folder, self.port = station, folder, port
        self.packages = tuple(packages)
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.station.address}:{self.port}/"

    def build(self) -> None:
        """Fetch the packages with the machine's apt and write the index."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fetch = ["sh", "-c", 'cd "$1" && shift && exec apt-get -q download "$@"', "sh"]
        run(*fetch, self.folder, *self.packages, timeout_sec=300)
        index = ["sh", "-c", 'cd "$1" && exec dpkg-scanpackages --multiversion . 2>/dev/null', "sh"]
        listing = run(*index, self.folder)
        missing = [name for name in self.packages if f"Package: {name}\n" not in listing]
        if missing:
            raise LabError(f"apt gave no package for {missing}: run apt-get update.")
        (self.folder / "Packages").write_text(listing)

    def __enter__(self) -> Self:
        self.build()
        argv = [sys.executable, "-m", "http.server", str(self.port), "--bind", self.station.address]
        self._server = self.station.popen([*argv, "--directory", str(self.folder)])
        probe = ("curl", "-sf", "-o", "/dev/null", "--noproxy", "*", f"{self.url}Packages")
        try:
            wait_until(lambda: self._answers(probe), timeout_sec=10, what="the package repository answers")
        except LabError:
            self.__exit__()
            raise
        return self

    def _answers(self, probe: Sequence[str]) -> bool:
        with suppress(LabError):
            self.station.run(*probe)
            return True
        return False

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)
            self._server = None
