"""Training from two folders: what is read, what a step does, what goes wrong, what is written."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from core.checkpoints.store import Store
from core.cli import main
from core.errors import Cancelled, StylizeError
from core.methods.adaptive_style.network import Sizes as ArtistSizes
from core.methods.cyclegan.network import Sizes as CycleSizes
from core.methods.munit.network import COMPACT
from core.nn.adversary import ReplayPool, fool, tell
from core.progress import ignore
from core.train.artist import WANTED, Artist
from core.train.converge import frechet, has_converged
from core.train.cyclegan import Cycle
from core.train.folders import match, read_domain
from core.train.loop import History, Schedule, fit
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


def test_of_an_artists_network_and_its_rival_one_learns_in_a_step(pools):
    trainee = Artist(pools, ArtistSizes(4, 1), width=2, size=128)
    terms, against = learns(trainee)
    assert set(terms) == {"adv", "image", "feature"}
    assert not against, "the discriminator does well enough, and rests"
    trainee.critic.success.fill_(WANTED - 0.3)
    before = float(trainee.critic.success)
    assert trainee.losses(seeded()) == {}
    assert set(trainee.rival_losses(seeded())) == {"tell"}
    assert float(trainee.critic.success) != before


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


class Sick:
    """Fit y = 2 x, with losses that are no number, or no memory, for a while."""

    def __init__(self, *, sick=(), short=0):
        torch.manual_seed(0)
        self.module: nn.Module = nn.Linear(1, 1)
        self.sick, self.short, self.calls, self.batch = sick, short, 0, 8

    def losses(self, generator):
        self.calls += 1
        if self.batch > self.short > 0:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        x = torch.randn(self.batch, 1, generator=generator)
        error = (self.module(x) - 2 * x).square().mean()
        return {"error": error * float("nan") if self.calls in self.sick else error}


QUICK = Schedule(steps=60, rate=0.1, warm_up=5, save_every=10)


def test_without_numbers_it_goes_back_to_the_checkpoint(tmp_path):
    said = []
    trainee = Sick(sick=(26, 27, 28))
    averaged, _ = fit(trainee, QUICK, tmp_path / "run", lambda p: said.append(p.stage))
    assert [s for s in said if "back to" in s] == [
        "losses were no numbers at step 27: back to step 20"
    ]
    assert averaged.module.weight.item() == pytest.approx(2, abs=0.2)


def test_a_single_step_without_numbers_is_passed_over(tmp_path):
    said = []
    fit(Sick(sick=(26,)), QUICK, tmp_path / "run", lambda p: said.append(p.stage))
    assert not [s for s in said if "back to" in s]


def test_without_numbers_for_ever_it_ends_in_words(tmp_path):
    with pytest.raises(StylizeError, match="the losses are no numbers any more at step 22"):
        fit(Sick(sick=range(21, 999)), QUICK, tmp_path / "run", ignore)


def test_when_memory_is_short_batches_are_halved(tmp_path):
    said, trainee = [], Sick(short=3)
    fit(trainee, QUICK, tmp_path / "run", lambda p: said.append(p.stage))
    assert trainee.batch == 2
    assert [s for s in said if "memory" in s] == [
        "memory is short: 4 pictures a step instead of 8",
        "memory is short: 2 pictures a step instead of 4",
    ]


def test_other_errors_are_not_taken_for_lack_of_memory(tmp_path):
    trainee = Sick()
    trainee.losses = lambda generator: torch.ones(2) @ torch.ones(3)
    with pytest.raises(RuntimeError, match="size"):
        fit(trainee, QUICK, tmp_path / "run", ignore)


def test_ctrl_c_ends_a_step_and_keeps_it(tmp_path):
    def stop(progress):
        if progress.done == 33:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Cancelled):
        fit(Sick(), QUICK, tmp_path / "run", stop)
    assert signal.getsignal(signal.SIGINT) is before
    assert torch.load(tmp_path / "run", weights_only=True)["step"] == 34
    whole, _ = fit(Sick(), QUICK, tmp_path / "whole", ignore)
    resumed, _ = fit(Sick(), QUICK, tmp_path / "run", ignore)
    assert torch.equal(resumed.module.weight, whole.module.weight)


@pytest.mark.parametrize("course", ["linear", "halving"])
def test_other_courses_of_the_rate(course):
    rates = [Schedule(100, rate=1.0, warm_up=1, course=course).rate_at(s) for s in range(100)]
    if course == "linear":
        assert rates[:51] == [1.0] * 51
        assert rates[75] == pytest.approx(0.5)
    else:
        assert [rates[k] for k in (0, 9, 10, 25, 99)] == [1, 1, 0.5, 0.25, 0.5**9]


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
        recipes, "Munit", lambda p, t, **o: Munit(p, t, batch=1, size=64, seed=o["seed"])
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
        train_domains("cyclegan", Lesson(lesson.a, lesson.b, pairs=True), tmp_path / "x")
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
    assert "only pairs are aligned; give --pairs too" in capsys.readouterr().err
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


def test_a_checkpoint_of_another_network_or_damaged_is_an_error(tmp_path):
    fit(Sick(), QUICK, tmp_path / "run", ignore)
    wide = Sick()
    wide.module = nn.Linear(2, 2)
    with pytest.raises(StylizeError, match="run belongs to another run"):
        fit(wide, QUICK, tmp_path / "run", ignore)
    (tmp_path / "run").write_bytes((tmp_path / "run").read_bytes()[:100])
    with pytest.raises(StylizeError, match="run is damaged; remove it"):
        fit(Sick(), QUICK, tmp_path / "run", ignore)


def test_only_one_training_writes_a_checkpoint(tmp_path):
    refused = []

    def begin_another(progress):
        if not refused:
            with pytest.raises(
                StylizeError, match=r"another training is writing .*run; wait"
            ) as said:
                fit(Sick(), QUICK, tmp_path / "run", ignore)
            refused.append(said)
            fit(Sick(), QUICK, tmp_path / "else", ignore)

    fit(Sick(), QUICK, tmp_path / "run", begin_another)
    assert refused
    assert {path.name for path in tmp_path.iterdir()} == {"run", "else"}


def test_what_a_killed_training_has_left_keeps_nobody_out(tmp_path, python):
    code = (
        "import os, sys; from pathlib import Path; from core.train.hold import hold\n"
        "with hold(Path(sys.argv[1])): os._exit(7)"
    )
    assert python("-c", code, str(tmp_path / "run")).returncode == 7
    assert (tmp_path / "run.lock").exists()
    fit(Sick(), QUICK, tmp_path / "run", ignore)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_translation_holds_two_generators():
    assert {name.split(".")[0] for name in Translation(COMPACT).state_dict()} == {"a", "b"}
