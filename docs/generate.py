"""Write the parts of these pages that the code knows best: settings, commands, refusals.

`make docs` writes them; a test fails while they are stale.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import cast

import click

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
SOURCE = ROOT / "backend" / "serversctl"
sys.path.insert(0, str(ROOT / "backend"))

from serversctl.cli.main import ByFolder, cli  # noqa: E402
from serversctl.kernel import errors  # noqa: E402
from serversctl.kernel.settings import PREFIX, Settings  # noqa: E402
from serversctl.web.problems import PLAIN_CODES  # noqa: E402

REFUSALS = {
    name: thing.status
    for name, thing in vars(errors).items()
    if isinstance(thing, type) and issubclass(thing, errors.DomainError)
}


def settings() -> str:
    """Every SERVERSCTL_ name with its default and meaning."""
    rows = ["| name | default | meaning |", "| --- | --- | --- |"]
    for spec in fields(Settings):
        default = spec.default
        shown = "" if default in ("", ()) else f"`{default}`"
        rows.append(f"| `{PREFIX}{spec.name.upper()}` | {shown} | {_cell(spec.metadata['meaning'])} |")
    return "\n".join(rows)


def agent_settings() -> str:
    """Every BALCTL_ name, read from the agent's own list without importing the agent."""
    tree = ast.parse((ROOT / "agent" / "balctl_agent" / "config.py").read_text())
    assigned = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    names = cast("ast.Dict", assigned["SETTING_NAMES"])
    rows = ["| name | default | meaning |", "| --- | --- | --- |"]
    for name, value in zip(names.keys, names.values, strict=True):
        default, meaning = cast("ast.Tuple", value).elts
        text = ast.literal_eval(assigned[default.id] if isinstance(default, ast.Name) else default)
        rows.append(f"| `{_literal(name)}` | {f'`{text}`' if text else ''} | {_cell(_literal(meaning))} |")
    return "\n".join(rows)


def _literal(node: ast.expr | None) -> str:
    return str(ast.literal_eval(cast("ast.expr", node)))


def commands() -> str:
    """The help of every command."""
    parts = []
    for path, command in sorted(_leaves(cli, ("serversctl",))):
        # A command keeps the first help option that it was shown with, so name it as the program does.
        context = click.Context(
            command, info_name=" ".join(path), terminal_width=100, help_option_names=["-h", "--help"]
        )
        parts.append(f"## {' '.join(path)}\n\n```text\n{command.get_help(context)}\n```")
    return "\n\n".join(parts)


def refusals() -> str:
    """Every `code` with its status and sentence, found where the code raises it."""
    found: dict[str, tuple[int, str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for code, status, sentence in refusals_in(ast.parse(path.read_text())):
            if code not in found or len(sentence) > len(found[code][1]):
                found[code] = (status, sentence)
    rows = ["| code | status | what it says |", "| --- | --- | --- |"]
    rows += [f"| `{code}` | {status} | {_cell(sentence)} |" for code, (status, sentence) in sorted(found.items())]
    return "\n".join(rows)


def plain_refusals() -> str:
    rows = ["| code | status |", "| --- | --- |"]
    return "\n".join(rows + [f"| `{code}` | {status} |" for status, code in sorted(PLAIN_CODES.items())])


def decisions() -> str:
    """The titles of the decision records."""
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    return "\n".join(f"- [{page.read_text().splitlines()[0].removeprefix('# ')}]({page.name})" for page in pages)


def refusals_in(tree: ast.AST) -> Iterator[tuple[str, int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        code = node.args[0]
        if name in REFUSALS and isinstance(code, ast.Constant) and isinstance(code.value, str):
            yield code.value, _status(node) or REFUSALS[name], _sentence(node.args[1])


def _status(call: ast.Call) -> int | None:
    given = next((word.value for word in call.keywords if word.arg == "status"), None)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, int) else None


def _sentence(node: ast.expr) -> str:
    """The text of a message; what is filled in at run time shows as `…`."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_sentence(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _sentence(node.left) + _sentence(node.right)
    return "…"


def _leaves(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    found = group.all_commands() if isinstance(group, ByFolder) else group.commands
    for name, command in found.items():
        if isinstance(command, click.Group):
            yield from _leaves(command, (*path, name))
        else:
            yield (*path, name), command


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


PARTS: dict[str, Callable[[], str]] = {
    "settings": settings,
    "agent settings": agent_settings,
    "commands": commands,
    "refusals": refusals,
    "plain refusals": plain_refusals,
    "decisions": decisions,
}
MARKED = re.compile(r"(<!-- generated: (?P<name>[a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str) -> str:
    """A page with each marked part as the code has it now."""
    return MARKED.sub(lambda found: f"{found[1]}\n{PARTS[found['name']]()}\n\n{found[3]}", page)


def main() -> None:
    for path in sorted(DOCS.rglob("*.md")):
        before = path.read_text()
        after = filled(before)
        if after != before:
            path.write_text(after)
            sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
