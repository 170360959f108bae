"""FlowNet: its correlation by hand, the sizes it takes, its published files, its recipe's data."""

import pytest
import torch
import torch.nn.functional as F

from core.checkpoints.flow import C, S, convolutions, flownet_of, load_flownet, published_names
from core.checkpoints.store import Store
from core.checkpoints.write import write_state
from core.errors import WeightsError
from core.nn.correlation import correlation
from core.nn.flow_loss import end_point_error, multiscale_error
from core.nn.flownet import COMPACT, COMPACT_S, FlowNet, Sizes
from core.published import identify_file, import_file

SMALL = Sizes((4, 4, 6, 6, 6, 8), (4, 4, 4, 4))
SMALL_C = Sizes((4, 4, 6, 6, 6, 8), (4, 4, 4, 4), 3, 2, 2)


def one_by_one(first, second, reach, step):
    """The definition: every displacement for itself."""
    border = reach * step
    padded = F.pad(second, (border,) * 4)
    height, width = first.shape[-2:]
    steps = range(0, 2 * border + 1, step)
    parts = [
        (first * padded[..., dy : dy + height, dx : dx + width]).mean(1)
        for dy in steps
        for dx in steps
    ]
    return torch.stack(parts, 1)


@pytest.mark.parametrize(
    ("shape", "reach", "step"),
    [((2, 5, 7, 50), 3, 2), ((1, 4, 33, 64), 2, 1), ((1, 3, 2, 3), 10, 2)],
)
def test_correlation_is_its_definition(shape, reach, step):
    torch.manual_seed(0)
    first, second = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for _ in "ab")
    weight = torch.randn(shape[0], (2 * reach + 1) ** 2, *shape[2:], dtype=torch.float64)
    results = []
    for function in (correlation, one_by_one):
        value = function(first, second, reach, step)
        results.append((value, *torch.autograd.grad((value * weight).sum(), (first, second))))
    for ours, defined in zip(*results, strict=True):
        torch.testing.assert_close(ours, defined)


def test_correlation_of_moved_features_is_largest_at_their_motion():
    torch.manual_seed(1)
    x = torch.randn(1, 64, 24, 24)
    moved = x.roll((2, -4), (2, 3))  # two rows down, four columns to the left
    best = correlation(x, moved, reach=3, step=2)[0, :, 8:16, 8:16].flatten(1).argmax(0)
    assert set(best.tolist()) == {(3 + 1) * 7 + (3 - 2)}


@pytest.mark.parametrize("sizes", [SMALL, SMALL_C, SMALL_C._replace(cosine=True)])
@pytest.mark.parametrize("size", [(64, 64), (33, 70), (1, 5)])
def test_a_flow_has_the_size_of_its_frames(sizes, size):
    torch.manual_seed(0)
    network = FlowNet(sizes).eval()
    frames = torch.rand(2, 2, 3, *size)
    with torch.inference_mode():
        flow = network(*frames)
    assert flow.shape == (2, 2, *size)
    assert torch.isfinite(flow).all()


def test_levels_halve_and_round_up():
    torch.manual_seed(0)
    flows = FlowNet(SMALL).levels(torch.rand(1, 3, 70, 100), torch.rand(1, 3, 70, 100))
    assert [tuple(f.shape[-2:]) for f in flows] == [(18, 25), (9, 13), (5, 7), (3, 4), (2, 2)]


@pytest.mark.parametrize("sizes", [COMPACT, COMPACT_S])
def test_ours_is_small(sizes):
    assert 2 * sum(p.numel() for p in FlowNet(sizes).parameters()) < 1_500_000


@pytest.mark.parametrize("sizes", [SMALL, SMALL_C._replace(step=3, cosine=True)])
def test_sizes_are_read_off_a_file(tmp_path, sizes):
    torch.manual_seed(0)
    network = FlowNet(sizes).eval()
    write_state(tmp_path / "compact.flownet.safetensors", network.state_dict(), {})
    loaded = load_flownet(Store((tmp_path,)))
    assert loaded.sizes == sizes
    frames = torch.rand(2, 1, 3, 64, 64)
    torch.testing.assert_close(loaded(*frames), network(*frames))


def test_what_is_missing_or_something_else_is_said(tmp_path):
    with pytest.raises(WeightsError, match=r"compact\.flownet is not in"):
        load_flownet(Store((tmp_path,)))
    with pytest.raises(WeightsError, match="is no FlowNet"):
        flownet_of({"conv1.weight": torch.zeros(3, 3)}, "it")


def published(sizes, norms):
    """A published file's tensors, of shapes as small as the format allows."""
    own = FlowNet(sizes).state_dict()
    state = {theirs: torch.rand_like(own[ours]) for theirs, ours in published_names(sizes).items()}
    for name in convolutions(sizes) if norms else ():
        bias = state.pop(f"{name}.0.bias")
        for kind in ("weight", "bias", "running_mean", "running_var"):
            state[f"{name}.1.{kind}"] = torch.rand_like(bias) + 0.5
        state[f"{name}.1.num_batches_tracked"] = torch.tensor(7)
    return state


@pytest.mark.parametrize(
    ("name", "sizes", "norms"),
    [("flownets", S, False), ("flownets_bn", S, True), ("flownetc", C, False)],
)
def test_published_files_are_recognised(tmp_path, name, sizes, norms):
    thin = Sizes((4, 4, 6, 6, 6, 8), (4, 4, 4, 4), 3 if sizes.correlated else 0)
    path = tmp_path / "model_best.pth.tar"
    torch.save({"arch": name, "div_flow": 20, "state_dict": published(thin, norms)}, path)
    assert identify_file(path).name == f"published.{name}"
    _, written = import_file(path, tmp_path / "own")
    assert flownet_of(Store((tmp_path / "own",)).load(written.stem), name).sizes == thin


def test_a_folded_batch_norm_does_what_it_did(tmp_path):
    state = published(SMALL, norms=True)
    path = tmp_path / "bn.pth"
    torch.save(state, path)
    _, written = import_file(path, tmp_path)
    network = flownet_of(Store((tmp_path,)).load(written.stem), "it")
    x = torch.rand(1, 6, 32, 32)
    before = F.conv2d(x, state["conv1.0.weight"], stride=2, padding=3)
    parts = (state[f"conv1.1.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
    torch.testing.assert_close(network.conv1(x), F.batch_norm(before, *parts))


def test_losses_of_flows_with_known_errors():
    true = torch.zeros(2, 2, 8, 8)
    off = torch.zeros(2, 2, 4, 4)
    off[:, 0], off[:, 1] = 3, -4
    assert end_point_error(off, true[..., :4, :4]).unique().tolist() == [5]
    assert float(multiscale_error([off], true, [0.5])) == pytest.approx(0.5 * 16 * 5)
    assert float(multiscale_error([off[..., :1, :1]], off, [1.0])) == 0
