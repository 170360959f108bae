import pytest
import torch

from core.nn.encoder import COMPACT, Encoder
from core.train.data import draw_crops
from core.train.metanet import Written, describe_style
from core.train.teacher import Judge
from core.train.transport import StyleBank


@pytest.fixture
def trainee(shared, photo):
    torch.manual_seed(0)
    pool = [torch.from_numpy(photo(80, 96, seed)).permute(2, 0, 1) for seed in range(3)]
    judge = Judge(shared / "teachers" / "cd16x" / "encoder5.pth")
    encoder = Encoder(COMPACT).requires_grad_(False)
    bank = StyleBank(encoder, judge, lambda n, g: draw_crops(pool, n, 64, g, recolor=1.0), 16, 1)
    return Written(judge, bank, pool, styles=2, batch=1, size=64)


def test_every_part_learns_from_a_step(trainee):
    terms = trainee.losses(torch.Generator().manual_seed(0))
    torch.stack(list(terms.values())).sum().backward()
    assert all(bool(torch.isfinite(term)) for term in terms.values())
    assert all(p.grad is not None for p in trainee.module.parameters())


def test_folded_it_takes_descriptions_as_they_are(trainee):
    raw = describe_style(trainee.bank.draw(1, torch.Generator().manual_seed(0)))
    wanted = trainee.meta.generate((raw - trainee.center) / trainee.spread)
    trainee.meta.load_state_dict(trainee.folded(trainee.meta.state_dict()))
    found = trainee.meta.generate(raw)
    assert all(torch.allclose(found[k], wanted[k], atol=1e-3) for k in wanted)


def test_it_begins_as_one_network_that_every_style_changes_a_little(trainee):
    codes = (describe_style(trainee.bank.columns) - trainee.center) / trainee.spread
    with torch.no_grad():
        written = [trainee.meta.weights(code[None]) for code in codes[:2]]
    first, second = (weights["block1.conv1.weight"] for weights in written)
    common = trainee.painter.state_dict()["block1.conv1.weight"]
    assert 0 < float((first - second).std()) < float(common.std())
    assert float((first - common).std()) < float(common.std())
