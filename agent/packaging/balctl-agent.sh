#!/bin/sh
# Installs, updates and removes the ServersCTL agent. Safe to run again.
set -eu
umask 077

ROOT=${BALCTL_ROOT:-}   # tests install below a folder
ROOT=${ROOT%/}
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
BIN=$ROOT/usr/local/bin
ETC=$ROOT/etc/balctl
UNIT=$ROOT/etc/systemd/system/balctl-heartbeat.service
PROGRAM=$BIN/balctl_heartbeat.py

die() { printf 'balctl-agent: %s\n' "$1" >&2; exit "${2:-1}"; }
say() { printf 'balctl-agent: %s\n' "$1"; }

usage() {
    cat <<'TEXT'
usage: balctl-agent.sh --enrol --key SECRET --hostname NAME --api-base URL
                       [--ca-file FILE | --ca-pem-base64 TEXT] [--declare-ip IPV4]
       balctl-agent.sh --update | --uninstall | --status | --help

  --enrol      install the agent and its service for a member of the dashboard
  --key        the member's enrolment secret, or - to read it from standard input
  --api-base   address of the control plane, https:// only; --ca-file: its private certificate authority
  --update     install the release that the control plane offers
  --uninstall  remove agent, settings and state; HAProxy and its files stay
TEXT
}

find_python() {
    for name in python3 python3.13 python3.12 python3.11 python3.10 python3.9; do
        found=$(command -v "$name" 2>/dev/null) || continue
        if "$found" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
            printf '%s\n' "$found"; return
        fi
    done
    die "needs Python 3.9 or newer: install the package python3 (on Enterprise Linux 8: python39)"
}

need_root() {
    [ -n "$ROOT" ] || [ "$(id -u)" -eq 0 ] || die "run this as root (sudo)" 4
}

agent() { env ${ROOT:+"BALCTL_ROOT=$ROOT"} "$PYTHON" -I -S "$PROGRAM" "$@"; }

# place SOURCE TARGET MODE: whole or not at all
place() {
    cp -- "$1" "$2.new"
    chmod "$3" "$2.new"
    mv -f -- "$2.new" "$2"
}

write_env() {
    {
        printf '%s\n' '# agent.env of the ServersCTL agent, written whole. Its last line is: # end'
        printf 'BALCTL_ENROLLMENT_SECRET=%s\nBALCTL_API_BASE=%s\nBALCTL_HOSTNAME=%s\n' "$KEY" "$API_BASE" "$NAME"
        [ -z "$CA" ] || printf 'BALCTL_CA_FILE=%s\n' "$CA"
        [ -z "$IP" ] || printf 'BALCTL_DECLARE_IP=%s\n' "$IP"
        if [ -f "$ETC/agent.env" ]; then   # other settings of an earlier enrolment stay
            grep -E '^(BALCTL_[A-Z_]+|HTTPS_PROXY|NO_PROXY)=' "$ETC/agent.env" |
                grep -vE '^BALCTL_(ENROLLMENT_SECRET|API_BASE|HOSTNAME|CA_FILE|DECLARE_IP)=' || true
        fi
        printf '# end\n'
    } >"$ETC/agent.env.new"
    sync "$ETC/agent.env.new" 2>/dev/null || true
    mv -f -- "$ETC/agent.env.new" "$ETC/agent.env"
}

enrol() {
    need_root
    [ "$KEY" != - ] || IFS= read -r KEY || die "no secret on standard input" 2
    for given in "$KEY" "$NAME" "$API_BASE"; do [ -n "$given" ] || die "--enrol needs --key, --hostname and --api-base; see --help" 2; done
    case "$KEY$NAME$API_BASE$IP" in *[!][A-Za-z0-9_.:/@%-]*) die "--key, --hostname, --api-base and --declare-ip must be plain words" 2 ;; esac
    PYTHON=$(find_python)
    (umask 022 && mkdir -p "$BIN" "$(dirname "$UNIT")" "$ROOT/usr/local/share/balctl")
    mkdir -p "$ETC" "$ROOT/var/lib/balctl"
    if [ -n "$CA_BASE64" ]; then
        printf '%s' "$CA_BASE64" | base64 -d >"$ETC/ca.pem.new" || die "--ca-pem-base64 is not base64" 2
        mv -f -- "$ETC/ca.pem.new" "$ETC/ca.pem"
        CA=$ETC/ca.pem
    elif [ -n "$CA_FILE" ]; then
        [ -r "$CA_FILE" ] || die "--ca-file: $CA_FILE cannot be read" 2
        place "$CA_FILE" "$ETC/ca.pem" 0644
        CA=$ETC/ca.pem
    fi
    # The settings are judged before anything is replaced.
    env BALCTL_ENROLLMENT_SECRET="$KEY" BALCTL_API_BASE="$API_BASE" BALCTL_HOSTNAME="$NAME" BALCTL_DECLARE_IP="$IP" \
        BALCTL_CA_FILE="$CA" BALCTL_ROOT="$ROOT/nonexistent" "$PYTHON" -I -S "$HERE/balctl_heartbeat.py" --settings || die "nothing was changed" 3
    write_env
    if [ "$HERE" != "$BIN" ]; then
        place "$HERE/balctl_heartbeat.py" "$PROGRAM" 0755
        place "$HERE/balctl-agent.sh" "$BIN/balctl-agent.sh" 0755
        for name in README.md LICENSE INSTALL_VM.txt balctl-heartbeat.env.example; do place "$HERE/$name" "$ROOT/usr/local/share/balctl/$name" 0644; done
        sed "s#/usr/bin/python3 #$PYTHON #" "$HERE/balctl-heartbeat.service" >"$UNIT.new"
        chmod 0644 "$UNIT.new"
        mv -f -- "$UNIT.new" "$UNIT"
    fi
    place "$PROGRAM" "$PROGRAM.prev" 0755
    agent --pin-update-keys || say "updates stay refused until a release key is in $ETC/update-keys"
    checked=0
    agent --check || checked=$?
    systemctl daemon-reload
    systemctl enable balctl-heartbeat.service
    systemctl restart balctl-heartbeat.service
    [ "$checked" -eq 0 ] || die "the service runs and keeps trying; mend the line marked FAIL above"
    say "enrolled as $NAME; logs: journalctl -u balctl-heartbeat.service -f"
}

update() {
    need_root; [ -x "$PROGRAM" ] || die "the agent is not installed: run --enrol first"
    PYTHON=$(find_python)
    done=$(agent --update) || exit $?
    say "$done"
    case $done in *restart*) systemctl try-restart balctl-heartbeat.service ;; esac
}

uninstall() {
    need_root
    systemctl disable --now balctl-heartbeat.service 2>/dev/null || true
    rm -f -- "$UNIT" "$PROGRAM" "$PROGRAM.prev" "$BIN/balctl-agent.sh" "$ETC/agent.env" "$ETC/ca.pem"
    rm -rf -- "$ETC/update-keys" "$ROOT/var/lib/balctl" "$ROOT/run/balctl" "$ROOT/usr/local/share/balctl"
    rmdir "$ETC" 2>/dev/null || [ ! -d "$ETC" ] || say "$ETC is kept: it holds files of yours"
    systemctl daemon-reload 2>/dev/null || true
    say "removed; HAProxy and its configuration were left alone"
}

status() {
    [ -x "$PROGRAM" ] || die "the agent is not installed"; systemctl --no-pager --lines=10 status balctl-heartbeat.service
}

ACTION='' KEY='' NAME='' API_BASE='' CA_FILE='' CA_BASE64='' CA='' IP=''
while [ $# -gt 0 ]; do
    case $1 in
        --enrol | --enroll) ACTION=enrol ;;
        --update | --uninstall | --status) ACTION=${1#--} ;;
        --help | -h) usage; exit 0 ;;
        --key | --hostname | --api-base | --ca-file | --ca-pem-base64 | --declare-ip)
            [ $# -ge 2 ] || die "$1 needs a value" 2
            case $1 in
                --key) KEY=$2 ;; --hostname) NAME=$2 ;; --api-base) API_BASE=$2 ;;
                --ca-file) CA_FILE=$2 ;; --ca-pem-base64) CA_BASE64=$2 ;; --declare-ip) IP=$2 ;;
            esac
            shift ;;
        *) usage >&2; die "$1 is not understood" 2 ;;
    esac
    shift
done
[ -n "$ACTION" ] || { usage >&2; exit 2; }
"$ACTION"
