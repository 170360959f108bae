import numpy as np
import pytest
import torch

from core.checkpoints.perceptual import load_perceptual
from core.checkpoints.store import Store
from core.errors import PictureError, WeightsError
from core.evaluation.metrics import ssim_uniform
from core.nn.lpips import NETS, WIDTHS, Perceptual, backbone
from core.published import import_file


@pytest.mark.parametrize("net", NETS)
def test_a_picture_is_like_itself_and_unlike_others(net):
    torch.manual_seed(0)
    metric = Perceptual(net)
    for head in metric.heads:
        head.data.fill_(1.0)
    x = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        assert float(metric(x, x)) == 0
        near, far = (float(metric(x, x + k * torch.randn_like(x))) for k in (0.05, 0.5))
        layers = metric.layers(x, -x)
    assert 0 < near < far
    assert layers.shape == (1, len(WIDTHS[net]))
    torch.testing.assert_close(layers.sum(1), metric(x, -x))


def test_published_files_make_a_metric(tmp_path):
    torch.manual_seed(0)
    store = Store((tmp_path / "own",))
    with pytest.raises(WeightsError, match=r"lpips\.squeeze and lpips\.squeeze_heads: fetch"):
        load_perceptual(store, "squeeze")
    network = backbone("squeeze")
    state = {f"features.{key}": value for key, value in network.state_dict().items()}
    heads = [torch.rand(1, width, 1, 1) for width in WIDTHS["squeeze"]]
    torch.save({**state, "classifier.1.bias": torch.zeros(9)}, tmp_path / "squeezenet1_1.pth")
    torch.save({f"lin{k}.model.1.weight": h for k, h in enumerate(heads)}, tmp_path / "squeeze.pth")
    for name in ("squeezenet1_1", "squeeze"):
        import_file(tmp_path / f"{name}.pth", tmp_path / "own")
    metric = load_perceptual(store, "squeeze")
    for got, head in zip(metric.heads, heads, strict=True):
        torch.testing.assert_close(got.detach(), head.flatten())
    x = torch.rand(1, 3, 40, 40)
    torch.testing.assert_close(metric.backbone(x), network(x))


def test_uniform_ssim_is_skimages(shared):
    stored = np.load(shared / "parity" / "open" / "metrics.npz", allow_pickle=False)
    pictures = [torch.from_numpy(stored[k]).permute(2, 0, 1)[None] for k in ("frame1", "frame2")]
    assert ssim_uniform(*pictures) == pytest.approx(
        float(stored["ssim_uniform7_skimage"]), abs=1e-4
    )
    with pytest.raises(PictureError, match="7 pixels"):
        ssim_uniform(torch.rand(1, 3, 6, 9), torch.rand(1, 3, 6, 9))
