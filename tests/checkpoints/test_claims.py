"""Files that claim more than they hold: said in a sentence, before memory or time is spent on them."""

import io
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from core.checkpoints.read import read_state
from core.checkpoints.store import CATALOG, Store
from core.checkpoints.write import write_state
from core.errors import WeightsError
from core.files.arrays import read_arrays
from core.surface.mesh import load_mesh

STATE = {"conv.weight": torch.arange(8.0).reshape(2, 4), "conv.bias": torch.ones(2)}


@pytest.fixture
def limited():
    """No more memory than there is now and 1 GB, as far as the system can limit it."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:  # noqa: PTH123  # only where there is one
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + (1 << 30), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def refusal(path):
    with pytest.raises(WeightsError) as caught:
        read_state(path)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    return str(caught.value)


def torch7(shape, strides, numbers):
    """A network of one module whose weight has this shape and these strides."""

    def text(words):
        return struct.pack("<i", len(words)) + words.encode()

    def named(name):
        return struct.pack("<i", 2) + text(name)

    tensor = struct.pack("<ii", 4, 4) + text("V 1") + text("torch.FloatTensor")
    tensor += struct.pack(f"<i{len(shape)}q{len(shape)}qq", len(shape), *shape, *strides, 1)
    storage = struct.pack("<ii", 4, 5) + text("V 1") + text("torch.FloatStorage")
    storage += struct.pack("<q", len(numbers)) + np.asarray(numbers, "<f4").tobytes()
    module = struct.pack("<iii", 3, 3, 1) + named("weight") + tensor + storage
    modules = struct.pack("<iii", 3, 2, 1) + struct.pack("<id", 1, 1.0) + module
    return struct.pack("<iii", 3, 1, 1) + named("modules") + modules


def test_a_torch7_tensor_is_as_large_as_its_numbers(tmp_path):
    path = tmp_path / "net.t7"
    path.write_bytes(torch7((2, 3), (3, 1), range(6)))
    assert torch.equal(read_state(path)["t7.0.weight"], torch.arange(6.0).reshape(2, 3))
    path.write_bytes(torch7((30000, 30000), (0, 0), range(6)))  # 278 bytes that asked for 3.6 GB
    assert "claim more than the file has" in refusal(path)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("shape", [(30000, 30000), (1 << 40,)])
def test_a_pickled_tensor_is_as_large_as_its_numbers(tmp_path, zipped, shape):
    path = tmp_path / "net.pth"
    state = {"weight": torch.ones(1).expand(shape)}
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    assert "claim more than the file has" in refusal(path)


def test_a_storage_is_as_large_as_its_part(tmp_path, limited):
    path = tmp_path / "net.pth"
    torch.save(STATE, path, _use_new_zipfile_serialization=False)
    data = path.read_bytes()
    numel = b"K\x08N"  # BININT1 8, then no view: the numbers of the first storage
    assert data.count(numel) == 1
    path.write_bytes(data.replace(numel, b"\x8a\x05" + struct.pack("<q", 1 << 38)[:5] + b"N"))
    assert "a storage claims more" in refusal(path)


def test_a_tensor_lies_inside_its_storage(tmp_path):
    path = tmp_path / "net.pth"
    torch.save(STATE, path)
    parts = {p.filename: zipfile.ZipFile(path).read(p) for p in zipfile.ZipFile(path).infolist()}
    (name,) = [name for name in parts if name.endswith("data.pkl")]
    parts[name] = parts[name].replace(b"K\x02K\x04\x86", b"K\x02K\x05\x86")
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    assert "reaches beyond its numbers" in refusal(path)


def test_a_packed_pytorch_file_is_refused(tmp_path):
    path = tmp_path / "net.pth"
    torch.save(STATE, path)
    parts = {p.filename: zipfile.ZipFile(path).read(p) for p in zipfile.ZipFile(path).infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    assert "packed in another way" in refusal(path)


@pytest.mark.parametrize(
    "harm",
    [
        b"\x80\x02cbuiltins\nbytearray\n\x8a\x05\x00\x00\x00\x00\x10\x85R.",  # 64 GB of zeros
        b"\x80\x02]r\xff\xff\xff\xff.",  # a memo of 64 GB
        b"\x80\x02}(" + b"\x85" * 100_000 + b"K\x01u.",  # nested too deep to be hashed
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",  # a frame of 8 EB
    ],
)
def test_pickles_that_ask_for_much(tmp_path, harm, limited):
    path = tmp_path / "net.pth"
    path.write_bytes(harm)
    refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", harm)
        archive.writestr("net/version", "3")
    refusal(path)


def test_wrappers_that_hold_themselves(tmp_path):
    path = tmp_path / "net.pth"
    endless = {}
    endless["model"] = endless
    torch.save(endless, path)
    assert "holds no network" in refusal(path)


def test_a_number_that_never_ends(tmp_path):
    path = tmp_path / "varint.index"
    magic = struct.pack("<Q", 0xDB4775248B80FB57)
    path.write_bytes(b"\xff" * 400_000 + b"\x01" + b"\xff" * 40 + magic)
    assert "a number is too large" in refusal(path)


def test_an_archive_that_claims_much(tmp_path, limited):
    path = tmp_path / "net.npz"
    np.savez(path, a=np.ones((2, 3), np.float32))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"(2, 3), }", b"(1<<31), "))
    refusal(path)
    path.write_bytes(data.replace(b"(2, 3), }          ", b"(200000, 30000), }"))
    refusal(path)
    head = io.BytesIO()
    shape = {"descr": "<f4", "fortran_order": False, "shape": (1 << 20, 1 << 12)}
    np.lib.format.write_array_header_1_0(head, shape)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", head.getvalue())
    assert "claims 17179869184 bytes" in refusal(path)


def test_an_array_of_its_own_is_read_too(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6.0).reshape(2, 3))
    assert read_arrays(tmp_path / "a.npy")[""].shape == (2, 3)
    np.save(tmp_path / "uv.npy", np.zeros((4, 3, 2), np.float32))
    assert load_mesh(tmp_path / "uv.npy")[0].uv.shape == (4, 3, 2)


def test_numbers_that_are_none(tmp_path):
    path = tmp_path / "net.safetensors"
    save_file(STATE | {"conv.bias": torch.tensor([1.0, float("nan")])}, path)
    assert "'conv.bias' holds what is no number" in refusal(path)
    save_file(STATE | {"conv.bias": torch.ones(2, dtype=torch.complex64)}, path)
    assert "no plain tensor" in refusal(path)


def test_tensors_that_lie_on_each_other_can_be_written(tmp_path):
    numbers = torch.arange(8.0)
    write_state(tmp_path / "net.safetensors", {"a": numbers[:3], "b": numbers[1:4]}, {})
    assert torch.equal(read_state(tmp_path / "net.safetensors")["b"], numbers[1:4])


@pytest.mark.parametrize(
    "text",
    ['["compact.encoder"]\nbytes = 3\n', '"compact.encoder" = 3\n', "[compact]\nencoder = 1\n"],
)
def test_a_catalogue_that_lacks_what_is_needed(tmp_path, text):
    save_file(STATE, tmp_path / "compact.encoder.safetensors")
    (tmp_path / CATALOG).write_text(text)
    with pytest.raises(WeightsError, match=r"catalog\.toml does not say the sha256 of"):
        Store((tmp_path,)).load("compact.encoder")


def test_a_folder_of_weights_that_is_not_there_is_said(tmp_path):
    with pytest.raises(WeightsError, match=r"there is no folder .*nowhere"):
        Store.at(tmp_path / "nowhere")
    assert Store.at(tmp_path).folders[0] == tmp_path


def test_a_pickle_of_anything_else_is_refused_by_name(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(pickle.dumps(STATE["conv.bias"].numpy(), protocol=2))
    assert "refused" in refusal(path)
