"""What several HAProxy commands share: check a configuration, replace it safely, reload, ask the runtime socket."""

from __future__ import annotations

import os
import signal
import time

from .errors import StepFailed
from .files import read_text, remove_quietly, under, write_beside
from .haproxy_config import ConfigFacts, config_arguments, config_files, running_pid
from .haproxy_socket import FORCED_DRAIN, FORCED_MAINT, admin_states, ask_haproxy, server_states, stat_rows
from .jobchild import JobContext
from .procs import find_program

RUNTIME_SEC = 5.0
UNIT = "haproxy.service"


def has_systemd(root: str) -> bool:
    return os.path.isdir(under(root, "/run/systemd/system")) and find_program("systemctl") is not None


def current_config(context: JobContext) -> tuple[list[str], ConfigFacts]:
    """The `-f` arguments and what the files say."""
    arguments = config_arguments(context.root)
    files = config_files(context.root, arguments)
    if not files:
        raise StepFailed(
            f"{arguments[0]} is missing. Install HAProxy with haproxy.provision, or restore its configuration."
        )
    return arguments, ConfigFacts("\n".join(read_text(under(context.root, path), 16 << 20) for path in files))


def check_config(context: JobContext, arguments: list[str], candidate: tuple[str, str] | None = None) -> None:
    """`haproxy -c` over all files; `candidate` puts a new file in the place of one argument. StepFailed with the alerts."""
    program = find_program("haproxy")
    if program is None:
        raise StepFailed("the haproxy program is missing: run haproxy.provision")
    argv = [program, "-c"]
    for argument in arguments:
        argv += ["-f", candidate[1] if candidate and candidate[0] == argument else under(context.root, argument)]
    done = context.run(argv, 60.0)
    if not done.ok:
        alerts = [line.strip() for line in done.output.splitlines() if "[ALERT]" in line or "error" in line.lower()]
        raise StepFailed(
            f"the configuration is not valid: {' / '.join(alerts[:3]) or done.reason or done.output[-300:]}"
        )


def replace_config(context: JobContext, path: str, text: str, arguments: list[str]) -> None:
    """Validate a candidate beside the live file, rename over it, reload; the old file comes back when the reload fails."""
    live = under(context.root, path)
    old = read_text(live, 16 << 20)
    known = os.stat(live)
    candidate = write_beside(live, text.encode(), known.st_mode & 0o777)
    try:
        os.chown(candidate, known.st_uid, known.st_gid)
        context.step("Check the new configuration")
        check_config(context, arguments, (path, candidate))
        os.replace(candidate, live)
    finally:
        remove_quietly(candidate)
    try:
        context.step("Reload HAProxy")
        reload_haproxy(context)
    except StepFailed:
        context.say("the reload failed: putting the old configuration back")
        back = write_beside(live, old.encode(), known.st_mode & 0o777)
        os.chown(back, known.st_uid, known.st_gid)
        os.replace(back, live)
        reload_haproxy(context)
        raise


def reload_haproxy(context: JobContext) -> None:
    if has_systemd(context.root):
        context.need(["systemctl", "reload", UNIT], 60.0)
        state = context.run(["systemctl", "is-active", UNIT], 20.0).output.strip()
        if state not in ("active", "reloading"):
            raise StepFailed(f"HAProxy is {state or 'not active'} after the reload: see journalctl -u {UNIT}")
        return
    pid = running_pid(context.root)
    if pid is None:
        raise StepFailed("HAProxy does not run: start it with haproxy.start")
    os.kill(pid, signal.SIGUSR2)


def service_action(context: JobContext, verb: str) -> None:
    if not has_systemd(context.root):
        raise StepFailed(f"this host has no systemd: {verb} HAProxy by hand")
    context.need(["systemctl", verb, UNIT], 90.0)


def runtime(context: JobContext, question: str, facts: ConfigFacts) -> str:
    path = facts.admin_socket
    if not path:
        raise StepFailed("HAProxy has no admin socket: run haproxy.admin_socket_enable first")
    context.say(f"> {question}")
    try:
        answer = ask_haproxy(under(context.root, path), question, RUNTIME_SEC)
    except OSError as why:
        raise StepFailed(
            f"the admin socket {path} does not answer ({why.strerror or why}): is HAProxy running?"
        ) from None
    return answer


def set_server_state(context: JobContext, params: dict[str, object], wanted: str) -> dict[str, object]:
    """`set server` says nothing about success, so the state is read again."""
    _, facts = current_config(context)
    backend, server = str(params["backend"]), str(params["server"])
    context.step(f"Set {backend}/{server} to {wanted}")
    complaint = runtime(context, f"set server {backend}/{server} state {wanted}", facts).strip()
    if complaint:
        raise StepFailed(f"HAProxy says: {complaint.splitlines()[0][:200]}")
    ordered = admin_states(runtime(context, f"show servers state {backend}", facts)).get((backend, server))
    if ordered is None:
        raise StepFailed(f"{backend}/{server} is not in HAProxy's list of servers")
    state = server_states(stat_rows(runtime(context, "show stat", facts))).get((backend, server), "unknown")
    drained, in_maintenance = bool(ordered & FORCED_DRAIN), bool(ordered & FORCED_MAINT)
    reached = {"drain": drained, "maint": in_maintenance, "ready": not (drained or in_maintenance)}[wanted]
    if not reached:
        raise StepFailed(f"{backend}/{server} is {state} and did not become {wanted}")
    context.say(f"{backend}/{server} is {state}")
    return {"backend": backend, "server": server, "state": state}


def socket_answers(path: str, patience_sec: float) -> bool:
    deadline = time.monotonic() + patience_sec
    while time.monotonic() < deadline:
        try:
            if ask_haproxy(path, "show version", 1.0).strip():
                return True
        except OSError:
            pass
        time.sleep(0.1)
    return False
