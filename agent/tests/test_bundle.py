"""The build: the same bytes, and a refusal for each thing that one file cannot say."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.certs import make_key
from support.form import AGENT_FOLDER

if sys.version_info < (3, 10):
    pytest.skip("the build runs on Python 3.10 or newer (the built file on 3.9)", allow_module_level=True)

sys.path.insert(0, os.path.join(AGENT_FOLDER, "build"))
from bundle import Bundle, Refused

from build import build


def package(folder: Path, **modules: str) -> Path:
    folder = folder / "pkg"
    for name, text in modules.items():
        path = folder / (
            name.replace("__init", "/__init__").replace("_in_", "/") + ".py" if name != "main" else "__main__.py"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""Doc."""\n{text}\n')
    return folder


@pytest.mark.parametrize(
    ("modules", "says"),
    [
        ({"a": "X = 1", "b": "X = 2"}, "X is defined in a too"),
        ({"a": "import os", "b": "os = 1"}, "os hides an import"),
        ({"a": "from .b import y as z", "b": "y = 1"}, "`as` on a package import"),
        ({"a": "from .b import missing", "b": "y = 1"}, "missing is not defined in b"),
        ({"a": "from .nowhere import y"}, "no module nowhere"),
        ({"a": "from . import b", "b": "y = 1"}, "name what you need"),
        ({"a": "def f():\n    import os"}, "import below the top level"),
        ({"a": "try:\n    import os\nexcept ImportError:\n    os = None"}, "import below the top level"),
        ({"a": "import requests"}, "not in the standard library"),
        ({"a": "import json", "b": "import json as j\nimport os as json"}, "but a has"),
        ({"a": "from .b import y\nx = 1", "b": "from .a import x\ny = 1"}, "import cycle"),
        ({"a": "match 1:\n    case 1: pass"}, "only supported in Python 3.10"),
        ({"a": "def f():\n    global X"}, "global statement"),
    ],
)
def test_what_one_file_cannot_say_is_refused(tmp_path, modules, says):
    with pytest.raises((Refused, SyntaxError)) as refused:
        Bundle(package(tmp_path, **modules))
    assert says.lower() in str(refused.value).lower()


def test_a_module_without_a_docstring_is_refused(tmp_path):
    folder = package(tmp_path, a="x = 1")
    (folder / "b.py").write_text("y = 1\n")
    with pytest.raises(Refused, match="no docstring"):
        Bundle(folder)


def test_code_in_an_initialiser_is_refused_because_the_file_would_lose_it(tmp_path):
    folder = package(tmp_path, a="x = 1")
    (folder / "__init__.py").write_text('"""Doc."""\nSETTING = 1\n')
    with pytest.raises(Refused, match="more than loading code"):
        Bundle(folder)


def test_two_builds_give_the_same_bytes(tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    build(first, [])
    copied = tmp_path / "elsewhere" / "agent"
    shutil.copytree(AGENT_FOLDER, copied, ignore=shutil.ignore_patterns("dist", "__pycache__", "tests"))
    build(second, [], copied)
    for name in ("balctl_heartbeat.py", "agent.zip", "agent.json", "commands.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_the_archive_is_flat_and_holds_the_seven_files(tmp_path):
    build(tmp_path, [])
    with zipfile.ZipFile(tmp_path / "agent.zip") as archive:
        names = sorted(archive.namelist())
        assert names == [
            "INSTALL_VM.txt",
            "LICENSE",
            "README.md",
            "balctl-agent.sh",
            "balctl-heartbeat.env.example",
            "balctl-heartbeat.service",
            "balctl_heartbeat.py",
        ]
        assert archive.testzip() is None
        assert archive.getinfo("balctl-agent.sh").external_attr >> 16 & 0o111
    document = json.loads((tmp_path / "agent.json").read_text())
    assert document["version"] == document["manifest"]["version"] > 78
    assert document["sha256"] == hashlib.sha256((tmp_path / "agent.zip").read_bytes()).hexdigest()
    assert document["signatures"] == []


def test_signing_adds_one_signature_and_key_per_release_key(tmp_path):
    keys = [Path(make_key(str(tmp_path), "one")[0]), Path(make_key(str(tmp_path), "two", "ed25519")[0])]
    build(tmp_path / "out", keys)
    document = json.loads((tmp_path / "out/agent.json").read_text())
    assert [s["algorithm"] for s in document["signatures"]] == ["ecdsa-p256-sha256", "ed25519"]
    assert all("BEGIN PUBLIC KEY" in key["publicKey"] for key in document["keys"])


def test_the_built_file_imports_nothing_but_the_standard_library_and_names_its_modules(tmp_path):
    build(tmp_path, [])
    text = (tmp_path / "balctl_heartbeat.py").read_text()
    roots = {
        (n.module or "") if isinstance(n, ast.ImportFrom) else a.name
        for n in ast.walk(ast.parse(text))
        if isinstance(n, (ast.Import, ast.ImportFrom))
        for a in n.names
    }
    assert {root.split(".")[0] for root in roots} <= sys.stdlib_module_names
    assert "# ==== commands/haproxy_reload.py ====" in text


def test_the_catalogue_lists_every_command_with_its_class(tmp_path):
    build(tmp_path, [])
    catalogue = json.loads((tmp_path / "commands.json").read_text())
    rows = {row["id"]: row for row in catalogue["commands"]}
    assert {"agent.update", "agent.rotate_secret", "haproxy.provision", "haproxy.reload", "haproxy.server_drain", "haproxy.server_ready",
            "haproxy.server_maint", "haproxy.admin_socket_enable", "haproxy.admin_socket_disable"} <= set(rows)  # fmt: skip
    assert all(row["danger"] in ("read", "change", "dangerous") and row["timeoutSec"] > 0 for row in rows.values())
    assert rows["agent.rotate_secret"]["params"] == {}
    assert set(rows["haproxy.server_drain"]["params"]) == {"backend", "server"}
    with open(os.path.join(AGENT_FOLDER, "packaging", "README.md")) as source:
        text = source.read()
    assert [name for name in rows if name not in text] == []


def test_no_source_starts_a_shell():
    for where, _, names in os.walk(os.path.join(AGENT_FOLDER, "balctl_agent")):
        for name in names:
            if name.endswith(".py"):
                text = Path(where, name).read_text()
                assert "shell=True" not in text
                assert "os.system" not in text
                assert "popen(" not in text


def test_the_installer_is_clean_posix_shell():
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed: `apt-get install shellcheck`")
    path = os.path.join(AGENT_FOLDER, "packaging", "balctl-agent.sh")
    subprocess.run(["shellcheck", "-s", "sh", path], check=True)
    assert len(Path(path).read_text().splitlines()) <= 150
