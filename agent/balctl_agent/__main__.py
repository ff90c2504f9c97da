"""The command line: `balctl_heartbeat.py --help`."""

from __future__ import annotations

import gc
import json
import os
import sys

from . import commands, stacks  # noqa: F401 (loading registers them)
from .check import check_host
from .config import SETTING_NAMES, AgentConfig, load_config
from .errors import AgentError, ConfigError
from .jobchild import JobContext, run_job_child
from .keys import pin_keys
from .log import log
from .loop import HeartbeatLoop
from .program import installed_command
from .registry import COMMANDS, command_catalogue
from .sdnotify import Notifier
from .selftest import self_test
from .selfupdate import end_trial, trial_guard, update_agent
from .slim import run_compiled
from .version import AGENT_VERSION

USAGE = f"""usage: balctl_heartbeat.py [option]

Without an option: send heartbeats and run jobs until stopped (what the service does).

  --check              try every requirement of this host and say the fix
  --once               send one heartbeat, print the answer's status, exit
  --update             fetch, verify and install the offered agent (root)
  --provision-haproxy  install and start HAProxy here (root)
  --pin-update-keys    fetch the release keys once and keep them (root)
  --trial-guard        before a start: give up a new version that does not work
  --trial-over         after a trial: give up a new version that did not become good
  --settings           judge the settings, change nothing
  --self-test          prove that this program runs on this host
  --commands           the commands of this agent as JSON
  --version            the version number, {AGENT_VERSION}
  --debug              log more (with any of the above)
  --help               this text

exit status: 0 good, 1 failed, 2 wrong usage, 3 settings, 4 needs root, 5 update refused, 6 no connection

settings, from the environment or /etc/balctl/agent.env:
""" + "".join(
    f"  {name:<29} {meaning}{f' [{default}]' if default else ''}\n"
    for name, (default, meaning) in SETTING_NAMES.items()
)


def send_once(config: AgentConfig) -> int:
    """One bare heartbeat, for scripts."""
    loop = HeartbeatLoop(config, Notifier({}))
    answer = loop.post_once()
    sys.stdout.write(f"{answer.status} {'accepted' if answer.status == 200 else answer.problem()}\n")
    return 0 if answer.status == 200 else 6


def provision_here(config: AgentConfig) -> int:
    context = JobContext(config, "local", os.open(os.devnull, os.O_WRONLY))
    sys.stdout.write(json.dumps(COMMANDS["haproxy.provision"].function(context, {"force": False})) + "\n")
    return 0


def show_update(config: AgentConfig) -> int:
    result = update_agent(config)
    sys.stdout.write(
        f"version {result['version']} is installed; restart the service to run it\n"
        if result["changed"]
        else f"version {result['version']} is current\n"
    )
    return 0


def serve(config: AgentConfig) -> int:
    config.need_secret()
    run_compiled(config, sys._getframe(2).f_code)  # the frame of this file's own last line
    for warning in config.warnings:
        log.warning(warning)
    loop = HeartbeatLoop(config, Notifier(dict(os.environ)))
    gc.collect()
    gc.freeze()  # what is here now stays: the collector need not walk it again
    status = loop.run()
    if loop.runner.restart_wanted() and "INVOCATION_ID" not in os.environ:
        argv = installed_command()  # no service manager starts us again
        os.execv(argv[0], argv)
    return status


def main(arguments: list[str]) -> int:
    environ = dict(os.environ)
    if "--debug" in arguments:
        arguments = [argument for argument in arguments if argument != "--debug"]
        log.debugging = True
    action = arguments[0] if arguments else "serve"
    if action in ("--help", "-h"):
        sys.stdout.write(USAGE)
        return 0
    if action == "--version":
        sys.stdout.write(f"balctl {AGENT_VERSION}\n")
        return 0
    if action == "--commands":
        sys.stdout.write(
            json.dumps({"agentVersion": AGENT_VERSION, "commands": command_catalogue()}, indent=1, sort_keys=True)
            + "\n"
        )
        return 0
    if action == "--self-test":
        return self_test()
    if action == "--check":
        return check_host(environ)
    if action == "--run-job" and len(arguments) == 2 and arguments[1].isdigit():
        return run_job_child(environ, int(arguments[1]))
    actions = {
        "serve": serve, "--once": send_once, "--update": show_update, "--provision-haproxy": provision_here, "--pin-update-keys": pin_keys,
        "--trial-guard": guard_start, "--trial-over": close_trial,
        "--settings": judge_settings,
    }  # fmt: skip
    if action not in actions or len(arguments) > 1:
        sys.stderr.write(f"balctl_heartbeat.py: {' '.join(arguments)[:80]} is not understood. See --help.\n")
        return 2
    try:
        config = load_config(environ)
        log.debugging = log.debugging or config.debug
        return actions[action](config)
    except ConfigError as why:
        log.error(str(why))
        return why.exit_code
    except AgentError as why:
        log.error(str(why))
        return why.exit_code
    except OSError as why:
        log.error(f"{why.filename or 'system call'}: {why.strerror or why}")
        return 1


def judge_settings(config: AgentConfig) -> int:
    config.need_secret()
    return 0


def guard_start(config: AgentConfig) -> int:
    log.info(f"trial guard: {trial_guard(config, os.environ.get('INVOCATION_ID', ''))}")
    return 0


def close_trial(config: AgentConfig) -> int:
    log.info(f"trial: {end_trial(config)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
