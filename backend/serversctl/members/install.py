"""The command that a person pastes on the new host, as one line of POSIX shell."""

from __future__ import annotations

import base64
import shlex

_PROGRAMS = {
    "debian": 'apt-get -q update; DEBIAN_FRONTEND=noninteractive apt-get -q -y install ca-certificates "$@"',
    "rhel": 'P=dnf; command -v dnf >/dev/null 2>&1 || P=yum; "$P" -q -y install "$@"',
}
# The platform Python of Enterprise Linux 8 is 3.6; python39 stands beside it there, and later releases have no need.
_PYTHON = {"debian": "python3", "rhel": "$([ -e /usr/libexec/platform-python3.6 ] && echo python39 || echo python3)"}
_IS_NEW = "import sys; sys.exit(sys.version_info < (3, 9))"


def install_command(*, family: str, public_url: str, secret: str, hostname: str, ca_pem: str | None) -> str:
    """What makes sure of unzip, python3 and curl, fetches the agent and enrols it. To be run as root.

    With a certificate authority of our own the command carries it, so that nothing is ever fetched unverified.
    """
    base = public_url.rstrip("/")
    ca = base64.b64encode(ca_pem.encode()).decode() if ca_pem else ""
    steps = [
        '[ "$(id -u)" -eq 0 ] || { echo "run this as root" >&2; exit 4; }',
        "set --",
        'for n in unzip curl; do command -v "$n" >/dev/null 2>&1 || set -- "$@" "$n"; done',
        f'for n in python3 python3.9 python3.11 none; do "$n" -c "{_IS_NEW}" 2>/dev/null && break; done',
        f'[ "$n" != none ] || set -- "$@" "{_PYTHON[family]}"',
        f'[ "$#" -eq 0 ] || {{ {_PROGRAMS[family]}; }}',
        "D=$(mktemp -d)",
        'clean() { rm -rf "$D"; }',
        "trap clean EXIT",
        'cd "$D"',
    ]
    trust = ""
    if ca:
        steps.append(f"printf %s {ca} | base64 -d >ca.pem")
        trust = "--cacert ca.pem "
    steps.append(f"curl -fsS --retry 3 {trust}-o agent.zip {shlex.quote(base + '/download/agent.zip')}")
    steps.append("unzip -q agent.zip")
    enrol = ["sh", "balctl-agent.sh", "--enrol", "--key", secret, "--hostname", hostname, "--api-base", base]
    steps.append(shlex.join(enrol + (["--ca-pem-base64", ca] if ca else [])))
    return f"sh -euc {shlex.quote('; '.join(steps))}"
