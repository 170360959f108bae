import pickle
import struct

import numpy as np
import pytest
import torch

from core.checkpoints.read import read_state, unwrap
from core.checkpoints.write import write_state
from core.errors import WeightsError

STATE = {"conv.weight": torch.arange(8.0).reshape(2, 4), "conv.bias": torch.ones(2)}


class Harmful:
    """Unpickling this would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def same(found, wanted=STATE):
    return set(found) == set(wanted) and all(torch.equal(found[k], wanted[k]) for k in wanted)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "content",
    [
        STATE,
        {"model": STATE, "epoch": 3},
        {"state_dict": {f"module.{name}": value for name, value in STATE.items()}},
        {"net": {"model": STATE}},
    ],
)
def test_a_network_is_taken_out_of_its_wrapping(tmp_path, content, zipped):
    path = tmp_path / "net.pth"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    assert same(read_state(path))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_could_run_a_program_is_refused(tmp_path, zipped):
    path, victim = tmp_path / "net.pth", tmp_path / "victim"
    content = {**STATE, "extra": Harmful(victim)}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match="refused"):
        read_state(path)
    path.write_bytes(pickle.dumps(Harmful(victim)))
    with pytest.raises(WeightsError):
        read_state(path)
    assert not victim.exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".npz", ".t7"])
@pytest.mark.parametrize("content", [b"", b"no network", bytes(200), b"\x80\x02}q\x00."])
def test_damage_is_one_plain_error(tmp_path, suffix, content):
    path = tmp_path / f"net{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"net\."):
        read_state(path)


def test_a_file_that_was_cut_short_is_refused(tmp_path):
    for suffix, write in (
        (".pth", torch.save),
        (".safetensors", lambda s, p: write_state(p, s, {})),
    ):
        path = tmp_path / f"net{suffix}"
        write(STATE, path)
        path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(WeightsError):
            read_state(path)


def test_what_is_not_there_or_not_known_is_said(tmp_path):
    with pytest.raises(WeightsError, match="there is no weight file"):
        read_state(tmp_path / "net.pth")
    path = tmp_path / "net.docx"
    path.touch()
    with pytest.raises(WeightsError, match=r"\.safetensors, \.pth"):
        read_state(path)


def test_numpy_archives_are_read_without_objects(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, **{name: value.numpy() for name, value in STATE.items()}, meta="words")
    assert same(read_state(path))
    np.savez(path, harm=np.array([Harmful(tmp_path / "victim")], dtype=object))
    with pytest.raises(WeightsError, match="more than numbers"):
        read_state(path)
    assert not (tmp_path / "victim").exists()


def test_what_holds_no_tensors_is_empty():
    assert unwrap({"epoch": 3}) == {}
    assert unwrap([1, 2]) == {}


class Torch7:
    """Write values as Torch7 does: enough of the format for a network."""

    def __init__(self):
        self.count = 0

    def number(self, x):
        return struct.pack("<id", 1, x)

    def text(self, s):
        return struct.pack("<i", len(s)) + s.encode()

    def table(self, items):
        body = b"".join(key + value for key, value in items)
        return struct.pack("<iii", 3, self.next(), len(items)) + body

    def named(self, name, body):
        return struct.pack("<ii", 4, self.next()) + self.text("V 1") + self.text(name) + body

    def next(self):
        self.count += 1
        return self.count

    def tensor(self, x):
        shape, strides = x.shape, x.stride()
        sizes = struct.pack(f"<{x.ndim}q", *shape) + struct.pack(f"<{x.ndim}q", *strides)
        numbers = struct.pack("<q", x.numel()) + x.flatten().numpy().tobytes()
        storage = self.named("torch.FloatStorage", numbers)
        head = struct.pack("<i", x.ndim) + sizes + struct.pack("<q", 1)
        return self.named("torch.FloatTensor", head + storage)

    def string(self, s):
        return struct.pack("<i", 2) + self.text(s)

    def module(self, name, **values):
        return self.named(name, self.table([(self.string(k), v) for k, v in values.items()]))


def network(weight, bias):
    t = Torch7()
    pad = t.module("nn.SpatialReflectionPadding", pad_l=t.number(1))
    sizes = dict(zip(("nInputPlane", "kH", "kW"), weight.shape[1:], strict=True))
    conv = t.module(
        "nn.SpatialConvolutionMM",
        weight=t.tensor(weight.flatten(1)),
        bias=t.tensor(bias),
        **{name: t.number(n) for name, n in sizes.items()},
    )
    modules = t.table([(t.number(1), pad), (t.number(2), conv)])
    return t.module("nn.Sequential", modules=modules)


def test_torch7_networks_are_read(tmp_path):
    weight, bias = torch.rand(4, 3, 3, 3), torch.rand(4)
    path = tmp_path / "net.t7"
    path.write_bytes(network(weight, bias))
    assert same(read_state(path), {"t7.1.weight": weight, "t7.1.bias": bias})


def test_a_torch7_file_that_was_cut_short_is_refused_at_every_length(tmp_path):
    whole, path = network(torch.rand(1, 1, 3, 3), torch.rand(1)), tmp_path / "net.t7"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(WeightsError, match="damaged"):
            read_state(path)
