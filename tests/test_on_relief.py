"""Jobs that paint on a relief: on top, in creases, on what looks up; elsewhere every bit stays."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from PIL import Image

from core.catalog import find_card
from core.errors import ParamsError
from core.imaging.image import load_image
from core.picture.compose import StyleSpec, blend
from core.picture.relief import clouds, lay_on_relief
from core.picture.run import run
from core.request.auto_method import choose
from core.request.picture_job import Job, StyleFile
from core.request.where import where_it_lies
from core.styles.states import STATES, find_state, shipped_states

SIZE = (64, 80)


@pytest.fixture
def relief(tmp_path):
    """A height map: the right half is high."""
    heights = np.full(SIZE, 40, np.uint8)
    heights[:, 40:] = 220
    path = tmp_path / "height.png"
    Image.fromarray(heights).save(path)
    return path


@pytest.fixture
def job(tmp_path, content, style):
    return Job(
        content=str(content),
        output=str(tmp_path / "out.png"),
        styles=(StyleFile(str(style)),),
        method="wct",
        palette="free",
    )


def changed(job):
    """Where a job changes its picture (H, W)."""
    run(job)
    pictures = (np.asarray(Image.open(path).convert("RGB")) for path in (job.content, job.output))
    return np.ptp(np.stack([*pictures]).astype(int), axis=0).max(-1) > 0


def test_on_top_and_in_creases(job, relief):
    on_top = replace(job, relief=str(relief), lies="top", cover=0.5)
    high, low = np.s_[10:54, 50:66], np.s_[10:54, 14:30]
    found = changed(on_top)
    assert found[high].mean() > 0.9
    assert found[low].mean() < 0.1
    found = changed(replace(on_top, lies="creases"))
    assert found[low].mean() > 0.9
    assert found[high].mean() < 0.1


def test_everywhere_needs_no_relief_and_reads_none(job, relief):
    assert changed(replace(job, relief=str(relief), lies="everywhere")).mean() > 0.95


def test_a_mask_and_a_relief_both_count(job, relief, tmp_path):
    plane = np.zeros(SIZE, np.uint8)
    plane[:32] = 255
    Image.fromarray(plane).save(tmp_path / "mask.png")
    both = replace(job, relief=str(relief), lies="top", cover=0.5, mask=str(tmp_path / "mask.png"))
    found = changed(both)
    assert found[4:28, 50:66].mean() > 0.9
    assert not found[34:].any()


def test_what_looks_up_is_painted(job, tmp_path):
    """A model: the left half of the texture is its floor, the right half its wall."""
    square = np.array([[(0, 0), (1, 0), (1, 1)], [(0, 0), (1, 1), (0, 1)]], np.float32)
    floor, wall = square * (0.5, 1), square * (0.5, 1) + (0.5, 0)
    place = np.concatenate([square, np.zeros((2, 3, 1), np.float32)], -1)
    upright = place[..., [0, 2, 1]]
    path = tmp_path / "mesh.npz"
    np.savez(
        path,
        uv=np.concatenate([floor, wall]).astype(np.float32),
        position=np.concatenate([place, upright]).astype(np.float32),
    )
    image = load_image(job.content)
    mask, light = lay_on_relief(replace(job, uv=str(path), lies="top"), None, image)
    assert light is None
    assert mask.shape == (1, 1, *SIZE)
    assert float(mask[..., 10:30].min()) > 0.95
    assert float(mask[..., 50:70].max()) < 0.05
    assert lay_on_relief(replace(job, uv=str(path), lies="creases"), None, image)[0] is None


def test_a_named_state_knows_where_it_lies(job):
    for state in STATES:
        assert where_it_lies(replace(job, styles=(StyleFile(state.name),))) == state.lies
    snow = replace(job, styles=(StyleFile("snow"),))
    assert where_it_lies(replace(snow, lies="creases")) == "creases"
    assert where_it_lies(replace(snow, params={"back": True})) == "everywhere"
    assert where_it_lies(job) == "everywhere"
    assert find_state("mud") is None


def test_a_relief_is_of_one_picture(job, relief, tmp_path):
    tile = {"content": job.content, "output": job.output, "number": 1001}
    tiled = Job.from_json(
        replace(job, relief=str(relief))
        .to_json()
        .replace('"tiles": []', f'"tiles": [{tile}]'.replace("'", '"'))
    )
    with pytest.raises(ParamsError, match="one picture"):
        run(tiled)


def test_a_result_never_replaces_its_relief(job, relief):
    with pytest.raises(ParamsError, match="never overwritten"):
        run(replace(job, relief=str(relief), output=str(relief)))


def state(job, name="rust", **more):
    return replace(job, styles=(StyleFile(name),), **more)


def test_without_a_relief_a_state_lies_by_light_and_dark_and_by_chance(job):
    """What is dark lies low; where that says nothing, clouds decide, others for each seed."""
    image = load_image(job.content)
    first, again, other = (
        lay_on_relief(state(job, seed=seed, cover=0.4), None, image)[0][0, 0].numpy()
        for seed in (1, 1, 2)
    )
    assert np.allclose(first, again)
    assert np.abs(first - other).mean() > 0.1
    assert first.mean() == pytest.approx(0.4, abs=0.1)
    assert lay_on_relief(state(job, "night"), None, image)[0] is None
    assert lay_on_relief(state(job, lies="creases"), None, image)[0] is None


def test_rust_begins_in_the_dark_and_snow_in_the_light(job, tmp_path):
    plane = np.full((*SIZE, 3), 230, np.uint8)
    plane[::8] = plane[:, ::8] = 20
    Image.fromarray(plane).save(tmp_path / "tiles.png")
    image = load_image(tmp_path / "tiles.png")
    dark = plane[..., 0] < 100
    for name, wanted in (("rust", dark), ("snow", ~dark)):
        masks = [
            lay_on_relief(state(job, name, seed=seed, cover=0.5), None, image)[0][0, 0].numpy()
            for seed in range(6)
        ]
        assert np.mean(masks, 0)[wanted].mean() > np.mean(masks, 0)[~wanted].mean() + 0.1


def test_a_known_relief_says_more_than_chance(job, relief):
    image = load_image(job.content)
    snow = state(job, "snow", relief=str(relief), cover=0.5)
    masks = [lay_on_relief(replace(snow, seed=s), None, image)[0][0, 0].numpy() for s in range(4)]
    assert np.mean(masks, 0)[:, 42:78].mean() > 0.65
    assert np.abs(masks[0] - masks[1]).mean() > 0.02


def test_variants_lie_elsewhere_and_one_goes_over_into_the_next(job):
    zero, half, one = (
        clouds(replace(job, params={"variant": variant}), SIZE) for variant in (0.0, 0.5, 1.0)
    )
    likeness = np.corrcoef([zero.ravel(), half.ravel(), one.ravel()])
    assert abs(likeness[0, 2]) < 0.5
    assert likeness[0, 1] > 0.6
    assert likeness[1, 2] > 0.6


def test_patches_of_chance_tile(job):
    """The step over the border is as small as those inside."""
    patches = clouds(job, (128, 128))
    inside = np.abs(np.diff(patches, axis=1)).mean()
    assert np.abs(patches[:, 0] - patches[:, -1]).mean() < 1.5 * inside


def test_a_named_state_chooses_its_method_and_has_a_network_there(job):
    for one in STATES:
        chosen = choose(replace(state(job, one.name), method="auto"), 1000)
        card = find_card(chosen.method)
        assert card.id == one.method
        assert ("variant" in {f.name for f in fields(card.params)}) == one.varies
        assert card.networks == (f"{one.method}_",)
        assert chosen.brush == one.brush == (2.0 if one.paints else 1.0)
    assert choose(replace(state(job, "mosaic"), method="auto"), 1000).method == "msgnet"
    assert [one.name for one in shipped_states(["compact.munit_wet", "compact.munit_autumn"])] == [
        "wet"
    ]


def test_snow_has_a_thickness_and_nothing_else(job, relief):
    image = load_image(job.content)
    snow = state(job, "snow", relief=str(relief), cover=0.5)
    for thick in (snow, replace(snow, lies="top")):
        assert lay_on_relief(thick, None, image)[1].shape == (1, 1, *SIZE)
    rust = state(job, "rust", relief=str(relief))
    picture = replace(job, relief=str(relief), lies="top")
    for thin in (rust, replace(rust, lies="top"), replace(snow, lies="creases"), picture):
        mask, light = lay_on_relief(thin, None, image)
        assert mask is not None
        assert light is None


def test_rust_stains_what_is_beside_it_and_nothing_else_does(job, relief):
    """Of one cover, what stains changes more of a picture."""
    image = load_image(job.content)
    rust = state(job, "rust", relief=str(relief), cover=0.4)
    laid = {
        lies: float(lay_on_relief(replace(rust, lies=lies), None, image)[0].mean())
        for lies in ("auto", "creases", "top")
    }
    assert laid["creases"] > 0.42
    assert laid["top"] == pytest.approx(0.4, abs=0.03)
    assert laid["auto"] > 0.42
    picture = replace(job, relief=str(relief), lies="creases", cover=0.4)
    assert float(lay_on_relief(picture, None, image)[0].mean()) == pytest.approx(0.4, abs=0.03)


def test_light_on_what_is_painted_darkens_it_alone():
    card = find_card("wct")
    ground, paint = torch.full((1, 3, 1, 2), 0.4), torch.full((1, 3, 1, 2), 0.8)
    mask, light = torch.tensor([[[[0.0, 1.0]]]]), torch.tensor([[[[0.5, 0.5]]]])
    spec = StyleSpec(card, card.params(), (), mask=mask, light=light)
    assert torch.equal(blend(ground, paint, spec)[0, 0, 0], torch.tensor([0.4, 0.4]))
    brighter = replace(spec, light=torch.full_like(light, 2))
    assert torch.equal(blend(ground, paint, brighter)[0, 0, 0], torch.tensor([0.4, 1.0]))
