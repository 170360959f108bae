"""Reading a sequence's frames: pictures with their passes, and the motion between them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..color import SRGB, Floats, View
from ..contract import Step
from ..errors import ParamsError, PictureError
from ..files.damage import explain_damage
from ..formats.kinds import recognise
from ..imaging.image import Image, load_image
from ..passes import (
    Camera,
    Passes,
    Vectors,
    camera_flow,
    decode_passes,
    fill_background,
    from_display,
    has_pass,
    object_map,
    open_passes,
    open_view,
    pass_names,
    read_depth,
    read_pass,
    read_vectors,
    relight,
    to_display,
)
from ..passes.light import PARTS
from ..picture.tensors import to_array, to_tensor
from ..request.sequence_job import SOURCES, SequenceJob, ViewTransform
from ..video.coherence import Motion, make_motion, measure_stillness
from ..video.flow import FlowSource
from ..video.flow import Motion as Flows
from ..video.frames import Pattern
from ..video.occlusion import UNKNOWN, Surfaces, confidence

MOTION_PASSES = ("vector", "depth", "position", "cryptomatte_object", "object_index")
"""Passes that give a frame's motion, and where it can be trusted."""
COPIED_METADATA = (
    "Frame",
    "Scene",
    "Camera",
    "File",
    "Date",
    "Time",
    "Note",
    "RenderTime",
    "Marker",
    "Strip",
)
"""Entries of a render's metadata that are copied into its stylized frame."""
PER_LIGHT = PARTS[:3]
FAILED_CONFIDENCE = 0.5
"""Confidence below which an estimate of motion has failed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a sequence."""

    number: int
    image: Image
    """What is stylized: the frame, or the colour of its surfaces."""
    passes: Passes | None = None
    """The passes of a multilayer EXR, with the needed ones decoded."""
    vectors: Vectors | None = None
    surfaces: Surfaces = UNKNOWN

    @property
    def rgb(self) -> Tensor:
        """What is stylized, (1, 3, H, W)."""
        return to_tensor(self.image.rgb)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""
        return (self.image.rgb.shape[-2], self.image.rgb.shape[-1])


@dataclass(frozen=True, slots=True)
class FrameReader:
    """Reads the frames of a sequence: picture, passes, and motion."""

    sequence: SequenceJob
    view: View
    cameras: Mapping[int, Camera]
    exact: bool
    """Whether motion is read from Vector passes: the frames' own, or those of ``SequenceJob.vectors``."""

    def read(self, number: int, path: Path) -> Frame:
        """Return a frame.

        Raises:
            PictureError: if it cannot be read, or lacks a pass that the sequence needs.
        """
        frame = self.read_picture(number, path)
        if not self.exact:
            return frame
        passes = frame.passes if self.sequence.vectors is None else self._read_motion_file(frame)
        if passes is None:
            raise _explain_missing(path, "vector")
        panorama = self.sequence.job.surface == "equirect"
        vectors = read_vectors(passes, self.sequence.layer, panorama=panorama)
        surfaces = _read_surfaces(passes, self.sequence.layer)
        return replace(
            frame, vectors=self._fill_background(number, vectors, surfaces), surfaces=surfaces
        )

    def read_picture(self, number: int, path: Path) -> Frame:
        """Return a frame without its motion.

        Raises:
            PictureError: if it cannot be read, or lacks the pass that is stylized.
        """
        sequence = self.sequence
        limit = sequence.job.max_pixels
        if recognise(path) != "EXR":
            if sequence.source != "combined":
                raise _explain_missing(path, sequence.source)
            return Frame(number, load_image(path, space=sequence.job.space, max_pixels=limit))
        passes = open_passes(path, max_pixels=limit)
        passes = decode_passes(passes, self._list_needed(passes), sequence.layer)
        image = to_display(self._read_exactly(passes, sequence.source), self.view)
        return Frame(number, image, passes)

    def _read_motion_file(self, frame: Frame) -> Passes:
        """Return the passes of the separate file that holds a frame's motion (``SequenceJob.vectors``)."""
        sequence = self.sequence
        path = Pattern.read(sequence.vectors or "").path(frame.number)
        if recognise(path) != "EXR":
            raise _explain_missing(path, "vector")
        passes = open_passes(path, max_pixels=sequence.job.max_pixels)
        if passes.size != frame.size:
            raise PictureError(
                f"{path} has {passes.size[1]} x {passes.size[0]} pixels and frame {frame.number} "
                f"{frame.size[1]} x {frame.size[0]}; render both at one size"
            )
        return decode_passes(passes, _list_motion_passes(passes, sequence.layer), sequence.layer)

    def finish(self, frame: Frame, painted: Tensor) -> tuple[Floats, Image]:
        """Return a frame's picture (1, 3, H, W) with its light put back, and the image to write it like."""
        picture = to_array(painted)
        if frame.passes is None:
            return picture, frame.image
        like = frame.image
        if self.sequence.source != "combined":
            albedo = from_display(picture, like)
            like = to_display(relight(frame.passes, albedo, self.sequence.layer), self.view)
            picture = like.rgb
        halves = _fits_half(read_pass(frame.passes, "combined", self.sequence.layer))
        return picture, _copy_metadata(like, frame.passes.texts, halves=halves)

    def _list_needed(self, passes: Passes) -> list[str]:
        sequence = self.sequence
        wanted = ["combined", sequence.source]
        if self.exact and sequence.vectors is None:
            wanted += _list_motion_passes(passes, sequence.layer)
        if sequence.source != "combined":
            wanted += [name for name in PER_LIGHT if has_pass(passes, name, sequence.layer)]
        return wanted

    def _read_exactly(self, passes: Passes, name: str) -> Floats:
        return read_pass(passes, name, self.sequence.layer)

    def _fill_background(self, number: int, vectors: Vectors, surfaces: Surfaces) -> Vectors:
        """Return vectors whose background has the cameras' motion, where the cameras are known."""
        cameras = self.cameras
        here = cameras.get(number)
        if here is None or surfaces.depth is None:
            return vectors
        depth = to_array(surfaces.depth)
        size = (depth.shape[-2], depth.shape[-1])
        flows = [
            fill_background(flow, depth, camera_flow(here, cameras[other], size))
            if (other := number + step) in cameras
            else flow
            for step, flow in ((-1, vectors.backward), (1, vectors.forward))
        ]
        return Vectors(*flows)


def _list_motion_passes(passes: Passes, layer: str | None) -> list[str]:
    """Return the names of the passes that give a frame's motion."""
    return [name for name in MOTION_PASSES if has_pass(passes, name, layer)]


def _explain_missing(path: Path, wanted: str) -> PictureError:
    return PictureError(
        f"{path} has no passes and {wanted} is wanted; render to OpenEXR MultiLayer"
    )


def _fits_half(x: Floats) -> bool:
    with np.errstate(over="ignore"):
        return np.array_equal(x.astype(np.float16).astype(np.float32), x)


def _copy_metadata(image: Image, texts: Mapping[str, str], *, halves: bool) -> Image:
    """Return an image with the render's metadata, in half floats if the render had half floats."""
    origin = image.origin
    kept = {name: ("string", texts[name]) for name in COPIED_METADATA if name in texts}
    pixels = origin.pixels.astype(np.float16) if halves else origin.pixels
    facts = replace(origin.facts, metadata={**origin.facts.metadata, **kept})
    return replace(image, origin=replace(origin, pixels=pixels, facts=facts))


def open_reader(sequence: SequenceJob, first: Path) -> FrameReader:
    """Return the reader of a sequence; its first frame shows whether there are Vector passes.

    Raises:
        PictureError: if the frame cannot be read or lacks what is wanted.
        ParamsError: if the view or the cameras cannot be read.
    """
    exact = sequence.motion == "passes" or (
        sequence.motion == "auto" and sequence.vectors is not None
    )
    if not exact and sequence.motion == "auto" and recognise(first) == "EXR":
        passes = open_passes(first, max_pixels=sequence.job.max_pixels)
        exact = has_pass(passes, "vector", sequence.layer)
    return FrameReader(sequence, make_view(sequence.view), read_cameras(sequence.cameras), exact)


def make_view(view: ViewTransform) -> View:
    """Return how scene-linear frames are shown.

    Raises:
        ParamsError: if that needs an OpenColorIO configuration that is not there.
    """
    plain = (view.look, view.exposure, view.gamma) == ("", 0.0, 1.0)
    if view.name == "Standard" and plain and view.display == "sRGB":
        return SRGB
    if view.config is None:
        raise ParamsError(
            f"the view {view.name} {view.look} needs OpenColorIO's configuration: name Blender's "
            "datafiles/colormanagement/config.ocio, or choose Standard"
        )
    return open_view(
        view.config,
        view.name,
        view.look,
        display=view.display,
        exposure=view.exposure,
        gamma=view.gamma,
    )


def read_cameras(path: str | None) -> dict[int, Camera]:
    """Return the camera of each frame in a JSON file, as ``SequenceJob.cameras`` says.

    Raises:
        ParamsError: if it is not such a file.
    """
    if path is None:
        return {}
    with explain_damage(ParamsError, f"{path} holds no cameras: {{reason}}"):
        cameras: dict[str, Any] = json.loads(Path(path).read_text("utf-8"))["frames"]
        return {int(number): _parse_camera(facts) for number, facts in cameras.items()}


def _parse_camera(facts: Mapping[str, Any]) -> Camera:
    world = _parse_matrix(facts["world"])
    projection = facts.get("projection")
    return Camera(world, None if projection is None else _parse_matrix(projection))


def _parse_matrix(values: Any) -> NDArray[np.float64]:
    matrix = np.asarray(values, np.float64)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise ValueError(f"a matrix has the shape {matrix.shape}, or no finite numbers")
    return matrix


def _read_surfaces(passes: Passes, layer: str | None) -> Surfaces:
    there = pass_names(passes, layer)
    depth = to_tensor(read_depth(passes, layer)) if "depth" in there else None
    position = to_tensor(read_pass(passes, "position", layer)) if "position" in there else None
    told_apart = {"cryptomatte_object", "object_index"} & set(there)
    objects = to_tensor(object_map(passes, layer)) if told_apart else None
    return Surfaces(depth, position, objects)


def measure_step(before: Frame, frame: Frame, source: FlowSource | None) -> tuple[Motion, Step]:
    """Return how a frame moved since the one before it, and how what that one showed goes on.

    Args:
        before: The frame before.
        frame: This frame.
        source: A source of motion; None: both frames have vectors.
    """
    there, back = source, source
    if source is not None:
        flows = source(before.rgb, frame.rgb)
        there, back = (lambda *_: flows), (lambda *_: Flows(flows.forward, flows.backward))
    motion = measure_motion(before, frame, there, wrap=False)
    onward = measure_motion(frame, before, back, wrap=False)
    return motion, Step(onward.flow, onward.placed, motion.placed)


def measure_motion(before: Frame, frame: Frame, source: FlowSource | None, *, wrap: bool) -> Motion:
    """Return how a frame moved since the one before it, by their vectors or by the estimate of ``source``.

    Args:
        before: The frame before; or the one after, in the backward pass.
        frame: This frame.
        source: A source of motion; None: both frames have vectors.
        wrap: Whether left and right meet.
    """
    frames = before.rgb, frame.rgb
    if before.vectors is not None and frame.vectors is not None:
        backward, forward = frame.vectors.backward, before.vectors.forward
        if frame.number < before.number:
            backward, forward = frame.vectors.forward, before.vectors.backward
        backward, forward = to_tensor(backward), to_tensor(forward)
        trust = confidence(
            backward, forward, before.surfaces, frame.surfaces, exact=True, wrap=wrap
        )
        return make_motion(*frames, backward, trust, exact=True, wrap=wrap)
    if source is None:
        raise ParamsError("there is no motion without vectors or a source of motion")
    backward, forward = source(*frames)
    backward, trust = _hold_still(*frames, backward, confidence(backward, forward, wrap=wrap))
    return make_motion(*frames, backward, trust, exact=False, wrap=wrap)


def _hold_still(
    previous: Tensor, current: Tensor, flow: Tensor, trust: Tensor
) -> tuple[Tensor, Tensor]:
    """Return an estimated flow and its confidence; where the estimate fails and nothing changed, no motion.

    Flow cannot be estimated in grain and flat areas; paint that followed it there would flicker.
    """
    none = torch.zeros_like(flow)
    still = measure_stillness(previous, current) * (trust < FAILED_CONFIDENCE)
    return torch.where(still > trust, none, flow), torch.maximum(trust, still)


def name_flow_source(motion: str) -> str:
    """Return the name of the flow source for ``SequenceJob.motion``, where vectors are not used."""
    return motion if motion in SOURCES else SOURCES[0]
