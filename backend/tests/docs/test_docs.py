"""The pages agree with the code: names, messages, commands, links, and the shell blocks that claim to run."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest
from serversctl.cli.main import cli

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
SOURCE = ROOT / "backend" / "serversctl"
PAGES = sorted(
    [*DOCS.rglob("*.md"), *(path for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md") if path.exists())]
)


def names_of(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text_of_all() -> str:
    return "\n".join(page.read_text() for page in PAGES)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "<!-- generated:" in page.read_text()], ids=lambda p: p.name
)
def test_generated_parts_are_as_the_code_is(generate: ModuleType, page: Path) -> None:
    text = page.read_text()
    assert generate.filled(text) == text, f"{page.name} is stale: run make docs"


@pytest.mark.parametrize("prefix", ["SERVERSCTL_", "BALCTL_"])
def test_every_setting_in_the_code_is_documented(prefix: str) -> None:
    """Names are looked for in the sources as text, not in the list that the page is made from."""
    used: set[str] = set()
    for folder in (SOURCE, ROOT / "agent" / "balctl_agent", ROOT / "agent" / "packaging"):
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix in {".py", ".sh", ".example", ".service", ".txt", ".md"}:
                used |= set(re.findall(rf"\b{prefix}[A-Z][A-Z_]*[A-Z]\b", path.read_text()))
    documented = set(re.findall(rf"\b{prefix}[A-Z_]+\b", (DOCS / "settings.md").read_text()))
    assert used - documented == set()


def test_every_error_code_is_documented(generate: ModuleType) -> None:
    documented = (DOCS / "errors.md").read_text()
    codes = {code for path in SOURCE.rglob("*.py") for code, _, _ in generate.refusals_in(ast.parse(path.read_text()))}
    assert len(codes) > 50
    assert [code for code in sorted(codes) if f"`{code}`" not in documented] == []


@pytest.mark.parametrize("folder", ["dns/providers", "notifications/channels"])
def test_every_plug_in_is_documented(folder: str) -> None:
    known = {path.stem for path in (SOURCE / folder).glob("*.py") if not path.stem.startswith("_")}
    assert known
    concepts = (DOCS / "concepts.md").read_text()
    assert [name for name in sorted(known) if f"`{name}`" not in concepts] == []


def test_every_hold_is_explained() -> None:
    source = ast.parse((SOURCE / "failover" / "rules" / "decide.py").read_text())
    (reasons,) = [node for node in source.body if isinstance(node, ast.ClassDef) and node.name == "Reason"]
    values = {
        node.value.value
        for node in reasons.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    told = (DOCS / "fail-over.md").read_text()
    not_holds = {"healthy", "late", "no_active", "unknown", "silent", "haproxy_inactive", "failback"}
    assert [value for value in sorted(values - not_holds) if f"`{value}`" not in told] == []


def test_every_command_that_a_page_names_exists() -> None:
    missing = []
    for page in PAGES:
        for words in re.findall(r"serversctl((?: [a-z]+)+)", page.read_text()):
            command: click.Command = cli
            for word in words.split():
                if not isinstance(command, click.Group):
                    break
                found = command.get_command(click.Context(command), word)
                if found is None:
                    missing.append(f"{page.name}: serversctl{words}")
                    break
                command = found
    assert missing == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for words in re.findall(r"`make ([a-z0-9 -]+)`", text_of_all()) for word in words.split()}
    assert named - targets == set()


def test_the_targets_of_the_contract_are_there_and_explained() -> None:
    shown = subprocess.run(["make", "-C", str(ROOT), "help"], capture_output=True, text=True, check=True).stdout
    for target in [
        "demo",
        "test",
        "up",
        "setup",
        "lint",
        "format",
        "bench",
        "soak",
        "screenshots",
        "openapi",
        "help",
        "agent",
        "migration",
        "clean",
        "lock",
    ]:
        assert re.search(rf"^  {target} +\S", shown, re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES, ids=names_of(PAGES))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        at = (page.parent / path).resolve() if path else page
        if not at.exists() or (anchor and anchor not in anchors(at)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [p for p in DOCS.rglob("*.md") if "```sh" in p.read_text()], ids=lambda p: p.name)
def test_shell_blocks_run(page: Path, tmp_path: Path) -> None:
    """Blocks marked `sh` are run as they stand, in an empty installation with one user."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "secret.key").write_text("k" * 64)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SERVERSCTL_")}
    environ = {
        **clean,
        "SERVERSCTL_DATA_DIR": str(data),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    prepare = "serversctl db upgrade\n"
    if page.name != "install.md":
        prepare += "echo 'a good long passphrase' | serversctl user create --email ops@example.com --password-stdin\n"
    script = "set -eu\n" + prepare + "\n".join(re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL))
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_page_is_left_out_of_the_index() -> None:
    index = (DOCS / "README.md").read_text()
    assert [page.name for page in DOCS.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index] == []
