"""Who may know whom. Read off the imports, so nothing has to be imported."""

import ast
from pathlib import Path

import pytest

CORE = Path(__file__).resolve().parent.parent / "core"
FILES = sorted(CORE.rglob("*.py"))
BELOW = {
    "errors": (),
    "progress": (),
    "card": ("errors",),
    "settings": ("card",),
    "typed": ("errors",),
    "damage": ("errors",),
    "arrays": (),
    "identity": (),
    "durable": ("identity",),
    "job": ("errors", "typed"),
    "film": ("errors", "job", "typed"),
    "tiling": ("progress",),
    "device": ("errors", "tiling"),
    "threads": (),
    "color": ("errors",),
    "formats": ("errors", "color", "damage", "durable"),
    "image": ("lazy", "shown", "errors", "color", "formats"),
    "styles": ("errors", "npr"),
    "metrics": ("errors", "surface"),
    "labels": ("image", "errors"),
    "depth": ("image", "errors", "formats"),
    "passes": ("image", "color", "depth", "errors", "formats"),
    "choose": ("catalog", "job", "styles"),
    "nn": ("errors", "progress", "tiling"),
    "checkpoints": ("nn", "errors", "progress", "damage", "arrays"),
    "contract": ("checkpoints", "errors", "progress", "tiling"),
    "catalog": ("card", "errors", "methods"),
    "lazy": ("tiling",),
    "shown": ("color", "lazy", "tiling"),
    "look": (
        "card",
        "catalog",
        "color",
        "contract",
        "image",
        "lazy",
        "nn",
        "progress",
        "surface",
        "tiling",
    ),
    "surface": (
        "lazy",
        "tiling",
        "contract",
        "nn",
        "image",
        "color",
        "errors",
        "progress",
        "damage",
        "arrays",
    ),
    "wrapping": ("surface", "image", "job", "lazy"),
    "video": ("checkpoints", "damage", "durable", "errors", "identity", "nn", "typed"),
    "npr": ("tiling", "nn", "image", "color", "errors", "progress"),
    "published": ("methods", "checkpoints", "damage", "errors"),
    "untrained": ("methods", "checkpoints", "nn"),
    "methods": (
        "card",
        "settings",
        "contract",
        "tiling",
        "checkpoints",
        "nn",
        "color",
        "damage",
        "errors",
        "progress",
    ),
}
"""Package → what it may import; those not named here (run, cli, worker, train …) may import any of these."""
TOP = (
    "inputs",
    "run",
    "footage",
    "regions",
    "studio",
    "shot",
    "two_way",
    "sequence",
    "farm",
    "cli",
    "worker",
    "train",
    "measure",
    "bench",
    "bench_surfaces",
    "bench_tasks",
    "parity",
    "__main__",
    "__init__",
)


def place(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(CORE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def unit(parts: tuple[str, ...]) -> str:
    """Return the part of core that a file belongs to."""
    return "published" if parts[:2] == ("checkpoints", "published") else parts[0]


def imports(path: Path) -> list[tuple[ast.ImportFrom | ast.Import, tuple[str, ...]]]:
    """Return each import with the place below core that it names; () for what lies outside."""
    package = path.relative_to(CORE).parts[:-1]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            assert len(package) >= node.level - 1, f"{path}: an import that leaves core"
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


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(CORE)))
def test_imports_point_downward(path):
    here = unit(place(path))
    if here in TOP:
        return
    assert here in BELOW, f"{here} is new: say in this test what it may know"
    for node, target in imports(path):
        if target and unit(target) != here:
            assert unit(target) in BELOW[here], (
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


def test_lower_parts_do_not_know_the_edge():
    for path in FILES:
        if place(path)[0] not in TOP:
            known = {unit(target) for _, target in imports(path) if target}
            assert not known & set(TOP), f"{path} imports {known & set(TOP)}"


def test_only_the_edge_prints():
    for path in FILES:
        if place(path)[0] in ("cli", "worker", "__main__", "bench"):
            continue
        calls = [
            n
            for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(n, ast.Call)
        ]
        printed = [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
        assert not printed, f"{path} prints in line {printed}"


@pytest.mark.parametrize(
    "module", ["core.catalog", "core.cli", "core.card", "core.job", "core.styles"]
)
def test_drawing_from_the_catalogue_needs_no_torch(python, module):
    code = f"import sys, {module}; print([m for m in ('torch', 'numpy', 'PIL', 'cv2') if m in sys.modules])"
    done = python("-c", code)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


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
