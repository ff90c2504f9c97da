"""Where the agent's settings come from: the environment first, /etc/balctl/agent.env for what is missing."""

from __future__ import annotations

import os
import re
import socket

from .errors import ConfigError
from .files import read_capped, under

DEFAULT_API_BASE = "https://serversctl.com"
DEFAULT_UPDATE_URL = "https://download.serversctl.com/agent.zip"
ENV_PATH = "/etc/balctl/agent.env"
# Files that the installer writes begin with this line and end with the other; one without its end was cut short.
ENV_HEAD = "# agent.env of the ServersCTL agent, written whole. Its last line is: # end"
ENV_END = "# end"

# name -> (default, meaning). The only list of the names that the agent reads.
SETTING_NAMES = {
    "BALCTL_ENROLLMENT_SECRET": ("", "the member's enrolment secret: 48 hexadecimal characters"),
    "BALCTL_API_BASE": (DEFAULT_API_BASE, "address of the control plane, https:// only"),
    "BALCTL_INTERVAL_SEC": ("1", "first heartbeat interval, 1 to 60; the control plane's answer then decides"),
    "BALCTL_HOSTNAME": ("", "name to report instead of the system's own"),
    "BALCTL_DECLARE_IP": ("", "fixed public IPv4 address for DNS failover"),
    "BALCTL_PROBE_PUBLIC_IP": ("0", "1: ask BALCTL_PUBLIC_IP_URL for the public address, at most every 5 minutes"),
    "BALCTL_PUBLIC_IP_URL": ("https://api.ipify.org", "where to ask for it"),
    "BALCTL_UPDATE_URL": (DEFAULT_UPDATE_URL, "bundle to update from; agent.json lies beside it"),
    "BALCTL_UPDATE_TRIAL_SEC": ("120", "how long a new version has to complete a heartbeat, 5 to 3600"),
    "BALCTL_ALLOW_AGENT_DOWNGRADE": ("0", "1: accept an older agent; not recommended"),
    "BALCTL_PROVISION_HAPROXY": ("0", "1: install HAProxy once, at the first start"),
    "BALCTL_CA_FILE": ("", "PEM file with the only certificate authority to trust"),
    "BALCTL_HTTPS_PROXY": ("", "HTTP proxy for outbound connections: http://[user:password@]host:port"),
    "BALCTL_DEBUG": ("0", "1: log more"),
    "BALCTL_ROOT": ("/", "folder to read and write below instead of /, for tests"),
    "BALCTL_FAILPOINT": ("", "place where the process kills itself, for tests"),
}
HEX_48 = re.compile(r"[0-9a-fA-F]{48}")
UUID_SHAPE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
IPV4_SHAPE = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}")
HOSTNAME_SHAPE = re.compile(r"(?=.{1,253}$)(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")


class AgentConfig:
    """Checked settings. `secret` changes when a rotation job succeeds; nothing else changes after the start."""

    def __init__(self, values: dict[str, str], root: str, warnings: list[str]) -> None:
        self.root = root
        self.warnings = warnings
        self.secret = check_secret(values["BALCTL_ENROLLMENT_SECRET"]) if values["BALCTL_ENROLLMENT_SECRET"] else ""
        self.api_base = check_https("BALCTL_API_BASE", values["BALCTL_API_BASE"])
        self.interval_sec = check_whole("BALCTL_INTERVAL_SEC", values["BALCTL_INTERVAL_SEC"], 1, 60)
        self.hostname = check_hostname(values["BALCTL_HOSTNAME"] or own_hostname(warnings))
        self.declared_ip = check_ipv4("BALCTL_DECLARE_IP", values["BALCTL_DECLARE_IP"])
        self.probe_public_ip = check_flag("BALCTL_PROBE_PUBLIC_IP", values["BALCTL_PROBE_PUBLIC_IP"])
        self.public_ip_url = check_https("BALCTL_PUBLIC_IP_URL", values["BALCTL_PUBLIC_IP_URL"])
        update_url = values["BALCTL_UPDATE_URL"]
        if update_url == DEFAULT_UPDATE_URL and self.api_base != DEFAULT_API_BASE:
            update_url = self.api_base + "/download/agent.zip"  # a control plane of one's own serves its agents too
        self.update_url = check_https("BALCTL_UPDATE_URL", update_url)
        self.trial_sec = check_whole("BALCTL_UPDATE_TRIAL_SEC", values["BALCTL_UPDATE_TRIAL_SEC"], 5, 3600)
        self.allow_downgrade = check_flag("BALCTL_ALLOW_AGENT_DOWNGRADE", values["BALCTL_ALLOW_AGENT_DOWNGRADE"])
        self.provision_haproxy = check_flag("BALCTL_PROVISION_HAPROXY", values["BALCTL_PROVISION_HAPROXY"])
        self.ca_file = check_ca_file(values["BALCTL_CA_FILE"])
        self.proxy = values["BALCTL_HTTPS_PROXY"]
        self.no_proxy = values["NO_PROXY"]
        self.debug = check_flag("BALCTL_DEBUG", values["BALCTL_DEBUG"])
        self.env_path = under(root, ENV_PATH)
        self.state_dir = under(root, "/var/lib/balctl")
        self.keys_dir = under(root, "/etc/balctl/update-keys")
        self.policy_path = under(root, "/etc/balctl/policy.json")

    def need_secret(self) -> str:
        if not self.secret:
            raise ConfigError(
                f"BALCTL_ENROLLMENT_SECRET is missing. Add the member in the dashboard and run the command that it shows, or set it in {self.env_path}."
            )
        return self.secret


def parse_env_text(text: str) -> tuple[dict[str, str], list[str]]:
    """Values and complaints of a systemd EnvironmentFile: no expansion, quotes removed, comments only at the line start."""
    values: dict[str, str] = {}
    complaints: list[str] = []
    pending = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = pending + raw
        pending = ""
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        if line.endswith("\\"):
            pending = line[:-1]
            continue
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            complaints.append(f"line {number} is not NAME=value")
            continue
        values[name] = unquote_env(value.strip())
    if pending:
        complaints.append("the last line ends with a backslash")
    return values, complaints


def unquote_env(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        return re.sub(r"\\(.)", r"\1", inner) if value[0] == '"' else inner
    return value


def read_env_file(path: str, warnings: list[str]) -> dict[str, str]:
    """The file's values. A missing file is empty; an unreadable or half-written one is an error that says the fix."""
    try:
        mode = os.stat(path).st_mode & 0o777
        text = read_capped(path, 64 * 1024).decode("utf-8")
    except FileNotFoundError:
        return {}
    except PermissionError:
        raise ConfigError(
            f"{path} cannot be read by user {os.getuid()}. Run the agent as root, or give this user the file."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text. Write it again: balctl-agent.sh --enrol …") from None
    except OSError as why:
        raise ConfigError(
            f"{path} cannot be read: {why.strerror or why}. Check the disk, or run balctl-agent.sh --enrol again."
        ) from None
    if text.startswith(ENV_HEAD) and text.rstrip("\n").rpartition("\n")[2] != ENV_END:
        raise ConfigError(
            f"{path} is half-written: its last line `{ENV_END}` is missing. Run balctl-agent.sh --enrol again."
        )
    if mode & 0o077:
        warnings.append(f"{path} has mode {mode:03o}, so other users can read the secret. Fix: chmod 600 {path}")
    values, complaints = parse_env_text(text)
    if complaints:
        raise ConfigError(f"{path}: {complaints[0]}. Correct it, or run balctl-agent.sh --enrol again.")
    return values


def load_config(environ: dict[str, str]) -> AgentConfig:
    """Settings from the environment, with what is missing taken from the env file. Raises ConfigError."""
    warnings: list[str] = []
    root = environ.get("BALCTL_ROOT") or "/"
    if not root.startswith("/"):
        raise ConfigError("BALCTL_ROOT must be an absolute path")
    root = root.rstrip("/") or "/"
    try:
        filed = read_env_file(under(root, ENV_PATH), warnings)
    except ConfigError:
        if "BALCTL_ENROLLMENT_SECRET" not in environ or os.access(under(root, ENV_PATH), os.R_OK):
            raise
        filed = {}  # systemd handed us the values; an unprivileged service user need not read the file
    values = {name: environ.get(name, filed.get(name, default)).strip() for name, (default, _) in SETTING_NAMES.items()}
    for name, (default, _) in SETTING_NAMES.items():
        if not values[name]:
            values[name] = default
    if not values["BALCTL_HTTPS_PROXY"]:
        values["BALCTL_HTTPS_PROXY"] = (
            environ.get("HTTPS_PROXY") or environ.get("https_proxy") or filed.get("HTTPS_PROXY") or ""
        )
    values["NO_PROXY"] = environ.get("NO_PROXY") or environ.get("no_proxy") or filed.get("NO_PROXY") or ""
    for name in sorted({*environ, *filed}):
        if name.startswith("BALCTL_") and name not in SETTING_NAMES:
            near = min(SETTING_NAMES, key=lambda known: name_distance(name, known))
            warnings.append(f"{name} is not a setting of this agent and is ignored. Did you mean {near}?")
    return AgentConfig(values, root, warnings)


def name_distance(left: str, right: str) -> int:
    """Levenshtein distance, for the suggestion in a warning."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def check_secret(value: str) -> str:
    where = "Copy it from the dashboard; Members → Re-enrol makes a new one."
    if HEX_48.fullmatch(value):
        return value.lower()
    if UUID_SHAPE.fullmatch(value):
        raise ConfigError(
            f"BALCTL_ENROLLMENT_SECRET holds the member's UUID, not its enrolment secret of 48 hexadecimal characters. {where}"
        )
    if len(value) != 48:
        how = "too short: the end is missing" if len(value) < 48 else "too long: check for doubled or extra characters"
        raise ConfigError(f"BALCTL_ENROLLMENT_SECRET has {len(value)} characters and needs 48; it is {how}. {where}")
    at = next(i for i, c in enumerate(value) if c not in "0123456789abcdefABCDEF")
    raise ConfigError(
        f"BALCTL_ENROLLMENT_SECRET has a character at position {at + 1} that is not hexadecimal (0-9, a-f). {where}"
    )


def check_https(name: str, value: str) -> str:
    """The address without a trailing slash. Only https:// is accepted, so a secret never travels in the clear."""
    value = value.rstrip("/")
    if value.lower().startswith("http://"):
        raise ConfigError(
            f"{name} begins with http://, and the agent sends nothing in plain text. Use https://{value[7:]}"
        )
    if not re.fullmatch(r"https://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?(/[^\s#]*)?", value, re.IGNORECASE):
        raise ConfigError(f"{name} must look like https://control.example.com, got {value[:100]!r}.")
    return value


def check_whole(name: str, value: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", value) or not low <= int(value) <= high:
        raise ConfigError(f"{name} must be a whole number from {low} to {high}, got {value[:40]!r}.")
    return int(value)


def check_flag(name: str, value: str) -> bool:
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("0", "false", "no", "off"):
        return False
    raise ConfigError(f"{name} must be 1 or 0, got {value[:40]!r}.")


def check_ipv4(name: str, value: str) -> str:
    if value and not IPV4_SHAPE.fullmatch(value):
        raise ConfigError(f"{name} must be one IPv4 address such as 203.0.113.10, got {value[:60]!r}.")
    return value


def check_hostname(value: str) -> str:
    if not HOSTNAME_SHAPE.fullmatch(value):
        raise ConfigError(
            f"The host name {value[:80]!r} cannot be used. Set BALCTL_HOSTNAME to the name that the dashboard shows."
        )
    return value.rstrip(".")


def check_ca_file(value: str) -> str:
    if value and not os.access(value, os.R_OK):
        raise ConfigError(
            f"BALCTL_CA_FILE: {value} cannot be read. Put the CA's PEM file there, or remove the setting."
        )
    return value


def own_hostname(warnings: list[str]) -> str:
    """The fully qualified name if the resolver knows one, else the kernel's. May take as long as the resolver does."""
    name = socket.gethostname()
    if "." in name:
        return name
    full = socket.getfqdn(name)
    if "." in full and not full.startswith("localhost"):
        return full
    if not HOSTNAME_SHAPE.fullmatch(name):
        warnings.append("The system has no usable host name. Set BALCTL_HOSTNAME.")
    return name
