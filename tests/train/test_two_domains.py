"""Training from two folders: what is read, what a step does, what goes wrong, what is written."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from core.checkpoints.store import Store
from core.cli import main
from core.errors import StylizeError
from core.methods.adaptive_style.network import Sizes as ArtistSizes
from core.methods.adaptive_style.network import coarsen
from core.methods.cyclegan.network import Sizes as CycleSizes
from core.methods.munit.network import COMPACT
from core.nn.adversary import ReplayPool, fool, tell
from core.progress import ignore
from core.train.artist import WANTED, WEIGHTS, Artist
from core.train.converge import frechet, has_converged
from core.train.cyclegan import Cycle
from core.train.folders import match, read_domain
from core.train.loop import History
from core.train.one_style import own_judge
from core.train.pairs import Paired
from core.train.plot import write_curves
from core.train.tolerant import load_tolerant
from core.train.train import train
from core.train.translation import Munit, Translation
from core.train.two_domains import Lesson, train_domains


def seeded(number=0):
    return torch.Generator().manual_seed(number)


@pytest.fixture
def pools(photo):
    """Two small domains: photographs, and the same upside down and darker."""
    a = [torch.from_numpy(photo(80, 96, seed)).permute(2, 0, 1) for seed in range(3)]
    return a, [(x.float() * 0.6).byte().flip(1) for x in a]


def learns(trainee):
    """Take a step of both sides, whose terms are numbers; gradients are left."""
    terms = trainee.losses(seeded())
    torch.stack(list(terms.values())).sum().backward()
    assert all(bool(torch.isfinite(term)) for term in terms.values())
    against = trainee.rival_losses(seeded()) if hasattr(trainee, "rival") else {}
    assert all(bool(torch.isfinite(term)) for term in against.values())
    return terms, against


def test_munit_learns_both_ways_in_a_step(pools):
    trainee = Munit(pools, load_tolerant("vgg16"), size=64)
    terms, against = learns(trainee)
    assert set(terms) == {"adv", "seen", "own", "style", "code", "cycle", "keep", "outside"}
    assert set(against) == {"tell"}
    assert all(p.grad is not None for p in trainee.module.parameters())


def test_munit_of_the_published_sizes_has_the_authors_weights(pools):
    sizes = COMPACT._replace(keeps=False, dim=8, look=4)
    trainee = Munit(pools, load_tolerant("vgg16"), sizes, batch=1, size=64)
    terms, _ = learns(trainee)
    assert set(terms) == {"adv", "own", "style", "code", "cycle", "keep"}


def test_lean_munit_goes_one_way_and_looks_back_now_and_then(pools):
    trainee = Munit(pools, load_tolerant("vgg16"), size=64, forth=0.75, lazy=4, bank=4)
    seen = [set(trainee.losses(seeded(n))) for n in range(12)]
    assert {"cycle" in terms for terms in seen} == {True, False}
    ways = []
    for n in range(12):
        trainee.losses(seeded(n))
        ways.append(frozenset(trainee.made))
    assert set(ways) == {frozenset("a"), frozenset("b")}


def test_cyclegan_learns_both_ways(pools):
    trainee = Cycle(pools, CycleSizes(4, 1), width=4, size=64)
    terms, against = learns(trainee)
    assert set(terms) == {"adv a", "adv b", "cycle a", "cycle b", "own a", "own b"}
    assert set(against) == {"tell a", "tell b"}
    assert all(p.grad is not None for p in trainee.module.parameters())


def test_cyclegan_compares_pairs_spot_for_spot(pools):
    negatives = [255 - x for x in pools[0]]
    trainee = Cycle((pools[0], negatives), CycleSizes(4, 1), paired=True, width=4, size=64)
    terms, _ = learns(trainee)
    assert {"pair a", "pair b"} < set(terms)
    b, a = trainee.real
    assert torch.allclose(b, -a, atol=1e-5), "both show the same spot"


def test_of_an_artists_network_and_its_rival_one_learns_in_a_step(pools):
    trainee = Artist(pools, ArtistSizes((4, 4, 8), 1, (4, 4), sees=False), width=2, size=128)
    terms, against = learns(trainee)
    assert set(terms) == {"adv", "image", "feature"}
    assert not against, "the discriminator does well enough, and rests"
    trainee.critic.success.fill_(WANTED - 0.3)
    before = float(trainee.critic.success)
    assert trainee.losses(seeded()) == {}
    assert set(trainee.rival_losses(seeded())) == {"tell"}
    assert float(trainee.critic.success) != before


def test_a_small_artists_network_learns_in_each_step_from_all_paintings(pools):
    trainee = Artist(pools, judge=own_judge(Store().load), width=2, size=128)
    taught: list[bool] = []
    for number in range(6):
        terms = trainee.losses(seeded(number))
        assert set(terms) == set(WEIGHTS)
        taught.append(bool(trainee.rival_losses(seeded(number))))
    assert set(taught) == {True, False}, "its discriminator rests now and then"
    torch.stack(list(terms.values())).sum().backward()
    assert all(p.grad is not None for p in trainee.module.parameters())


def test_a_small_artists_network_begins_with_the_picture(pools):
    trainee = Artist(pools, judge=own_judge(Store().load), width=2, size=128)
    x = pools[0][0][None, :, :80, :80].float() / 127.5 - 1
    with torch.no_grad():
        made = trainee.network(x)
    assert (made - coarsen(x)).abs().mean() < 0.5 * (made - coarsen(x.flip(3))).abs().mean()


def test_pairs_are_compared_by_statistics_there_and_by_pixels_back(pools):
    trainee = Paired(pools, own_judge(Store().load), size=64)
    found = [trainee.losses(seeded(n)) for n in range(12)]
    assert {"pixels" in terms for terms in found} == {True, False}
    torch.stack([v for terms in found for v in terms.values()]).sum().backward()
    assert all(p.grad is not None for p in trainee.module.parameters())


def test_of_aligned_pairs_pixels_are_compared_both_ways(pools):
    trainee = Paired(pools, own_judge(Store().load), size=64, aligned=True)
    assert all("pixels" in trainee.losses(seeded(n)) for n in range(6))


def test_codes_that_are_made_ready_are_as_random_ones_and_pictures_stay(pools):
    trainee = Paired(pools, own_judge(Store().load), size=64)
    nn.init.normal_(trainee.networks.b.retouch.last.weight, std=0.1)
    ready = trainee.ready(trainee.networks)
    pictures = [pair[3:][None].float() / 127.5 - 1 for pair in trainee.pairs]
    codes = torch.cat([ready.b.style(x) for x in pictures])
    assert codes.mean(0).abs().max() < 1e-3
    for network in (trainee.networks, ready):
        network.requires_grad_(False)
    x = pictures[0]
    one, two = (n.b.decode(n.b.content(x), n.b.style(x), x) for n in (trainee.networks, ready))
    assert torch.allclose(one, two, atol=1e-3)


def test_the_least_squares_game():
    made, real = [torch.tensor([0.0, 0.5])], [torch.tensor([1.0, 0.0])]
    assert float(tell(made, real)) == pytest.approx(0.125 + 0.5)
    assert float(fool(made)) == pytest.approx((1 + 0.25) / 2)


def test_a_replay_pool_remembers_and_is_kept():
    pool = ReplayPool(4, 2)
    made = [torch.full((1, 3, 2, 2), float(k)) for k in range(40)]
    shown = [float(pool.swap(x, seeded(k)).mean()) for k, x in enumerate(made)]
    assert shown[:4] == [0, 1, 2, 3], "while there is room"
    late = [s for k, s in enumerate(shown) if k >= 4]
    old = sum(s < k for k, s in enumerate(late, 4))
    assert 8 <= old <= 28, "about half are of earlier steps"
    other = ReplayPool(4, 2)
    other.load_state_dict(pool.state_dict())
    assert int(other.held) == 4


def folder(place, photo, names, size=(64, 80)):
    place.mkdir(parents=True, exist_ok=True)
    for n, name in enumerate(names):
        Image.fromarray(photo(*size, n)).save(place / name)
    return place


def test_broken_and_tiny_files_are_left_out_and_named(tmp_path, photo):
    place = folder(tmp_path / "a", photo, [f"{n}.png" for n in range(9)])
    folder(place, photo, ["large.jpg"], (700, 900))
    (place / "cut.png").write_bytes((place / "0.png").read_bytes()[:200])
    (place / "text.jpg").write_text("no picture")
    folder(place, photo, ["tiny.png"], (20, 30))
    (place / "notes.txt").write_text("ignored")
    said = []
    found = read_domain(place, 512, lambda progress: said.append(progress.stage))
    assert len(found.pictures) == 10
    assert max(max(x.shape[1:]) for x in found.pictures) == 512
    assert len(found.skipped) == 3
    (sentence,) = [s for s in said if "left out" in s]
    assert sentence.startswith("3 of 13 files in")
    assert all(
        name in sentence for name in ("cut.png", "text.jpg", "tiny.png (has 30 x 20 pixels)")
    )


def test_too_few_pictures_are_an_error(tmp_path, photo):
    place = folder(tmp_path / "a", photo, [f"{n}.png" for n in range(3)])
    with pytest.raises(
        StylizeError, match="has 3 pictures that can be used, and a domain needs at least 8"
    ):
        read_domain(place, 512, ignore)
    with pytest.raises(StylizeError, match="there is no folder"):
        read_domain(tmp_path / "none", 512, ignore)


def test_pairs_are_files_of_one_name_and_size(tmp_path, photo):
    a = folder(tmp_path / "a", photo, [f"{n}.png" for n in range(10)])
    b = folder(tmp_path / "b", photo, [f"{n}.jpg" for n in range(1, 12)])
    one, two = match(*(read_domain(x, 512, ignore) for x in (a, b)))
    assert one.names == two.names
    assert len(one.pictures) == len(two.pictures) == 9
    folder(b, photo, ["4.jpg"], (70, 80))
    with pytest.raises(StylizeError, match="the two pictures 4 have two sizes"):
        match(*(read_domain(x, 512, ignore) for x in (a, b)))


def test_it_has_converged_when_the_distance_stands():
    falling, standing = History(), History()
    for n in range(30):
        falling.add(n, {"away": 0.9**n})
        standing.add(n, {"away": max(0.5, 0.9**n)})
    assert not has_converged(falling, "away")
    assert has_converged(standing, "away")
    assert not has_converged(History(), "away")


def test_the_distance_of_two_normal_distributions():
    one = torch.tensor([[0.0, 0], [2, 0]])
    assert frechet(one, one) == 0
    assert frechet(one + 3, one) == pytest.approx(18 / 1)


def test_curves_are_a_picture(tmp_path):
    history = History()
    for n in range(5):
        history.add(n, {"adv": 1 / (n + 1), "tell": float(n)})
    write_curves(tmp_path / "c.png", history, "a to b")
    with Image.open(tmp_path / "c.png") as shown:
        assert shown.size == (720, 224)
        assert len(shown.convert("RGB").getcolors(99999)) > 10
    write_curves(tmp_path / "c.png", History())


@pytest.fixture
def lesson(tmp_path, photo):
    names = [f"{n}.png" for n in range(9)]
    a, b = (folder(tmp_path / "rust" / side, photo, names) for side in "ab")
    return Lesson(a, b, steps=2, plot=True)


def test_a_translation_is_named_by_the_folder_of_both(lesson, tmp_path):
    assert lesson.name == "rust"
    assert Lesson(tmp_path / "summer", tmp_path / "else" / "winter").name == "winter"


@pytest.mark.parametrize("recipe", ["munit", "cyclegan", "adaptive_style"])
def test_the_command_writes_weights_sheet_and_curves(recipe, lesson, tmp_path, monkeypatch, capsys):
    smaller(monkeypatch)
    out = tmp_path / "mine"
    arguments = ["train", recipe, "--a", str(lesson.a), "--b", str(lesson.b), "-o", str(out)]
    assert main([*arguments, "--steps", "2", "--plot", "--quiet"]) == 0
    written = capsys.readouterr().out.split()
    names = {"mine.safetensors", "mine.png", "mine.curves.png"}
    names |= {"mine_back.safetensors"} if recipe == "cyclegan" else set()
    assert {Path(path).name for path in written} == names
    assert all((tmp_path / name).exists() for name in names)
    style = str(tmp_path / "mine.safetensors")
    made = tmp_path / "made.png"
    content = str(lesson.a / "0.png")
    assert (
        main(["stylize", content, "--method", recipe, "--style", style, "-o", str(made), "--quiet"])
        == 0
    )


def smaller(monkeypatch):
    """Make steps quick: small crops."""
    import core.train.translating as recipes

    monkeypatch.setattr(
        recipes, "Munit", lambda p, t, s, **o: Munit(p, t, s, batch=1, size=64, seed=o["seed"])
    )
    monkeypatch.setattr(recipes, "Cycle", lambda p, **o: Cycle(p, width=4, size=64, **o))
    monkeypatch.setattr(recipes, "Artist", lambda p, **o: Artist(p, width=2, size=128, **o))


def test_two_folders_are_asked_for_and_pairs_only_where_they_help(lesson, tmp_path, capsys):
    assert main(["train", "munit", "--a", str(lesson.a), "-o", str(tmp_path / "x")]) == 1
    assert "give both --a DIR and --b DIR" in capsys.readouterr().err
    assert main(["train", "munit", "-o", str(tmp_path / "x")]) == 1
    assert "give both --a DIR and --b DIR" in capsys.readouterr().err
    with pytest.raises(StylizeError, match="munit learns from two folders: give both"):
        train("munit", tmp_path, tmp_path, tmp_path)
    with pytest.raises(StylizeError, match="does not learn from pairs"):
        train_domains("adaptive_style", Lesson(lesson.a, lesson.b, pairs=True), tmp_path / "x")
    with pytest.raises(StylizeError, match="leave --critics out"):
        train_domains(
            "cyclegan", Lesson(lesson.a, lesson.b, pairs=True, critics=True), tmp_path / "x"
        )
    with pytest.raises(StylizeError, match="does not learn from two folders"):
        train_domains("microast", lesson, tmp_path / "x")
    with pytest.raises(StylizeError, match="one step or more, not 0"):
        train_domains("munit", replace(lesson, steps=0), tmp_path / "x")


def test_a_translation_begins_with_another(lesson, tmp_path, monkeypatch, capsys):
    """After one gentle step the network is nearly the one that it began with."""
    smaller(monkeypatch)
    (first, *_) = train_domains("munit", replace(lesson, steps=1), tmp_path / "x")
    begun = replace(lesson, steps=1, seed=5, begin=first)
    (second, *_) = train_domains("munit", begun, tmp_path / "y")
    for name, tensor in load_file(first).items():
        assert torch.allclose(load_file(second)[name], tensor, atol=2e-3)
    with pytest.raises(StylizeError, match=r"x\.safetensors is not of this network"):
        train_domains("cyclegan", replace(lesson, begin=first), tmp_path / "z")
    with pytest.raises(StylizeError, match=r"none\.safetensors"):
        train_domains("munit", replace(lesson, begin=tmp_path / "none.safetensors"), tmp_path / "z")
    command = ["train", "munit", "--a", str(lesson.a), "--b", str(lesson.b), "--aligned"]
    assert main([*command, "-o", str(tmp_path / "z")]) == 1
    assert "--aligned is for pairs; give --pairs too" in capsys.readouterr().err
    assert not list(tmp_path.glob("z*"))


def test_another_lesson_does_not_go_on_with_a_checkpoint(lesson, tmp_path, monkeypatch):
    smaller(monkeypatch)
    train_domains("cyclegan", lesson, tmp_path / "x")
    other = "x.checkpoint belongs to another run"
    with pytest.raises(StylizeError, match=other):
        train_domains("cyclegan", Lesson(lesson.b, lesson.a, steps=3), tmp_path / "x")
    with pytest.raises(StylizeError, match=other):
        train_domains("munit", lesson, tmp_path / "x")


@pytest.mark.parametrize("first", [False, True])
def test_pairs_and_none_do_not_go_on_with_each_other(first, lesson, tmp_path, monkeypatch):
    smaller(monkeypatch)
    train_domains("munit", replace(lesson, pairs=first), tmp_path / "x")
    with pytest.raises(StylizeError, match="belongs to another run"):
        train_domains("munit", replace(lesson, pairs=not first, steps=3), tmp_path / "x")


def test_a_translation_holds_two_generators():
    assert {name.split(".")[0] for name in Translation(COMPACT).state_dict()} == {"a", "b"}
