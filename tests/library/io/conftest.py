"""Small files for the tests of the readers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from servloop.errors import InputError

EVENTS = """case,activity,timestamp,resource
A1,受理,2025-01-02 09:00:00+08:00,张三
A1,办结,2025-01-02 10:30:00+08:00,李四
NA,受理,2025-01-03 09:00:00+08:00,?
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file into the test's folder and return its path."""

    def written(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


@pytest.fixture
def sentence() -> Callable[[Callable[[], object]], tuple[str, str, str]]:
    """Run what must fail and return its code and its sentence in English and Chinese."""

    def said(action: Callable[[], object]) -> tuple[str, str, str]:
        with pytest.raises(InputError) as caught:
            action()
        return caught.value.code, caught.value.message("en"), caught.value.message("zh-CN")

    return said
