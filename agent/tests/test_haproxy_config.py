"""HAProxy's configuration as a whole, with a real HAProxy and clients that never stop asking."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types

import pytest
from support.form import agent

PROGRAM = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="HAProxy is not installed: apt-get install haproxy")
MAIN = """global
    stats socket {root}/admin.sock mode 600 level admin expose-fd listeners
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string "{page}"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Edge:
    """A root folder with HAProxy on it, and what a command gets as its context."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.config = types.SimpleNamespace(state_dir=root + "/var/lib/balctl")
        self.port = free_port()
        self.said: list[str] = []
        self.given: dict[str, bytes] = {}
        self.outputs: dict[str, bytes] = {}
        os.makedirs(root + "/etc/haproxy/conf.d")
        os.makedirs(root + "/run")
        os.makedirs(root + root)
        os.symlink(root + "/admin.sock", root + root + "/admin.sock")
        self.write("/etc/haproxy/haproxy.cfg", self.main())
        self.write("/etc/haproxy/conf.d/10-app.cfg", "backend app\n    server s1 127.0.0.1:9\n")
        main, folder = root + "/etc/haproxy/haproxy.cfg", root + "/etc/haproxy/conf.d"
        self.process = subprocess.Popen(
            [PROGRAM or "", "-W", "-db", "-f", main, "-f", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        self.write("/run/haproxy.pid", f"{self.process.pid}\n")
        end = time.monotonic() + 10
        while not self.page():
            assert time.monotonic() < end, "HAProxy did not start"
            time.sleep(0.05)

    def main(self, page: str = "one", more: str = "") -> str:
        return MAIN.format(root=self.root, port=self.port, page=page) + more

    def write(self, path: str, text: str) -> None:
        with open(self.root + path, "w") as out:
            out.write(text)

    def page(self) -> str:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            link.request("GET", "/")
            return link.getresponse().read().decode()
        except OSError:
            return ""
        finally:
            link.close()

    # What a command may use, see JobContext.
    def input(self, name: str) -> bytes:
        return self.given[name]

    def output(self, name: str, data: bytes) -> None:
        self.outputs[name] = data

    def say(self, text: str) -> None:
        self.said.append(text)

    def step(self, text: str, percent: int | None = None) -> None:
        self.said.append(text)

    def event(self, value: object) -> None:
        pass

    def run(self, argv, timeout_sec=60.0):  # type: ignore[no-untyped-def]
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return agent.Outcome(done.returncode, done.stdout)

    def live(self) -> dict[str, str]:
        return {str(row["path"]): str(row["text"]) for row in agent.read_set(self)["files"]}

    def candidate(self, **changed: str | None) -> None:
        """The live files with some changed: `main="…"`, `app=None` removes conf.d/10-app.cfg."""
        names = {
            "main": "/etc/haproxy/haproxy.cfg",
            "app": "/etc/haproxy/conf.d/10-app.cfg",
            "new": "/etc/haproxy/conf.d/20-new.cfg",
        }
        files = self.live()
        for name, text in changed.items():
            files[names[name]] = text or ""
            if text is None:
                del files[names[name]]
        self.offer(files)

    def offer(self, files: dict[str, str]) -> None:
        rows = [{"path": path, "text": text} for path, text in files.items()]
        self.given["config"] = json.dumps({"files": rows}).encode()

    def apply(self, fingerprint: str = "", watch_sec: int = 1) -> dict[str, object]:
        found: dict[str, object] = agent.run_config_apply(self, {"fingerprint": fingerprint, "watchSec": watch_sec})
        return found

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)  # of a session of its own: master and workers
        self.process.wait(10)


@pytest.fixture
def edge():
    with tempfile.TemporaryDirectory(prefix="hc-") as root:  # short: a UNIX socket's path has 108 bytes
        made = Edge(root)
        yield made
        made.close()


class Crowd:
    """Clients that ask without a pause; `failed` counts the requests that got no page."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._stop = threading.Event()
        self.asked = self.failed = 0
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def _ask(self) -> None:
        while not self._stop.is_set():
            self.asked += 1
            self.failed += not self._edge.page()

    def __enter__(self) -> Crowd:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)


def test_the_whole_configuration_is_read_with_its_fingerprint(edge):
    found = agent.run_config_read(edge, {})
    sent = json.loads(edge.outputs["config"])
    assert [row["path"] for row in sent["files"]] == ["/etc/haproxy/haproxy.cfg", "/etc/haproxy/conf.d/10-app.cfg"]
    assert sent["files"][0]["text"] == edge.main()
    assert (
        found["fingerprint"]
        == sent["fingerprint"]
        == agent.config_fingerprint(edge.root, agent.config_files(edge.root, agent.config_arguments(edge.root)))
    )


def test_a_good_change_is_served_without_a_failed_request(edge):
    edge.candidate(main=edge.main("two"), new="backend other\n    server s1 127.0.0.1:9\n", app=None)
    with Crowd(edge) as crowd:
        found = edge.apply(watch_sec=2)
    assert (found["changed"], edge.page(), crowd.failed) == (True, "two", 0)
    assert crowd.asked > 20
    assert sorted(os.listdir(edge.root + "/etc/haproxy/conf.d")) == ["20-new.cfg"]
    assert found["fingerprint"] == agent.read_set(edge)["fingerprint"]
    assert os.listdir(edge.config.state_dir + "/haproxy-swap") == []


def test_the_same_again_changes_nothing(edge):
    edge.candidate()
    assert edge.apply()["changed"] is False


def test_an_edit_on_top_of_something_else_is_refused(edge):
    edge.candidate(main=edge.main("two"))
    with pytest.raises(agent.StepFailed, match="not the one that was edited"):
        edge.apply(fingerprint="0" * 64)
    assert edge.page() == "one"


BROKEN = {
    "unknown keyword": "frontend f\n    bogus on\n", "no port": "frontend f\n    bind 127.0.0.1\n    default_backend app\n",
    "missing backend": "frontend f\n    bind 127.0.0.1:1\n    default_backend nowhere\n",
    "missing certificate": "frontend f\n    bind 127.0.0.1:1 ssl crt /nonexistent.pem\n",
    "bad acl": "frontend f\n    bind 127.0.0.1:1\n    acl x path_beg\n    http-request deny if y\n",
    "unbalanced quote": "frontend f\n    bind 127.0.0.1:1\n    http-request set-header X \"y\n",
    "double name": "backend app\n    server s1 127.0.0.1:1\n    server s1 127.0.0.1:2\n",
    "bad time": "backend t\n    timeout server soon\n", "bad network": "frontend f\n    bind 127.0.0.1:1\n    acl x src 999.1.1.1\n    http-request deny if x\n",
    "unknown section": "froontend x\n    bind :1\n", "bad balance": "backend t\n    balance magic\n",
    "bad mode": "backend t\n    mode smtp9\n", "bad server": "backend t\n    server s1 256.1.1.1:80x\n",
    "bad option": "backend t\n    option nothing-of-this\n", "bad rule": "backend t\n    http-request explode\n",
    "bad stick": "backend t\n    stick-table type wood size 1k\n", "bad resolver": "backend t\n    server s a.example:80 resolvers none\n",
    "bad check": "backend t\n    option httpchk\n    http-check wish 200\n", "bad errorfile": "backend t\n    errorfile 503 /nonexistent\n",
    "bad map": "frontend f\n    bind 127.0.0.1:1\n    use_backend %[path,map(/nonexistent)]\n",
}  # fmt: skip


def test_twenty_broken_configurations_cost_no_request_and_no_byte(edge):
    before = edge.live()
    assert len(BROKEN) == 20
    with Crowd(edge) as crowd:
        for name, text in BROKEN.items():
            edge.candidate(new=text)
            with pytest.raises(agent.StepFailed, match="not valid") as refused:
                edge.apply()
            assert edge.root not in str(refused.value), name  # the words speak of the live files
    assert crowd.failed == 0
    assert crowd.asked > 20
    assert edge.live() == before


def test_a_configuration_that_is_valid_but_cannot_start_is_taken_back(edge):
    edge.candidate(main=edge.main("two"), new="frontend f\n    bind unix@/nonexistent/x.sock\n    http-request deny\n")
    before = edge.live()
    with Crowd(edge) as crowd, pytest.raises(agent.StepFailed, match=r"could not start.*old configuration is back"):
        edge.apply()
    assert (edge.live(), crowd.failed, edge.page()) == (before, 0, "one")
    edge.candidate(main=edge.main("two"))
    assert (edge.apply()["changed"], edge.page()) == (True, "two")


def test_an_address_that_somebody_else_holds_is_refused_before_haproxy_lets_go_of_its_own(edge):
    before = edge.live()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        edge.candidate(new=f"frontend f\n    bind 127.0.0.1:{port}\n    http-request deny\n")
        with Crowd(edge) as crowd, pytest.raises(agent.StepFailed, match=f"127.0.0.1:{port} is in use"):
            edge.apply()
    assert (edge.live(), crowd.failed) == (before, 0)


def test_a_backend_that_goes_down_by_the_change_takes_it_back(edge):
    good = free_port()
    with socket.create_server(("127.0.0.1", good)):
        edge.candidate(app=f"backend app\n    server s1 127.0.0.1:{good} check inter 200 rise 1 fall 1\n")
        edge.apply(watch_sec=2)
        edge.candidate(app=f"backend app\n    server s1 127.0.0.1:{free_port()} check inter 200 rise 1 fall 1\n")
        with pytest.raises(agent.StepFailed, match="are down 2 s after the change: app"):
            edge.apply(watch_sec=2)
        assert str(good) in edge.live()["/etc/haproxy/conf.d/10-app.cfg"]


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/etc/haproxy/conf.d/../x.cfg", "/etc/haproxy/conf.d/x", "/etc/haproxy/conf.d/.x.cfg",
     "/etc/haproxy/conf.d/a/b.cfg", "x.cfg", "/etc/haproxy/conf.d/-x.cfg", "/etc/haproxy/conf.d/a b.cfg"],
)  # fmt: skip
def test_files_that_haproxy_does_not_read_are_not_written(edge, path):
    edge.offer({**edge.live(), path: "backend b\n"})
    with pytest.raises(agent.StepFailed, match="HAProxy does not read"):
        edge.apply()


def test_a_candidate_without_the_main_file_is_refused(edge):
    edge.offer({"/etc/haproxy/conf.d/10-app.cfg": "backend app\n"})
    with pytest.raises(agent.StepFailed, match="not in the candidate"):
        edge.apply()


def test_a_check_names_file_and_line_and_touches_nothing(edge):
    before = edge.live()
    edge.candidate(new="backend b\n    bogus on\n")
    found = agent.run_config_check(edge, {})
    alert = next(row for row in found["messages"] if row.get("line"))
    assert found["valid"] is False
    assert (alert["path"], alert["line"], alert["level"]) == ("/etc/haproxy/conf.d/20-new.cfg", 2, "alert")
    assert "bogus" in alert["text"]
    assert edge.live() == before
    edge.candidate(main=edge.main("two"))
    assert agent.run_config_check(edge, {})["valid"] is True


KILLED = """
import sys
sys.path[:0] = {path!r}
from support.form import agent
from test_haproxy_config import Edge
edge = Edge.__new__(Edge)
edge.__dict__.update({state!r})
import types
edge.config = types.SimpleNamespace(state_dir=edge.root + "/var/lib/balctl")
edge.apply()
"""


@pytest.mark.parametrize("point", ["swap_journalled", "swap_half", "config_swapped", "config_watched"])
def test_a_power_cut_in_the_middle_is_undone_at_the_next_start(edge, point):
    before = edge.live()
    edge.candidate(main=edge.main("two"), new="backend other\n    server s1 127.0.0.1:9\n", app=None)
    state = {name: value for name, value in edge.__dict__.items() if name not in ("config", "process")}
    code = KILLED.format(path=[os.path.dirname(__file__), *sys.path], state=state)
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "BALCTL_FAILPOINT": point}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert agent.undo_unfinished_swap(edge.root, edge.config.state_dir) is True
    assert edge.live() == before
    assert agent.undo_unfinished_swap(edge.root, edge.config.state_dir) is False


def test_traffic_is_counted_over_some_seconds(edge):
    with Crowd(edge):
        found = agent.run_traffic_sample(edge, {"seconds": 1})
    assert found["requests"] > 10
    assert (found["errors5xx"], found["backendsDown"]) == (0, [])
