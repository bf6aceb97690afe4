"""A process of its own that lays out one PDF: HTML on its input, the file on its output.

The fonts and libraries of layout stay out of the worker and the web server, and a crash takes neither along. Nothing
outside the given text is fetched.
"""

from __future__ import annotations

import ctypes.util
import json
import re
import sys
from typing import NoReturn

LIBRARY_MISSING, NO_CHINESE_FONT, FAILED = 3, 4, 5
_CHINESE = re.compile("[\u3400-\u9fff]")


def main() -> None:
    """Read HTML, write the PDF; on failure a JSON text on the error output and a code of the module's constants."""
    html = sys.stdin.buffer.read().decode()
    try:
        import weasyprint  # noqa: PLC0415  # loads libraries of the system, which may be missing
    except (ImportError, OSError) as error:
        _give_up(LIBRARY_MISSING, library=str(error).partition("'")[2].partition("'")[0] or str(error)[:80])
    if _CHINESE.search(html) and not has_chinese_font():
        _give_up(NO_CHINESE_FONT)
    try:
        document = weasyprint.HTML(string=html, url_fetcher=_refuse).render()
        content = document.write_pdf()
    except Exception as error:  # noqa: BLE001  # whatever goes wrong is told to whoever asked
        _give_up(FAILED, problem=f"{type(error).__name__}: {error}"[:200])
    sys.stderr.write(json.dumps({"pages": len(document.pages)}))
    sys.stdout.buffer.write(content)


def has_chinese_font() -> bool:
    """Whether the system's fonts include one for Simplified Chinese; also yes when there is no way to ask."""
    name = ctypes.util.find_library("fontconfig")
    if name is None:
        return True
    fonts = ctypes.CDLL(name)
    fonts.FcNameParse.restype = fonts.FcObjectSetCreate.restype = fonts.FcFontList.restype = ctypes.c_void_p
    fonts.FcNameParse.argtypes = [ctypes.c_char_p]
    fonts.FcFontList.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    found = fonts.FcFontList(None, fonts.FcNameParse(b":lang=zh-cn"), fonts.FcObjectSetCreate())
    # the first member of the returned set is the number of its fonts
    return found is not None and ctypes.c_int.from_address(found).value > 0


def _refuse(url: str, *_more: object, **_options: object) -> NoReturn:
    msg = f"a report fetches nothing: {url[:80]}"
    raise ValueError(msg)


def _give_up(code: int, **params: str) -> NoReturn:
    sys.stderr.write(json.dumps(params))
    raise SystemExit(code)


if __name__ == "__main__":
    main()
