"""Real servers for tests, each one a child process of the test run: started, awaited, stopped, nothing left.

    with PowerDns.start(zone="example.net") as dns: ...

Every starter takes `within`, a way to enter another network namespace for the moment of a call; the lab passes
its own, so that the same servers run beside its hosts.
"""

from .bind import Bind
from .haproxy import HaProxy
from .pebble import Pebble
from .postgres import Postgres
from .powerdns import PowerDns
from .process import MissingPackage, ServerFailed
from .redis import Redis
from .smtp import Smtp

__all__ = ["Bind", "HaProxy", "MissingPackage", "Pebble", "Postgres", "PowerDns", "Redis", "ServerFailed", "Smtp"]
