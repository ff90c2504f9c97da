"""Build agent/dist: balctl_heartbeat.py, agent.zip, agent.json, commands.json.

    python3 agent/build/build.py [--out FOLDER] [--sign-key KEY.pem]...

Needs Python 3.10 or newer and nothing else; signing calls the openssl program.
"""

from __future__ import annotations

import argparse
import ast
import base64
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

AGENT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(AGENT / "build"))

from archive import agent_json, canonical, make_manifest, zip_bytes  # noqa: E402
from bundle import Bundle, Refused  # noqa: E402

PACKAGED = (
    "balctl-agent.sh",
    "balctl-heartbeat.env.example",
    "balctl-heartbeat.service",
    "README.md",
    "LICENSE",
    "INSTALL_VM.txt",
)


def constants(path: Path) -> dict[str, object]:
    """Literal assignments of a module, without running it."""
    rows = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            rows[node.targets[0].id] = ast.literal_eval(node.value)
    return rows


def run(argv: list[str]) -> bytes:
    done = subprocess.run(argv, capture_output=True, check=False, timeout=60)
    if done.returncode:
        raise Refused(f"{' '.join(argv[:4])}: {(done.stderr or done.stdout).decode(errors='replace').strip()[-500:]}")
    return done.stdout


def sign(manifest: dict[str, object], key: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Signature and public key entries for agent.json, by a PEM key of type EC P-256 or Ed25519."""
    public = run(["openssl", "pkey", "-in", str(key), "-pubout"])
    der = run(["openssl", "pkey", "-in", str(key), "-pubout", "-outform", "DER"])
    algorithm = "ed25519" if len(der) == 44 else "ecdsa-p256-sha256"
    with tempfile.NamedTemporaryFile() as message:
        message.write(canonical(manifest))
        message.flush()
        if algorithm == "ed25519":
            signature = run(["openssl", "pkeyutl", "-sign", "-inkey", str(key), "-rawin", "-in", message.name])
        else:
            signature = run(["openssl", "dgst", "-sha256", "-sign", str(key), message.name])
    key_id = hashlib.sha256(der).hexdigest()[:16]
    return (
        {"keyId": key_id, "algorithm": algorithm, "signature": base64.b64encode(signature).decode()},
        {"keyId": key_id, "algorithm": algorithm, "publicKey": public.decode()},
    )


def put(path: Path, data: bytes, mode: int) -> None:
    """Write only what changed, so that make sees unchanged files as unchanged."""
    if not path.exists() or path.read_bytes() != data:
        beside = path.with_name(path.name + ".new")
        beside.write_bytes(data)
        os.replace(beside, path)
    path.chmod(mode)


def build(out: Path, keys: list[Path], agent: Path = AGENT) -> None:
    version = constants(agent / "balctl_agent" / "version.py")
    number, released = version["AGENT_VERSION"], str(version["RELEASED"])
    if not isinstance(number, int):
        raise Refused("AGENT_VERSION must be an integer")
    program = Bundle(agent / "balctl_agent").render(number)
    compile(program, "balctl_heartbeat.py", "exec")
    files = {name: (agent / "packaging" / name).read_bytes() for name in PACKAGED}
    files["balctl_heartbeat.py"] = program.encode()
    archive = zip_bytes(files)
    manifest = make_manifest(files, archive, number, released)
    signed = [sign(manifest, key) for key in keys]
    out.mkdir(parents=True, exist_ok=True)
    put(out / "balctl_heartbeat.py", files["balctl_heartbeat.py"], 0o755)
    run([sys.executable, "-I", str(out / "balctl_heartbeat.py"), "--self-test"])
    put(out / "agent.zip", archive, 0o644)
    put(out / "agent.json", agent_json(manifest, [entry for entry, _ in signed], [key for _, key in signed]), 0o644)
    put(out / "commands.json", run([sys.executable, "-I", str(out / "balctl_heartbeat.py"), "--commands"]), 0o644)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=AGENT / "dist")
    parser.add_argument("--sign-key", type=Path, action="append", default=[])
    options = parser.parse_args()
    try:
        build(options.out, options.sign_key)
    except (Refused, SyntaxError, OSError) as why:
        sys.stderr.write(f"build: {why}\n")
        return 1
    sys.stdout.write(f"{options.out}: balctl_heartbeat.py, agent.zip, agent.json, commands.json\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
