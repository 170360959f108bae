"""The extension's manifest, and what is written in two places."""

import ast
import fnmatch
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TAGS = {
    "3D View",
    "Add Curve",
    "Add Mesh",
    "Animation",
    "Bake",
    "Camera",
    "Compositing",
    "Development",
    "Game Engine",
    "Geometry Nodes",
    "Grease Pencil",
    "Import-Export",
    "Lighting",
    "Material",
    "Mesh",
    "Modeling",
    "Motion Graphics",
    "Node",
    "Object",
    "Paint",
    "Physics",
    "Pipeline",
    "Render",
    "Rigging",
    "Scene",
    "Sculpt",
    "Sequencer",
    "System",
    "Text Editor",
    "Tracking",
    "User Interface",
    "UV",
}
"""Blender's list."""
SHIPPED = (
    "__init__.py",
    "blender_manifest.toml",
    "LICENSE",
    "README.md",
    "core",
    "requirements",
    "stylize_addon",
    "weights",
)


def test_version_is_one():
    assert MANIFEST["version"] == PROJECT["version"]
    assert f"## {MANIFEST['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_fields():
    assert MANIFEST["id"] == "stylize"
    assert MANIFEST["type"] == "add-on"
    assert MANIFEST["blender_version_min"] == "4.2.0"
    assert MANIFEST["license"] == ["SPDX:GPL-3.0-or-later"]
    assert set(MANIFEST["tags"]) <= TAGS
    assert set(MANIFEST["permissions"]) == {"files", "network"}


@pytest.mark.parametrize("text", [MANIFEST["tagline"], *MANIFEST["permissions"].values()])
def test_short_texts_are_as_blender_wants_them(text):
    assert len(text) <= 64
    assert re.search(r"[\w)\]}]$", text)


def test_the_zip_holds_the_extension_alone():
    """Everything at the top is shipped by intent or left out by a pattern."""
    patterns = MANIFEST["build"]["paths_exclude_pattern"]
    for path in ROOT.iterdir():
        name = path.name + "/" if path.is_dir() else path.name
        left_out = any(
            fnmatch.fnmatch(name, p.lstrip("/")) or fnmatch.fnmatch(path.name, p) for p in patterns
        )
        assert left_out != (path.name in SHIPPED), (
            f"{name} is {'left out' if left_out else 'shipped'}"
        )


def test_the_root_imports_nothing_before_it_is_enabled():
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    assert not [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "stylize_addon").rglob("*.py")), ids=lambda p: p.name
)
def test_the_addon_imports_relatively_and_no_torch(path):
    """Inside Blender the package has another name, and torch belongs to the engine's process."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] not in ("core", "stylize_addon", "torch"), f"{path}: {name}"
