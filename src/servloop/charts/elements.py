"""SVG elements written as text: every value and every text is escaped."""

from __future__ import annotations

from html import escape


def num(value: float) -> str:
    """A coordinate with at most one decimal."""
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def printable(value: str) -> str:
    """Text without control characters, which XML 1.0 forbids even as references."""
    return "".join(char if char.isprintable() or char in "\t\n" else "�" for char in value)


def tag(element: str, /, *content: str, **attributes: object) -> str:
    """One element; attribute values are escaped, content is markup already.

    ``None`` leaves an attribute out; ``class_`` means class, other underscores become hyphens.
    """
    parts = [element]
    for name, value in attributes.items():
        if value is None:
            continue
        shown = num(value) if isinstance(value, float) else str(value)
        parts.append(f'{name.rstrip("_").replace("_", "-")}="{escape(printable(shown))}"')
    head = " ".join(parts)
    return f"<{head}>{''.join(content)}</{element}>" if content else f"<{head}/>"


def text(x: float, y: float, content: str, **attributes: object) -> str:
    """A line of text, escaped."""
    return tag("text", escape(printable(content)), x=x, y=y, **attributes)
