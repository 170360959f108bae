"""Who may know whom. Read off the imports, so nothing has to be imported."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from .rooms import ADDON_BELOW, ARRAYS, BELOW, EDGE

ROOT = Path(__file__).resolve().parent.parent
CORE, ADDON = ROOT / "core", ROOT / "stylize_addon"
FILES = sorted(CORE.rglob("*.py"))


def place(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(ADDON if ADDON in path.parents else CORE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def imports(path: Path) -> list[tuple[ast.ImportFrom | ast.Import, tuple[str, ...]]]:
    """Return each import with the place below its top folder that it names; () for what lies outside."""
    top = ADDON if ADDON in path.parents else CORE
    package = path.relative_to(top).parts[:-1]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            if len(package) < node.level - 1:
                assert top == ADDON, f"{path}: an import that leaves core"
                continue
            module = (*base, *(node.module or "").split(".")) if node.module else base
            names = [(*module, alias.name) for alias in node.names] if not node.module else [module]
            found += [(node, name) for name in names]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.append((node, ()))
    return found


def outside(node: ast.ImportFrom | ast.Import) -> list[str]:
    names = (
        [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    )
    return [name.split(".")[0] for name in names]


@pytest.mark.parametrize("below", [BELOW, ADDON_BELOW], ids=["core", "stylize_addon"])
def test_rooms_stand_above_one_another(below):
    """No room imports one above it: what may be imported stands higher up in the list."""
    rooms = list(below)
    assert list(TopologicalSorter(below).static_order())  # no circle
    for number, (room, known) in enumerate(below.items()):
        assert set(known) <= set(rooms[:number]), f"{room} would import upward"


@pytest.mark.parametrize("top", [CORE, ADDON], ids=lambda p: p.name)
def test_imports_point_downward(top):
    below = BELOW if top == CORE else ADDON_BELOW
    for path in sorted(top.rglob("*.py")):
        here = place(path)[0]
        assert here in below, f"{here} is new: say in tests/rooms.py what it may know"
        for node, target in imports(path):
            if target and target[0] and target[0] != here:
                assert target[0] in below[here], (
                    f"{path}:{node.lineno}: {here} must not know {target}"
                )


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(CORE)))
def test_core_knows_neither_blender_nor_its_own_name(path):
    for node, target in imports(path):
        if not target:
            assert not {"bpy", "core", "stylize_addon"} & set(outside(node)), (
                f"{path}:{node.lineno}"
            )


def test_a_method_never_imports_another():
    for path in sorted((CORE / "methods").rglob("*.py")):
        own = place(path)[1:2]
        for node, target in imports(path):
            if target[:1] == ("methods",) and own:
                assert target[1:2] in (own, ()), (
                    f"{path}:{node.lineno}: {own[0]} imports {target[1]}"
                )


def test_only_the_edge_prints():
    for path in FILES:
        if place(path)[0] in EDGE:
            continue
        calls = [
            n
            for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(n, ast.Call)
        ]
        printed = [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
        assert not printed, f"{path} prints in line {printed}"


@pytest.mark.parametrize(
    "module",
    [
        "core.catalog",
        "core.cli",
        "core.card",
        "core.request.picture_job",
        "core.request.sequence_job",
        "core.request.toon_job",
        "core.styles",
    ],
)
def test_drawing_from_the_catalogue_needs_no_torch(python, module):
    code = f"import sys, {module}; print([m for m in ('torch', 'numpy', 'PIL', 'cv2') if m in sys.modules])"
    done = python("-c", code)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_what_surrounds_the_networks_needs_no_torch(python):
    """One process loads them all and tells which was the first that loaded torch."""
    named = {".".join(place(path)): path for path in FILES}
    wanted = [m for m in named if any(m == one or m.startswith(f"{one}.") for one in ARRAYS)]
    assert all(any(m == one or m.startswith(f"{one}.") for m in wanted) for one in ARRAYS)
    code = (
        "import sys, importlib\n"
        f"for name in {sorted(wanted)}:\n"
        "    importlib.import_module('core.' + name)\n"
        "    if 'torch' in sys.modules: sys.exit(name + ' loads torch')"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sizes_stay_readable():
    long_files = [p for p in FILES if len(p.read_text(encoding="utf-8").splitlines()) > 400]
    assert not long_files
    long_functions = [
        f"{path.name}:{node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 40
    ]
    assert not long_functions


def test_every_public_name_is_described():
    bare = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        bare += [
            f"{path.name}:{n.name}" for n in named if n.name[0] != "_" and not ast.get_docstring(n)
        ]
    assert not bare
