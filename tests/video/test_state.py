import pytest
import torch

from core.errors import StylizeError
from core.video.state import load_memory, save_memory


def test_a_memory_comes_back_bit_for_bit(tmp_path):
    memory = {"features": torch.rand(1, 4, 3, 5), "half": torch.rand(2, 2).bfloat16()}
    save_memory(tmp_path / "deep" / "film.safetensors", memory, "shot 7")
    back = load_memory(tmp_path / "deep" / "film.safetensors", "shot 7")
    assert back.keys() == memory.keys()
    assert all(torch.equal(back[k], v) and back[k].dtype == v.dtype for k, v in memory.items())
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["film.safetensors"]


def test_a_view_is_written_whole(tmp_path):
    memory = {"x": torch.rand(1, 6, 4, 4).to(memory_format=torch.channels_last)[:, 1:3]}
    save_memory(tmp_path / "a.safetensors", memory, "")
    assert torch.equal(load_memory(tmp_path / "a.safetensors", "")["x"], memory["x"])


def test_what_is_missing_or_wrong_is_said(tmp_path):
    path = tmp_path / "film.safetensors"
    with pytest.raises(StylizeError, match="begin the sequence anew"):
        load_memory(path, "one")
    save_memory(path, {"x": torch.ones(2)}, "one")
    with pytest.raises(StylizeError, match="belongs to one, not to two"):
        load_memory(path, "two")
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(StylizeError, match="damaged"):
        load_memory(path, "one")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StylizeError, match="cannot be written"):
        save_memory(tmp_path / "file" / "film.safetensors", {}, "one")
