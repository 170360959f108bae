"""The page of settings says what is declared."""

import importlib.util
from dataclasses import fields
from pathlib import Path

import pytest

from core.catalog import CARDS
from core.cli.fields import typed_fields
from core.fields import option_of
from core.request.picture_job import Job
from core.request.sequence_job import SequenceJob

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location(
        "setting_tables", ROOT / "tools/setting_tables.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_declarations_say(tool):
    message = "run python tools/setting_tables.py"
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == tool.page(), message


def test_every_option_and_every_setting_is_on_it(tool):
    page = tool.page()
    for kind in (Job, SequenceJob):
        for option in typed_fields(kind):
            assert f"`{option_of(option.declared)}`" in page
    for card in CARDS:
        for declared in fields(card.params):
            assert declared.metadata["help"].replace("|", "/") in page
