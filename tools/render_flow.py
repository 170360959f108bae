"""Render short sequences of random scenes with their exact motion: python tools/render_flow.py FOLDER.

Runs in a Python that holds bpy (5.0 or newer, whose OpenImageIO is used). Every shard, FOLDER/motion_0000.npz
and so on, holds N sequences of T frames:

  frames    uint8 (N, T, 3, H, W)        sRGB, antialiased
  backward  float16 (N, T - 1, 2, H, W)  on all frames but the first: the way back to the frame before
  forward   float16 (N, T - 1, 2, H, W)  on all frames but the last: the way to the frame after
  occluded  uint8 (N, T - 1, 1, H, W)    on all frames but the first: 1 where the one before does not show it
  depth     float32 (N, T, 1, H, W)      scene units
  index     uint8 (N, T, 1, H, W)        number of the object

Flows are in pixels, x to the right and y downward. They, depth and index belong to the centres of pixels.
"""

import argparse
import math
import random
import sys
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Material, Node, Object

if bpy.app.version < (5, 0, 0):
    sys.exit(f"bpy {bpy.app.version_string} is too old: run this where bpy is 5.0 or newer")
bpy.utils.expose_bundled_modules()
import OpenImageIO as oiio  # noqa: E402  # it comes with bpy

PRIMITIVES = ("cube", "uv_sphere", "ico_sphere", "cone", "cylinder", "torus", "monkey")
TEXTURES = {
    "ShaderNodeTexNoise": ("Scale", 2.0, 9.0),
    "ShaderNodeTexVoronoi": ("Scale", 2.0, 9.0),
    "ShaderNodeTexWave": ("Scale", 1.0, 4.0),
    "ShaderNodeTexMagic": ("Scale", 1.0, 4.0),
    "ShaderNodeTexChecker": ("Scale", 3.0, 9.0),
    "ShaderNodeTexBrick": ("Scale", 2.0, 6.0),
}
"""Procedural textures: the input that says how fine they are, and its range."""
ROOM = 12.0
"""Half the side of the room that closes every view, scene units."""
NEAR, FAR = 3.0, 9.0
"""Distances of objects from the camera."""
LAND = 1.5
"""How near to a pixel what stood there before must land to be the same, pixels."""


class Chance(random.Random):
    """What is random in one sequence."""

    def point(self, size: float) -> tuple[float, float, float]:
        """Return a point of a cube around the origin."""
        return (self.uniform(-size, size), self.uniform(-size, size), self.uniform(-size, size))

    def color(self) -> tuple[float, float, float, float]:
        """Return a colour, linear RGBA."""
        return (self.random() ** 1.5, self.random() ** 1.5, self.random() ** 1.5, 1.0)


def build(chance: Chance, frames: int, *, flat: bool) -> None:
    """Fill the empty scene with a room, objects, light and camera, all in motion."""
    room = primitive("cube", chance, flat=flat)
    room.scale, room.pass_index = (ROOM, ROOM, ROOM), 1
    hold = chance.random() < 0.2  # a still camera in every fifth
    pace = 0.0 if hold else 10 ** chance.uniform(-2, -0.45)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens = chance.uniform(24, 70)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    move(camera, (0, 0, 0), (math.pi / 2, 0, 0), chance, frames, (pace, pace * 0.12))
    for number in range(2, 2 + chance.randint(3, 9)):
        scatter(number, 14.4 / camera.data.lens, chance, frames, flat=flat)
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.angle = chance.uniform(1.5, 3.5), 0.0
    sun.data.use_shadow = chance.random() < 0.5
    sun.rotation_euler = (chance.uniform(0, 1), chance.uniform(0, 1), chance.uniform(0, 6))
    bpy.context.scene.collection.objects.link(sun)


def scatter(number: int, aside: float, chance: Chance, frames: int, *, flat: bool) -> None:
    """Add a moving object somewhere in view; ``aside`` is half the view's width at distance 1."""
    thing = primitive(chance.choice(PRIMITIVES), chance, flat=flat)
    thing.pass_index, thing.scale = number, [chance.uniform(0.4, 1.3)] * 3
    away = chance.uniform(NEAR, FAR)
    across, up = chance.uniform(-aside, aside), 0.7 * chance.uniform(-aside, aside)
    pace = 0.0 if chance.random() < 0.25 else 10 ** chance.uniform(-2, -0.3)
    turn = chance.point(math.pi)
    move(thing, (across * away, away, up * away), turn, chance, frames, (pace, pace * 0.6))
    if chance.random() < 0.3:
        bend(thing, chance, frames)


def primitive(kind: str, chance: Chance, *, flat: bool) -> Object:
    """Add a mesh with a material of its own."""
    getattr(bpy.ops.mesh, f"primitive_{kind}_add")()
    thing = bpy.context.object
    if kind in ("uv_sphere", "torus", "monkey"):
        bpy.ops.object.shade_smooth()
    thing.data.materials.append(material(chance, flat=flat))
    return thing


def material(chance: Chance, *, flat: bool) -> Material:
    """Return a random texture over the object's own coordinates; ``flat`` glows and knows no light."""
    made = bpy.data.materials.new("Skin")
    nodes, links = made.node_tree.nodes, made.node_tree.links
    nodes.clear()
    coordinates = nodes.new("ShaderNodeTexCoord")
    coarse, fine = (textured(nodes, links, coordinates, chance, k) for k in (1.0, 2.2))
    mix = nodes.new("ShaderNodeMix")
    mix.data_type, mix.blend_type = "RGBA", chance.choice(("MIX", "OVERLAY", "MULTIPLY"))
    mix.inputs["Factor"].default_value = chance.uniform(0.2, 0.6)
    color_inputs = [s for s in mix.inputs if s.type == "RGBA"]
    for socket, color in zip(color_inputs, (coarse, fine), strict=True):
        links.new(socket, color.outputs["Color"])
    color = next(s for s in mix.outputs if s.type == "RGBA")
    glow, lit = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeBsdfDiffuse")
    both, output = nodes.new("ShaderNodeAddShader"), nodes.new("ShaderNodeOutputMaterial")
    glow.inputs["Strength"].default_value = 1.0 if flat else 0.35
    links.new(glow.inputs["Color"], color)
    if not flat:
        links.new(lit.inputs["Color"], color)
        links.new(both.inputs[0], lit.outputs[0])
        links.new(both.inputs[1], glow.outputs[0])
    links.new(output.inputs["Surface"], (glow if flat else both).outputs[0])
    return made


def textured(nodes, links, coordinates: Node, chance: Chance, finer: float) -> Node:
    """Return a colour ramp over a random texture, ``finer`` times as fine as it would be."""
    kind = chance.choice(list(TEXTURES))
    socket, low, high = TEXTURES[kind]
    texture, ramp = nodes.new(kind), nodes.new("ShaderNodeValToRGB")
    texture.inputs[socket].default_value = chance.uniform(low, high) * finer
    links.new(texture.inputs["Vector"], coordinates.outputs["Object"])
    result = next(o for o in texture.outputs if o.name in ("Fac", "Factor", "Distance", "Color"))
    links.new(ramp.inputs[0], result)
    for place in (0.35, 0.65):
        ramp.color_ramp.elements.new(place)
    for element in ramp.color_ramp.elements:
        element.color = chance.color()
    return ramp


def move(
    thing: Object,
    place: tuple[float, float, float],
    turn: tuple[float, float, float],
    chance: Chance,
    frames: int,
    pace: tuple[float, float],
) -> None:
    """Let an object move and turn, ``pace`` scene units and radians a frame, one frame beyond both ends."""
    way, spin = chance.point(pace[0]), chance.point(pace[1])
    for frame in range(-1, frames + 2):
        thing.location = [a + frame * b for a, b in zip(place, way, strict=True)]
        thing.rotation_euler = [a + frame * b for a, b in zip(turn, spin, strict=True)]
        thing.keyframe_insert("location", frame=frame)
        thing.keyframe_insert("rotation_euler", frame=frame)


def bend(thing: Object, chance: Chance, frames: int) -> None:
    """Let an object twist or bend a little more from frame to frame."""
    deform = thing.modifiers.new("Bend", "SIMPLE_DEFORM")
    deform.deform_method = chance.choice(("TWIST", "BEND", "TAPER"))
    pace = chance.uniform(-0.12, 0.12)
    for frame in range(-1, frames + 2):
        deform.factor = pace * frame
        deform.keyframe_insert("factor", frame=frame)


def clear() -> None:
    """Empty the file but for its scene."""
    for kind in ("objects", "meshes", "materials", "lights", "cameras", "actions"):
        bpy.data.batch_remove(getattr(bpy.data, kind))


def settle(size: tuple[int, int], threads: int) -> None:
    """Set what does not change: engine, passes, size, colours as they are."""
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.cycles.max_bounces, scene.cycles.use_adaptive_sampling = 0, False
    scene.cycles.use_denoising, scene.render.dither_intensity = False, 0.0
    scene.view_settings.view_transform = "Standard"
    scene.render.use_persistent_data = True
    layer = bpy.context.view_layer
    layer.use_pass_vector = layer.use_pass_z = layer.use_pass_object_index = True


def render(frame: int, path: Path, samples: int) -> None:
    """Render a frame: with samples antialiased to PNG, with none the passes at pixels' centres to EXR."""
    scene = bpy.context.scene
    settings = scene.render.image_settings
    scene.cycles.samples = samples or 1
    scene.cycles.filter_width = 1.5 if samples else 0.01
    if samples:
        settings.media_type, settings.file_format = "IMAGE", "PNG"
        settings.color_mode, settings.color_depth = "RGB", "8"
    else:
        settings.media_type = "MULTI_LAYER_IMAGE"
        settings.color_depth, settings.use_exr_interleave = "32", True
    scene.frame_set(frame)
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def read(path: Path) -> dict[str, np.ndarray]:
    """Return the channels of a picture by the last two parts of their names, each (H, W)."""
    opened = oiio.ImageInput.open(str(path))
    names, pixels = opened.spec().channelnames, opened.read_image("float")
    opened.close()
    return {".".join(n.split(".")[-2:]): pixels[..., i] for i, n in enumerate(names)}


def sequence(chance: Chance, frames: int, samples: int, folder: Path, *, flat: bool) -> dict:
    """Return one sequence's arrays, as the shards hold them but for the first axis."""
    clear()
    build(chance, frames, flat=flat)
    pictures, passes = [], []
    for frame in range(frames):
        render(frame, folder / "seen.png", samples)
        render(frame, folder / "known.exr", 0)
        seen = read(folder / "seen.png")
        pictures.append(np.stack([seen[k] for k in "RGB"]))
        passes.append(read(folder / "known.exr"))
    index = np.stack([one[_name(one, "Index.X")] for one in passes])[:, None]
    vectors = [{k: one[_name(one, f"Vector.{k}")] for k in "XYZW"} for one in passes]
    backward = np.stack([np.stack([v["X"], -v["Y"]]) for v in vectors[1:]])
    forward = np.stack([np.stack([-v["Z"], v["W"]]) for v in vectors[:-1]])
    hidden = [
        occluded(backward[t], forward[t], index[t, 0], index[t + 1, 0]) for t in range(frames - 1)
    ]
    depth = np.stack([one[_name(one, "Depth.")] for one in passes])[:, None]
    return {
        "frames": np.round(np.stack(pictures) * 255).astype(np.uint8),
        "backward": backward.astype(np.float16),
        "forward": forward.astype(np.float16),
        "occluded": np.stack(hidden)[:, None].astype(np.uint8),
        "depth": depth.astype(np.float32),
        "index": index.astype(np.uint8),
    }


def _name(channels: dict, part: str) -> str:
    return next(name for name in channels if part in name)


def occluded(
    backward: np.ndarray, forward: np.ndarray, before: np.ndarray, now: np.ndarray
) -> np.ndarray:
    """Return where the frame before does not show a pixel of this one, (H, W).

    It does where one of the four pixels around the place that the backward flow names shows the same
    object, and its own forward flow leads back to the pixel.
    """
    height, width = now.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    x, y = columns + backward[0], rows + backward[1]
    shown = np.zeros(now.shape, bool)
    for down in (0, 1):
        for right in (0, 1):
            column = np.clip(np.floor(x).astype(int) + right, 0, width - 1)
            row = np.clip(np.floor(y).astype(int) + down, 0, height - 1)
            lands = np.hypot(
                column + forward[0, row, column] - columns, row + forward[1, row, column] - rows
            )
            shown |= (before[row, column] == now) & (lands < LAND)
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    return ~(shown & inside)


def main() -> None:
    """Render shards until there are as many as wanted; those that are there are kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shards", type=int, default=4, help="how many files (4)")
    parser.add_argument("--sequences", type=int, default=16, help="in each (16)")
    parser.add_argument("--frames", type=int, default=3, help="of a sequence (3)")
    parser.add_argument("--size", type=int, nargs=2, default=(192, 128), metavar=("W", "H"))
    parser.add_argument("--samples", type=int, default=8, help="of the pictures (8)")
    parser.add_argument("--seed", type=int, default=0, help="number of the first shard (0)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--flat", action="store_true", help="no light: what moves keeps its colour")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    settle(tuple(options.size), options.threads)
    for number in range(options.seed, options.seed + options.shards):
        path = options.folder / f"motion_{number:04d}.npz"
        if not path.exists():
            began = time.monotonic()
            write(path, shard(number, options))
            print(f"{path}  {path.stat().st_size // 1000} kB  {time.monotonic() - began:.0f} s")


def shard(number: int, options: argparse.Namespace) -> dict:
    """Return a shard's arrays; everything random in it comes from its number."""
    with tempfile.TemporaryDirectory() as folder:
        found = [
            sequence(
                Chance(number * 10_000 + k),
                options.frames,
                options.samples,
                Path(folder),
                flat=options.flat,
            )
            for k in range(options.sequences)
        ]
    return {key: np.stack([one[key] for one in found]) for key in found[0]}


def write(path: Path, arrays: dict) -> None:
    """Write a shard, whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(file, **arrays)
    part.replace(path)


if __name__ == "__main__":
    main()
