import hashlib

import pytest
import torch

from core.checkpoints.networks import fill, load_decoder, load_encoder
from core.checkpoints.store import CATALOG, SHIPPED, Store, read_verified, user_folder
from core.checkpoints.write import write_state
from core.errors import WeightsError
from core.nn.decoder import Decoder
from core.nn.encoder import Encoder

STATE = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(0.5)}


@pytest.fixture
def folder(tmp_path):
    write_state(tmp_path / "tiny.net.safetensors", STATE, {"format": "test"}, dtype=torch.float16)
    return tmp_path


def catalogued(folder, sha256):
    (folder / CATALOG).write_text(f'["tiny.net"]\nsha256 = "{sha256}"\nbytes = 1\n')
    return Store((folder,))


def test_half_precision_files_load_as_float32(folder):
    found = Store((folder,)).load("tiny.net")
    assert found["a"].dtype == torch.float32
    assert torch.equal(found["a"], STATE["a"])


def test_the_first_name_that_exists_wins(folder):
    write_state(folder / "tiny.own.safetensors", {"c": torch.ones(1)}, {})
    store = Store((folder,))
    assert set(store.load("tiny.missing", "tiny.own", "tiny.net")) == {"c"}
    assert store.has("tiny.net")
    assert not store.has("tiny.missing")


def test_the_first_folder_wins(folder, tmp_path):
    other = tmp_path / "other"
    write_state(other / "tiny.net.safetensors", {"c": torch.ones(1)}, {})
    assert set(Store((other, folder)).load("tiny.net")) == {"c"}
    assert Store((other, folder)).list()["tiny.net"].parent == other


def test_a_missing_network_says_what_works_now(tmp_path):
    with pytest.raises(
        WeightsError, match=r"vgg19\.adain_relu4_1.*the backbone compact.*weights import"
    ):
        Store((tmp_path,)).load("vgg19.adain_relu4_1")
    with pytest.raises(WeightsError, match="reinstall"):
        Store((tmp_path,)).load("compact.encoder")


def test_a_catalogued_file_loads_only_if_it_is_that_file(folder):
    good = hashlib.sha256((folder / "tiny.net.safetensors").read_bytes()).hexdigest()
    assert set(catalogued(folder, good).load("tiny.net")) == {"a", "b"}
    with pytest.raises(WeightsError, match="damaged"):
        catalogued(folder, "0" * 64).load("tiny.net")


def test_a_file_beside_a_catalog_must_be_in_it(folder):
    write_state(folder / "tiny.stray.safetensors", STATE, {})
    with pytest.raises(WeightsError, match="not in"):
        catalogued(folder, "0" * 64).load("tiny.stray")


@pytest.mark.parametrize("keep", [0, 4, 40, -1])
def test_a_file_that_was_cut_short_is_refused(folder, keep):
    path = folder / "tiny.net.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(WeightsError, match="cut short"):
        Store((folder,)).load("tiny.net")


def test_a_catalog_that_is_not_toml_is_refused(folder):
    (folder / CATALOG).write_text("[[[")
    with pytest.raises(WeightsError, match="cannot be read"):
        Store((folder,)).load("tiny.net")


def test_a_folder_is_no_weight_file(tmp_path):
    (tmp_path / "tiny.net.safetensors").mkdir()
    assert not Store((tmp_path,)).has("tiny.net")
    with pytest.raises(WeightsError, match="cannot be read"):
        read_verified(tmp_path / "tiny.net.safetensors")


def test_the_users_folder_can_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("STYLIZE_WEIGHTS", str(tmp_path))
    assert user_folder() == tmp_path
    assert Store().folders == (tmp_path, SHIPPED)
    assert Store.at(tmp_path).folders[1] == SHIPPED
    assert Store.at(None) == Store()


def test_writing_leaves_nothing_half_done(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WeightsError, match="cannot be written"):
        write_state(tmp_path / "file" / "net.safetensors", STATE, {})
    with pytest.raises(WeightsError, match="cannot be written"):
        write_state(tmp_path / "bad.safetensors", STATE, {"number": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_widths_are_read_off_the_file(tmp_path):
    widths = (4, 6, 8)
    encoder, decoder = Encoder(widths, "relu3_1"), Decoder(widths, "relu3_1")
    write_state(tmp_path / "tiny.encoder.safetensors", encoder.state_dict(), {})
    write_state(tmp_path / "tiny.decoder_relu3_1.safetensors", decoder.state_dict(), {})
    store, x = Store((tmp_path,)), torch.rand(1, 3, 16, 24)
    loaded = load_encoder(store, "tiny", "relu2_1")
    assert torch.allclose(loaded(x)["relu2_1"], encoder(x)["relu2_1"], atol=1e-6)
    rebuilt = load_decoder(store, "tiny", "decoder", "relu3_1")(encoder(x)["relu3_1"])
    assert rebuilt.shape == x.shape
    with pytest.raises(WeightsError, match="ends before relu4_1"):
        load_encoder(store, "tiny", "relu4_1")


def test_a_network_of_another_shape_is_refused():
    state = Decoder((4, 6), "relu2_1").state_dict()
    with pytest.raises(WeightsError, match=r"tiny\.x is not the network"):
        fill(Decoder((4, 8), "relu2_1"), state, "tiny.x")


def test_the_shipped_weights_are_those_of_the_catalog():
    for name, path in Store((SHIPPED,)).list().items():
        assert read_verified(path), name
