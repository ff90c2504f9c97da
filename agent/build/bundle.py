"""Write the agent package as one readable file that means the same.

It refuses what one file cannot say faithfully, instead of warning:
  * package imports are `from .module import a, b`, at the top, without `as`
    (`from . import commands` only makes the package load its files; it is dropped)
  * all other imports are standard library, at the top, spelled the same in every module
  * a top-level name belongs to one module; no name hides an import
  * no import cycle; grammar of the oldest Python that hosts have
  * an `__init__.py` holds nothing but loading code
"""

from __future__ import annotations

import ast
import hashlib
import sys
from pathlib import Path

OLDEST = (3, 9)
LOADING_NODES = (ast.Expr, ast.Import, ast.ImportFrom, ast.For)


class Refused(Exception):
    """The package uses something that one file cannot express faithfully."""


class Bundle:
    def __init__(self, package: Path) -> None:
        paths = sorted(package.rglob("*.py"))
        for path in paths:
            if path.name == "__init__.py":
                check_loader(path)
        self.sources = {
            p.relative_to(package).with_suffix("").as_posix(): p.read_text("utf-8")
            for p in paths
            if p.name != "__init__.py"
        }
        self.packages = {p.parent.relative_to(package).as_posix() for p in paths if p.name == "__init__.py"}
        self.imports: dict[str, tuple[str, str]] = {}  # bound name -> (statement, first module)
        self.owner: dict[str, str] = {}  # top-level name -> module
        self.needs: dict[str, list[str]] = {}  # module -> package modules it imports
        self.taken: dict[str, list[tuple[str, str, int]]] = {}  # module -> (name, from module, line)
        self.body: dict[str, str] = {}
        for module in self.sources:
            self._read(module)
        for name in sorted(self.imports.keys() & self.owner.keys()):
            raise Refused(f"{self.owner[name]}: {name} hides an import")
        self._check_taken()
        self._order()

    def _read(self, module: str) -> None:
        source = self.sources[module]
        tree = ast.parse(source, module, feature_version=OLDEST)
        dropped: set[int] = set()
        self.needs[module], self.taken[module] = [], []
        for node in tree.body:
            for inner in ast.walk(node):
                if inner is not node and isinstance(inner, (ast.Import, ast.ImportFrom)):
                    raise Refused(f"{module}:{inner.lineno}: import below the top level")
                if isinstance(inner, ast.Global):
                    raise Refused(f"{module}:{inner.lineno}: global statement: keep state in an object")
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                dropped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
                self._import(module, node)
            for name in bound_names(node):
                if self.owner.setdefault(name, module) != module:
                    raise Refused(f"{module}:{node.lineno}: {name} is defined in {self.owner[name]} too")
        doc = ast.get_docstring(tree)
        if doc is None:
            raise Refused(f"{module}: no docstring says what this module is for")
        dropped.update(range(tree.body[0].lineno, (tree.body[0].end_lineno or 1) + 1))
        kept = [line for number, line in enumerate(source.splitlines(), 1) if number not in dropped]
        head = [f"# ==== {module}.py ====", *(f"# {line}".rstrip() for line in doc.splitlines())]
        self.body[module] = "\n".join(head) + "\n\n" + "\n".join(kept).strip("\n") + "\n"

    def _import(self, module: str, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.ImportFrom) and node.level:
            if node.module is None:
                for alias in node.names:
                    if alias.name not in self.packages or alias.asname:
                        raise Refused(f"{module}:{node.lineno}: `from . import {alias.name}`: name what you need of it")
                return
            if any(alias.asname for alias in node.names):
                raise Refused(f"{module}:{node.lineno}: `as` on a package import")
            parents = module.split("/")[: -node.level]
            target = "/".join(parents + node.module.split("."))
            if target not in self.sources:
                raise Refused(f"{module}:{node.lineno}: there is no module {target}")
            self.needs[module].append(target)
            self.taken[module] += [(alias.name, target, node.lineno) for alias in node.names]
            return
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return
        for alias in node.names:
            origin = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
            if origin.split(".")[0] not in sys.stdlib_module_names:
                raise Refused(f"{module}:{node.lineno}: {origin} is not in the standard library")
            renamed = f" as {alias.asname}" if alias.asname else ""
            if isinstance(node, ast.ImportFrom):
                statement, name = f"from {origin} import {alias.name}{renamed}", alias.asname or alias.name
            else:
                statement, name = f"import {origin}{renamed}", alias.asname or origin.split(".")[0]
            known = self.imports.setdefault(name, (statement, module))
            if known[0] != statement:
                raise Refused(f"{module}:{node.lineno}: `{statement}`, but {known[1]} has `{known[0]}`")

    def _check_taken(self) -> None:
        for module, rows in self.taken.items():
            for name, target, line in rows:
                if self.owner.get(name) != target:
                    raise Refused(f"{module}:{line}: {name} is not defined in {target}")

    def _order(self) -> list[str]:
        done: list[str] = []

        def visit(module: str, trail: tuple[str, ...]) -> None:
            if module in trail:
                raise Refused("import cycle: " + " -> ".join((*trail, module)))
            if module not in done:
                for need in sorted(self.needs[module]):
                    visit(need, (*trail, module))
                done.append(module)

        for module in sorted(self.sources, key=lambda m: (m == "__main__", m)):
            visit(module, ())
        return done

    def render(self, version: int) -> str:
        digest = hashlib.sha256()
        for module, source in sorted(self.sources.items()):
            digest.update(f"{module}\0{source}\0".encode())
        statements = sorted(
            {statement for statement, _ in self.imports.values()}, key=lambda s: (s.startswith("from"), s)
        )
        return "\n".join(
            [
                "#!/usr/bin/env python3",
                "# Built from agent/balctl_agent by `make agent`: change the modules there, not this file.",
                f"# version {version}, source sha256 {digest.hexdigest()}",
                "from __future__ import annotations",
                "",
                *statements,
                "",
                "",
                "\n\n".join(self.body[module] for module in self._order()),
            ]
        )


def check_loader(path: Path) -> None:
    """The one file has no use for package initialisers, so they must hold nothing that it would miss."""
    for node in ast.parse(path.read_text("utf-8"), str(path), feature_version=OLDEST).body:
        if not isinstance(node, LOADING_NODES):
            raise Refused(
                f"{path.parent.name}/__init__.py:{node.lineno}: holds more than loading code, which the one file would lose"
            )


def bound_names(node: ast.stmt) -> list[str]:
    """Names that a statement at the top level defines, also below if, try, with and for."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)]
    if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
        inner = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
        inner += [child for handler in getattr(node, "handlers", []) for child in handler.body]
        return [name for child in inner for name in bound_names(child)]
    return []
