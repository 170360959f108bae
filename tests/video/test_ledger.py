"""Records of frames, of now and of before, and who is at work."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from core.errors import PictureError, StylizeError
from core.files.durable import DAY
from core.files.identity import identity
from core.video.ledger import FOLDER, Ledger, digest_file
from core.video.presence import STALE, announce_work

SETTINGS, OTHERS = "a" * 32, "b" * 32


@pytest.fixture
def book(tmp_path):
    return Ledger(tmp_path, SETTINGS)


def put(book, path, data, source="s"):
    """Make a frame as a sequence does."""
    written = path.with_name("written")
    written.write_bytes(data)
    book.intend(path, source, written)
    written.replace(path)


def record(path):
    return path.parent / FOLDER / f"{path.name}.json"


def before_of(path):
    return json.loads(record(path).read_text())["before"]


def test_a_frame_is_known_by_its_bytes(book, tmp_path):
    path = tmp_path / "o_1.png"
    assert not book.finished(path, "s")
    put(book, path, b"paint")
    assert book.finished(path, "s")
    assert book.ours(path)
    assert not book.finished(path, "t")
    assert not Ledger(tmp_path, OTHERS).finished(path, "s")
    assert Ledger(tmp_path, OTHERS).ours(path)
    path.write_bytes(b"saint")  # of the same size
    assert not book.finished(path, "s")
    assert not book.ours(path)


def test_until_the_rename_what_was_there_is_ours(book, tmp_path):
    path, written = tmp_path / "o_1.png", tmp_path / "written"
    put(book, path, b"first")
    for data, settings in ((b"second", OTHERS), (b"third", "c" * 32), (b"fourth", "d" * 32)):
        written.write_bytes(data)
        Ledger(tmp_path, settings).intend(path, "s", written)
    assert book.finished(path, "s")
    assert not Ledger(tmp_path, "d" * 32).finished(path, "s")
    written.replace(path)
    assert Ledger(tmp_path, "d" * 32).finished(path, "s")
    assert [before["film"][0] for before in before_of(path)] == ["a", "c"]


def test_what_another_job_is_putting_there_is_ours_too(book, tmp_path):
    path, written = tmp_path / "o_1.png", tmp_path / "other"
    path.write_bytes(b"mine")
    written.write_bytes(b"slow")
    Ledger(tmp_path, OTHERS).intend(path, "s", written)
    put(book, path, b"quick")
    (tmp_path / "third").write_bytes(b"third")
    book.intend(path, "s", tmp_path / "third")
    assert book.ours(path)
    assert book.finished(path, "s")
    written.replace(path)
    assert book.ours(path)
    assert not book.finished(path, "s")


def test_a_frame_that_is_made_anew_is_remembered_once(book, tmp_path):
    path = tmp_path / "o_1.png"
    put(book, path, b"paint")
    put(book, path, b"paint")
    assert before_of(path) == []
    put(book, path, b"anew")
    assert [facts["bytes"] for facts in before_of(path)] == [5]


def test_a_folder_of_a_frame_s_name_is_no_frame(book, tmp_path):
    path = tmp_path / "o_1.png"
    put(book, path, b"paint")
    path.unlink()
    assert not book.ours(path)
    path.mkdir()
    assert not book.ours(path)


def test_a_foreign_file_does_not_become_ours(book, tmp_path):
    path, written = tmp_path / "o_1.png", tmp_path / "written"
    path.write_bytes(b"mine")
    written.write_bytes(b"paint")
    book.intend(path, "s", written)
    assert not book.ours(path)


def test_records_of_before_are_read(book, tmp_path):
    """They had no digest: the size counts, until the frame is made anew."""
    path = tmp_path / "o_1.png"
    path.write_bytes(b"paint")
    (tmp_path / FOLDER).mkdir()
    record(path).write_text(json.dumps({"film": SETTINGS, "source": "s", "bytes": 5}))
    assert book.finished(path, "s")
    put(Ledger(tmp_path, OTHERS), path, b"anew!")
    assert path.stat().st_size == 5
    assert not book.finished(path, "s")
    path.write_bytes(b"paint")
    assert book.finished(path, "s")  # as if the rename had not come
    path.write_bytes(b"spain")
    assert not book.ours(path)


def test_a_record_of_before_speaks_of_the_file_that_is_there_alone(book, tmp_path):
    """Its size is too little to know a file by that comes later."""
    path, written = tmp_path / "o_1.png", tmp_path / "written"
    path.write_bytes(b"not it")
    (tmp_path / FOLDER).mkdir()
    record(path).write_text(json.dumps({"film": SETTINGS, "source": "s", "bytes": 5}))
    written.write_bytes(b"anew")
    book.intend(path, "s", written)
    path.write_bytes(b"sized")
    assert not book.ours(path)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "[" * 100_000, '{"film": 1}', '{"film": "a", "source": "s", "bytes": "5"}'],
)
def test_a_record_that_is_none_makes_nothing_ours(book, tmp_path, text):
    path = tmp_path / "o_1.png"
    put(book, path, b"paint")
    record(path).write_text(text)
    assert not book.ours(path)


@pytest.mark.parametrize("length", [234, 250, 251, 255])
def test_names_may_be_as_long_as_files_may_have(book, tmp_path, length):
    path = tmp_path / ("o" * (length - 8) + "0001.png")
    with announce_work(path, SETTINGS):
        put(book, path, b"paint")
    assert book.finished(path, "s")


@pytest.mark.parametrize(("length", "own"), [(20, True), (250, True), (251, False), (255, False)])
def test_a_record_has_the_frame_s_name_where_that_is_not_too_long(book, tmp_path, length, own):
    path = tmp_path / ("o" * (length - 4) + ".png")
    put(book, path, b"paint")
    (name,) = [found.name for found in (tmp_path / ".stylize").iterdir()]
    assert name == f"{path.name}.json" if own else re.fullmatch(r"[0-9a-f]{32}\.json", name)


def test_long_names_have_records_of_their_own(book, tmp_path):
    first, second = (tmp_path / ("o" * 250 + f"{k}.png") for k in (1, 2))
    put(book, first, b"paint")
    second.write_bytes(b"paint")
    assert book.ours(first)
    assert not book.ours(second)


def test_a_frame_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(PictureError, match=r"cannot read .*none\.png: No such file"):
        digest_file(tmp_path / "none.png")


def test_large_frames_are_digested_to_the_end(tmp_path):
    for name, end in (("a", b"1"), ("b", b"2")):
        (tmp_path / name).write_bytes(bytes(3 << 20) + end)
    assert digest_file(tmp_path / "a") != digest_file(tmp_path / "b")


def test_a_finished_frame_is_digested(book, tmp_path):
    path = tmp_path / "o_1.png"
    put(book, path, b"paint")
    assert json.loads(record(path).read_text())["digest"] == digest_file(path)


def mark_of(path, sequence, who):
    """The mark that a process of that word would put."""
    with announce_work(path, sequence) as presence:
        name = presence.mark.name.replace(identity(), who)
    mark = path.parent / FOLDER / name
    mark.touch()
    return mark


def ended():
    host, process, began = identity().split("-")
    return f"{host}-{process}-{int(began, 16) - 1:x}"


def test_a_killed_job_refuses_nobody(tmp_path):
    path = tmp_path / "o_#.png"
    mark = mark_of(path, OTHERS, ended())
    with announce_work(path, SETTINGS):
        assert not mark.exists()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_running_job_refuses_other_settings(tmp_path):
    path = tmp_path / "o_#.png"
    with announce_work(path, OTHERS) as presence:
        os.utime(presence.mark, (time.time() - 10 * STALE,) * 2)  # in a very large frame
        with pytest.raises(StylizeError, match="another job"), announce_work(path, SETTINGS):
            pass
        with announce_work(path, OTHERS), announce_work(tmp_path / "p_#.png", SETTINGS):
            pass
        assert presence.mark.exists()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_jobs_elsewhere_are_asked_by_their_signs_of_life(tmp_path):
    path = tmp_path / "o_#.png"
    far = mark_of(path, OTHERS, "000000000000-1-1")
    with pytest.raises(StylizeError, match="another job"), announce_work(path, SETTINGS):
        pass
    os.utime(far, (time.time() - STALE - 5,) * 2)
    with announce_work(path, SETTINGS):
        assert far.exists()
    os.utime(far, (time.time() - DAY - 5,) * 2)
    with announce_work(path, SETTINGS):
        assert not far.exists()


@pytest.mark.parametrize("name", ["x.busy", ".busy", "a.b.c.busy", "o_#.png.busy", "folder.busy"])
def test_foreign_files_are_let_be(tmp_path, name):
    (tmp_path / FOLDER).mkdir()
    foreign = tmp_path / FOLDER / name
    foreign.mkdir() if name.startswith("folder") else foreign.touch()
    with announce_work(tmp_path / "o_#.png", SETTINGS):
        pass
    assert foreign.exists()


def test_a_folder_that_cannot_be_written_is_named_by_the_output(tmp_path):
    (tmp_path / FOLDER).write_text("in the way")
    with (
        pytest.raises(PictureError, match=r"cannot write .*o_#.png"),
        announce_work(tmp_path / "o_#.png", SETTINGS),
    ):
        pass


def test_an_interrupt_leaves_no_sign_of_life(tmp_path, monkeypatch):
    """Not even one that comes just after the mark was put."""
    touch = Path.touch

    def interrupted(path, *rest, **more):
        touch(path, *rest, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "touch", interrupted)
    with pytest.raises(KeyboardInterrupt), announce_work(tmp_path / "o_#.png", SETTINGS):
        pass
    assert list((tmp_path / FOLDER).iterdir()) == []
