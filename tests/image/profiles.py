"""Colour profiles made of their parts: Display P3's, Adobe RGB's, of curves, of tables."""

import struct

from PIL import ImageCms

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
P3 = ((0.51512, 0.24119, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
"""Red, green and blue in the connection space: Display P3's and Adobe RGB (1998)'s."""


def fixed(*numbers):
    return struct.pack(f">{len(numbers)}i", *(round(65536 * n) for n in numbers))


def curv(*values):
    return b"curv" + bytes(4) + struct.pack(f">I{len(values)}H", len(values), *values)


def para(form, *values):
    return b"para" + bytes(4) + struct.pack(">H2x", form) + fixed(*values)


GAMMA = curv(round(2.2 * 256))
SCREEN = para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""sRGB's curve, which Display P3 has too."""


def icc(tags, space=b"RGB ", pcs=b"XYZ "):
    """A profile with these tags, each at a multiple of four bytes."""
    body, table, start = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += padded
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"test", 0x02400000, b"mntr", space, pcs)
    head += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += fixed(0.9642, 1, 0.82491)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def matrix_profile(colorants, curve):
    names = (b"rXYZ", b"gXYZ", b"bXYZ")
    tags = {n: b"XYZ " + bytes(4) + fixed(*c) for n, c in zip(names, colorants, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags[b"wtpt"] = b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.82491)
    return icc(tags)


def grey_profile(curve):
    white = b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.82491)
    return icc({b"kTRC": curve, b"wtpt": white}, b"GRAY")


PROFILES = {
    "Display P3": matrix_profile(P3, SCREEN),
    "Adobe RGB": matrix_profile(ADOBE, GAMMA),
    "samples": matrix_profile(ADOBE, curv(*(round(65535 * (i / 99) ** 1.8) for i in range(100)))),
}
TABLES = icc({b"A2B0": b"mft2" + bytes(60), b"B2A0": b"mft2" + bytes(60)}, pcs=b"Lab ")
