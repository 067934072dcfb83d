"""Short folders for homes: the path of a Unix socket has room for 107 bytes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short_home() -> Iterator[Path]:
    """A new home with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="sf"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
