"""Colours of the path diagram: classes in pages (design tokens in CSS), literal values in files.

`STYLES` says for every class what ``frontend/src/styles/path_diagram.css`` says (a test compares them), in the light
theme's colours, so that a file looks like the page without any stylesheet.
"""

from __future__ import annotations

TOKENS = {
    "surface": "#ffffff",
    "line-strong": "#bcc7d2",
    "ink": "#17212b",
    "ink-2": "#475463",
    "ink-3": "#5f6c7a",
    "brand-mark": "#2b6cb0",
    "brand-tint": "#e3eefa",
}
# class: presentation attributes, colours as @token.
STYLES: dict[str, dict[str, str]] = {
    "sl-pd-box": {"fill": "@surface", "stroke": "@line-strong", "stroke-width": "1.25"},
    "sl-pd-box-main": {"fill": "@brand-tint", "stroke": "@brand-mark", "stroke-width": "1.75"},
    "sl-pd-name": {"fill": "@ink", "font-size": "13", "font-weight": "600"},
    "sl-pd-note": {"fill": "@ink-2", "font-size": "12"},
    "sl-pd-line": {"fill": "none", "stroke-linejoin": "round"},
    "sl-pd-clear": {"stroke": "@brand-mark"},
    "sl-pd-clear-head": {"fill": "@brand-mark"},
    "sl-pd-unclear": {"stroke": "@line-strong"},
    "sl-pd-unclear-head": {"fill": "@line-strong"},
    "sl-pd-negative": {"stroke-dasharray": "6 5"},
    "sl-pd-paper": {"fill": "@surface"},
    "sl-pd-value": {"fill": "@ink", "font-size": "13", "font-weight": "600"},
    "sl-pd-interval": {"fill": "@ink-3", "font-size": "12"},
    "sl-pd-key": {"fill": "@ink-3", "font-size": "12"},
}
FONTS = {
    "zh-CN": "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif",
    "en": "'Noto Sans','Segoe UI',Roboto,'Noto Sans CJK SC','PingFang SC',sans-serif",
}


class Style:
    """Turns class names into attributes, for a page or for a file that stands alone."""

    def __init__(self, *, standalone: bool) -> None:
        self.standalone = standalone

    def __call__(self, *classes: str) -> dict[str, object]:
        """Attributes for one element; a later class overrides an earlier one."""
        named = [name for name in classes if name]
        if not self.standalone:
            return {"class_": " ".join(named)}
        return {
            key.replace("-", "_"): TOKENS[value[1:]] if value.startswith("@") else value
            for name in named
            for key, value in STYLES[name].items()
        }
