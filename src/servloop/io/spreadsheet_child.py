"""The child process that parses a spreadsheet: one request on standard input, one table on standard output.

The answer is a line of JSON (sheet and sheets, or an error code) followed by the table as Arrow IPC.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any


def limit(memory: int, seconds: int) -> None:
    """Bound the address space and processor time of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent's time-out still holds
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def load(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Parse the sheet asked for, all cells as text and without a header."""
    import fastexcel
    import polars as pl

    try:
        book = fastexcel.read_excel(request["path"])
        names = list(book.sheet_names)
        asked = request["sheet"]
        if not names:
            return {"error": "io.damaged_file", "params": {"format": request["format"].upper()}}, b""
        if (isinstance(asked, str) and asked not in names) or (
            isinstance(asked, int) and asked >= len(names)
        ):
            return {"error": "io.no_such_sheet", "params": {"sheet": asked, "sheets": names}}, b""
        sheet = book.load_sheet(
            asked if asked is not None else 0, header_row=None, skip_rows=0, dtypes="string"
        )
        table = pl.DataFrame(sheet)
    except fastexcel.FastExcelError as error:
        password = "password" in str(error).lower() or "encrypt" in str(error).lower()
        code = "io.encrypted" if password else "io.damaged_file"
        return {"error": code, "params": {"format": request["format"].upper()}}, b""
    body = io.BytesIO()
    table.write_ipc(body)
    return {"sheet": sheet.name, "sheets": names}, body.getvalue()


def main() -> None:
    """Serve the request on standard input."""
    request = json.load(sys.stdin)
    limit(request["memory"], request["seconds"])
    about, body = load(request)
    sys.stdout.buffer.write(json.dumps(about).encode() + b"\n" + body)


if __name__ == "__main__":
    main()
