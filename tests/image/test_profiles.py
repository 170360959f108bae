"""Embedded ICC profiles: true colours at work, the same profile and the same bits afterwards."""

import struct
from io import BytesIO

import numpy as np
import OpenImageIO as oiio
import pytest
import torch
from PIL import Image as Pillow
from PIL import ImageCms

from core.color import srgb_to_linear
from core.formats.profile import ProfileError, profile_view
from core.imaging.image import load_image, load_mask, save_image
from core.picture.run import run
from core.request.picture_job import Job, StyleFile

from .profiles import (
    GAMMA,
    P3,
    PROFILES,
    SCREEN,
    SRGB,
    TABLES,
    curv,
    fixed,
    grey_profile,
    icc,
    matrix_profile,
    para,
)

each_profile = pytest.mark.parametrize("name", PROFILES)


def put_profiled(path, x, profile):
    """Write pixels with a profile: 8 bit by Pillow, 16 bit by OpenImageIO."""
    if x.dtype == np.uint8:
        shown = x[..., 0] if x.shape[2] == 1 else x
        Pillow.fromarray(shown).save(path, icc_profile=profile, lossless=True, exact=True)
        return path
    spec = oiio.ImageSpec(x.shape[1], x.shape[0], x.shape[2], x.dtype.name)
    spec.attribute("ICCProfile", f"uint8[{len(profile)}]", np.frombuffer(profile, np.uint8))
    spec["oiio:UnassociatedAlpha"] = 1
    spec["oiio:ColorSpace"] = "unknown"
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), spec)
    assert target.write_image(x)
    assert target.close()
    return path


def converted(x, source, target):
    """What littlecms makes of 8-bit pixels."""
    profiles = (ImageCms.ImageCmsProfile(BytesIO(p)) for p in (source, target))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return np.asarray(
        ImageCms.profileToProfile(Pillow.fromarray(x), *profiles, renderingIntent=intent)
    ).astype(int)


def as_pixels(rgb):
    return (rgb[0].transpose(1, 2, 0) * 255).round().astype(int)


def profile_in(path):
    with Pillow.open(path) as picture:
        return picture.info.get("icc_profile")


@each_profile
def test_colours_are_those_that_littlecms_finds(tmp_path, noise, name):
    x = noise(3, height=40, width=50)
    image = load_image(put_profiled(tmp_path / "in.png", x, PROFILES[name]))
    wanted = converted(x, PROFILES[name], SRGB)
    assert np.abs(as_pixels(image.rgb) - wanted).max() <= 1
    assert np.abs(as_pixels(image.rgb) - x).max() > 10
    assert image.notes == ()


@each_profile
def test_a_result_is_seen_through_the_profile_as_it_was_made(tmp_path, noise, name):
    image = load_image(put_profiled(tmp_path / "in.png", noise(3), PROFILES[name]))
    made = noise(3, seed=1)
    rgb = made.transpose(2, 0, 1)[None] / np.float32(255)
    save_image(tmp_path / "out.png", rgb, image)
    assert profile_in(tmp_path / "out.png") == PROFILES[name]
    with Pillow.open(tmp_path / "out.png") as picture:
        shown = converted(np.asarray(picture), PROFILES[name], SRGB)
    assert np.abs(shown - made).mean() < 1
    assert np.abs(shown - made).max() <= 6  # eight bits are coarse in the dark


def test_the_red_of_srgb_within_display_p3(tmp_path):
    x = np.full((4, 4, 3), (234, 51, 35), np.uint8)
    image = load_image(put_profiled(tmp_path / "in.png", x, PROFILES["Display P3"]))
    wanted = np.array([1.0, 0, 0], np.float32).reshape(1, 3, 1, 1).repeat(4, 2).repeat(4, 3)
    torch.testing.assert_close(image.rgb, wanted, atol=0.02, rtol=0)
    save_image(tmp_path / "out.png", wanted, image)
    with Pillow.open(tmp_path / "out.png") as picture:
        assert np.abs(np.asarray(picture).astype(int) - x).max() <= 1


@pytest.mark.parametrize(
    ("kind", "depth", "channels"),
    [
        ("png", "uint8", 3),
        ("png", "uint16", 4),
        ("tif", "uint8", 4),
        ("tif", "uint16", 3),
        ("webp", "uint8", 4),
    ],
)
def test_what_was_not_changed_has_its_bits_and_its_profile(
    tmp_path, kind, depth, channels, noise, get, bits, changed
):
    profile = PROFILES["Adobe RGB"]
    x = noise(channels, depth)
    image = load_image(put_profiled(tmp_path / f"in.{kind}", x, profile))
    assert np.array_equal(image.origin.pixels, x)
    save_image(tmp_path / f"same.{kind}", image.rgb.copy(), image)
    save_image(tmp_path / f"half.{kind}", changed(image), image)
    same, half = (get(tmp_path / f"{name}.{kind}") for name in ("same", "half"))
    assert np.array_equal(bits(same), bits(x))
    assert np.array_equal(bits(half[:4]), bits(x[:4]))
    assert not np.array_equal(half[4:], x[4:])
    assert profile_in(tmp_path / f"half.{kind}") == profile


def test_sixteen_bits_stay_sixteen(tmp_path, get):
    x = np.stack([np.linspace(20000, 40000, 4096).astype(np.uint16)] * 3, -1)[None]
    x[..., 1] += 500  # within sRGB, and no grey
    image = load_image(put_profiled(tmp_path / "in.png", x, PROFILES["Adobe RGB"]))
    nudged = (image.rgb * (1 + 1e-6)).clip(0, 1)
    assert not np.array_equal(nudged, image.rgb)
    save_image(tmp_path / "out.png", nudged, image)
    assert np.abs(get(tmp_path / "out.png").astype(int) - x).max() <= 2


@pytest.mark.parametrize("kind", ["bmp", "tga", "exr", "npy"])
def test_kinds_without_profiles_hold_srgb(tmp_path, kind, noise, get):
    x = noise(3)
    image = load_image(put_profiled(tmp_path / "in.png", x, PROFILES["Adobe RGB"]))
    save_image(tmp_path / f"out.{kind}", image.rgb, image)
    found = get(tmp_path / f"out.{kind}").astype(np.float32)
    wanted = image.rgb[0].transpose(1, 2, 0)
    if kind == "exr":
        torch.testing.assert_close(found, srgb_to_linear(wanted), atol=1e-3, rtol=1e-3)
    else:
        assert np.abs(found - 255 * wanted).max() <= 0.51


def test_a_grey_profile_does_not_follow_into_colour(tmp_path, noise, changed):
    profile = grey_profile(SCREEN)
    image = load_image(put_profiled(tmp_path / "in.tif", noise(1), profile))
    assert image.origin.facts.icc == profile
    assert image.origin.profile is None
    tint = np.array([1, 0.5, 0.2], np.float32).reshape(1, 3, 1, 1)
    save_image(tmp_path / "out.tif", changed(image) * tint, image)
    assert load_image(tmp_path / "out.tif").origin.facts.icc is None


def test_a_grey_profile_is_a_curve(tmp_path, get, changed):
    x = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    profile = grey_profile(curv(256))  # linear light
    image = load_image(put_profiled(tmp_path / "in.tif", x, profile))
    wanted = np.arange(256, dtype=np.float32).reshape(16, 16) / 255
    torch.testing.assert_close(srgb_to_linear(image.rgb[0, 1]), wanted, atol=1e-5, rtol=0)
    save_image(tmp_path / "out.tif", image.rgb[:, :, ::-1], image)
    assert np.array_equal(get(tmp_path / "out.tif"), x[::-1])
    assert profile_in(tmp_path / "out.tif") == profile
    tint = np.array([1, 0.5, 0.2], np.float32).reshape(1, 3, 1, 1)
    save_image(tmp_path / "color.tif", changed(image) * tint, image)
    assert profile_in(tmp_path / "color.tif") is None
    colored = get(tmp_path / "color.tif")
    assert abs(int(colored[0, 15, 0]) - round(255 * float(image.rgb[0, 0, 0, 15]))) <= 1


@pytest.mark.parametrize("profile", [SRGB, matrix_profile(
    ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)), SCREEN
)])  # fmt: skip  # a list
def test_srgb_by_any_profile_is_taken_as_it_is(tmp_path, noise, profile):
    x = noise(3)
    image = load_image(put_profiled(tmp_path / "in.png", x, profile))
    assert np.array_equal(image.rgb[0], x.transpose(2, 0, 1) / np.float32(255))
    assert image.origin.facts.icc == profile
    assert image.notes == ()


BROKEN = {
    "no profile": b"\0" * 16 + b"RGB " + b"\0" * 200,
    "cut off": PROFILES["Display P3"][:-40],
    "no curves": icc({b"rXYZ": b"XYZ " + bytes(16)}),
    "flat": matrix_profile(P3, para(0, 0)),
    "no way back": matrix_profile((P3[0],) * 3, GAMMA),
    "unknown form": matrix_profile(P3, para(9, 1, 2)),
    "curve of nothing": matrix_profile(P3, para(1, 2.2, 0, 0)),
    "falling": matrix_profile(P3, curv(65535, 0)),
    "without end": matrix_profile(P3, para(0, -2)),
    "too short": matrix_profile(P3, b"curv" + bytes(4) + struct.pack(">I", 9999)),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("kind", ["jpg", "png", "tif"])
def test_a_broken_profile_is_left_away_and_named(tmp_path, kind, name):
    x = np.full((16, 16, 3), 99, np.uint8)
    Pillow.fromarray(x).save(tmp_path / "in.jpg", icc_profile=BROKEN[name], quality=100)
    image = load_image(tmp_path / "in.jpg")
    (note,) = image.notes
    assert note.startswith("in.jpg: its colour profile is damaged")
    assert (as_pixels(image.rgb) == x).all()
    save_image(tmp_path / f"out.{kind}", image.rgb, image)
    assert profile_in(tmp_path / f"out.{kind}") is None


def test_what_is_said_of_a_profile_is_said_of_the_job(tmp_path, style):
    x = np.full((16, 16, 3), 99, np.uint8)
    Pillow.fromarray(x).save(tmp_path / "in.jpg", icc_profile=BROKEN["cut off"])
    files = {"content": str(tmp_path / "in.jpg"), "output": str(tmp_path / "out.png")}
    result = run(Job(**files, styles=(StyleFile(str(style)),), method="adain", strength=0))
    assert [note for note in result.notes if note.startswith("in.jpg: its colour profile is")]


def test_a_profile_of_tables_is_kept_and_named(tmp_path, noise, get):
    x = noise(3)
    image = load_image(put_profiled(tmp_path / "in.tif", x, TABLES))
    (note,) = image.notes
    assert note.startswith("in.tif: its colour profile is made of tables")
    assert (as_pixels(image.rgb) == x).all()
    save_image(tmp_path / "out.tif", image.rgb[:, ::-1], image)
    assert profile_in(tmp_path / "out.tif") == TABLES


def test_masks_and_pictures_that_are_told_otherwise_are_taken_as_they_are(tmp_path, noise):
    x = noise(3)
    path = put_profiled(tmp_path / "in.png", x, PROFILES["Adobe RGB"])
    for space in ("srgb", "linear"):
        assert load_image(path, space=space).origin.profile is None
    assert (as_pixels(load_image(path, space="srgb").rgb) == x).all()
    grey = np.full((8, 8, 1), 51, np.uint8)
    path = put_profiled(tmp_path / "mask.tif", grey, grey_profile(curv(256)))
    assert float(load_mask(path, (8, 8)).mean()) == pytest.approx(0.2, abs=1e-6)


@pytest.mark.parametrize(
    ("curve", "at", "wanted"),
    [
        (curv(), 0.3, 0.3),
        (curv(0, 65535), 0.3, 0.3),
        (curv(0, 16384, 65535), 0.25, 0.125),
        (para(0, 2), 0.5, 0.25),
        (para(1, 2, 1.25, -0.25), 0.1, 0.0),
        (para(1, 2, 1.25, -0.25), 0.6, 0.25),
        (para(1, 2, 1.25, -0.25), 0.3, 0.015625),
        (curv(0, *(65535,) * 4096), 0.5, 1.0),
        (para(2, 2, 1.25, -0.25, 0.1), 0.1, 0.1),
        (para(3, 1, 0.8, 0.2, 2, 0.1), 0.05, 0.1),
        (para(4, 1, 0.7, 0.1, 0.5, 0.2, 0.1, 0.05), 0.1, 0.1),
        (para(4, 1, 0.7, 0.1, 0.5, 0.2, 0.1, 0.05), 0.5, 0.55),
    ],
)
def test_every_form_of_curve(curve, at, wanted):
    view = profile_view(grey_profile(curve))
    assert view is not None
    x = np.full((1, 3, 2, 2), at, np.float32)
    light = srgb_to_linear(view.show(x))
    torch.testing.assert_close(light, np.full_like(x, wanted), atol=1e-4, rtol=0)
    back = view.show(view.light(view.show(x)))
    torch.testing.assert_close(back, view.show(x), atol=1e-4, rtol=0)


def test_a_fault_says_whether_the_profile_is_worth_keeping():
    with pytest.raises(ProfileError, match="tables") as kept:
        profile_view(TABLES)
    with pytest.raises(ProfileError, match="damaged") as lost:
        profile_view(b"")
    assert (kept.value.damaged, lost.value.damaged) == (False, True)


def sealed(profile):
    """Return a profile with its own length in its header."""
    return struct.pack(">I", len(profile)) + profile[4:]


P3_PROFILE = PROFILES["Display P3"]


@pytest.mark.parametrize(
    "profile",
    [
        P3_PROFILE.replace(b"acsp", b"acps"),
        P3_PROFILE + bytes(4),
        sealed(P3_PROFILE[:128] + struct.pack(">I", 3) + bytes(24)),
        P3_PROFILE[:128] + struct.pack(">I", 0) + P3_PROFILE[132:],
        sealed(P3_PROFILE[:8] + b"\4" + P3_PROFILE[9:] + b"\0"),
        sealed(P3_PROFILE[:130]),
        sealed(P3_PROFILE[:-4]),
        icc({b"wtpt": b"XYZ " + bytes(16)}),
        icc({b"B2A0": b"mft2" + bytes(60)}),
        grey_profile(para(3, -1, 1, -0.5, 1, 0.25)),
    ],
    ids=[
        "no mark",
        "longer",
        "more tags",
        "no tags",
        "odd",
        "short",
        "cut",
        "white",
        "no way in",
        "endless",
    ],
)
def test_damage_is_told_whatever_it_is(profile):
    with pytest.raises(ProfileError) as caught:
        profile_view(profile)
    assert caught.value.damaged
    assert str(caught.value) == (
        "its colour profile is damaged and was left away; its colours are taken as sRGB"
    )


def test_an_odd_length_is_no_damage_in_an_older_profile():
    assert profile_view(sealed(P3_PROFILE + b"\0")) is not None
    assert profile_view(sealed(P3_PROFILE[:8] + b"\4" + P3_PROFILE[9:])) is not None


def test_tables_do_not_count_where_a_curve_or_a_matrix_is():
    tables = b"mft2" + bytes(60)
    with pytest.raises(ProfileError, match="tables"):
        profile_view(icc({b"A2B1": tables}))
    assert profile_view(icc({b"kTRC": GAMMA, b"A2B0": tables}, b"GRAY")) is not None
    names = (b"rXYZ", b"gXYZ", b"bXYZ")
    tags = {n: b"XYZ " + bytes(4) + fixed(*c) for n, c in zip(names, P3, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), SCREEN)
    assert profile_view(icc({b"A2B0": tables, **tags})) is not None


@pytest.mark.parametrize(
    ("steps", "same"), [(1.2, True), (-1.2, True), (1.8, False), (-1.8, False)]
)
def test_a_profile_that_moves_colours_by_a_step_or_so_is_srgb(steps, same):
    """Steps of eight bits."""
    x = np.linspace(0, 1, 1025)
    moved = x + steps / 255 * 4 * x * (1 - x)
    curve = curv(*np.rint(65535 * srgb_to_linear(moved)).astype(int).tolist())
    assert (profile_view(grey_profile(curve)) is None) == same


def test_numbers_beyond_a_profile_s_are_clipped():
    view = profile_view(P3_PROFILE)
    assert view is not None
    corners = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], np.float32).T.reshape(
        1, 3, 2, 2
    )
    for found in (view.show(corners), view.light(corners)):
        assert found.dtype == np.float32
        assert (float(found.min()), float(found.max())) == pytest.approx((0, 1), abs=1e-3)
        assert 0 <= float(found.min()) <= float(found.max()) <= 1
