"""Colours of the map: classes in pages (the values are design tokens in CSS), literal values in files.

`STYLES` says for every class what the page's stylesheet says too (a test compares them), in the literal
colours of the light theme, so that a file looks like the page without any stylesheet.
"""

from __future__ import annotations

# The light values of the design tokens that the map uses. The lightest step of the ramp is hard to see as a
# line, so it gives way to a soft grey, three fifths of line-strong on surface.
TOKENS = {
    "surface": "#ffffff",
    "line": "#dfe5eb",
    "line-strong": "#bcc7d2",
    "ink": "#17212b",
    "ink-2": "#475463",
    "ink-3": "#5f6c7a",
    "brand-mark": "#2b6cb0",
    "bad": "#bf3328",
    "bad-ink": "#a6261d",
    "bad-tint": "#fbe3e0",
    "bad-line": "#eaaba5",
    "line-soft": "#d7dde3",
    "ramp-2": "#c3d5e8",
    "ramp-3": "#8db4da",
    "ramp-4": "#4a85c0",
    "ramp-5": "#1b4f8a",
}

# class: presentation attributes, colours as @token.
STYLES: dict[str, dict[str, str]] = {
    "sl-pm-box": {"fill": "@surface", "stroke": "@line-strong", "stroke-width": "1.25"},
    "sl-pm-box-hot": {"stroke": "@bad", "stroke-width": "2"},
    "sl-pm-box-selected": {"stroke": "@brand-mark", "stroke-width": "2"},
    "sl-pm-pill": {"fill": "@ink-2"},
    "sl-pm-pill-name": {"fill": "@surface", "font-size": "12", "font-weight": "600"},
    "sl-pm-name": {"fill": "@ink", "font-size": "13", "font-weight": "600"},
    "sl-pm-count": {"fill": "@ink-3", "font-size": "12"},
    "sl-pm-label": {
        "fill": "@ink-2",
        "font-size": "12",
        "paint-order": "stroke",
        "stroke": "@surface",
        "stroke-width": "4",
        "stroke-linejoin": "round",
    },
    "sl-pm-label-hot": {"fill": "@bad-ink", "font-weight": "600"},
    "sl-pm-compared": {"fill": "@ink-3"},
    "sl-pm-line": {"fill": "none", "stroke-linejoin": "round"},
    "sl-pm-dashed": {"stroke-dasharray": "6 5"},
    "sl-pm-plain": {"stroke": "@line-strong"},
    "sl-pm-plain-head": {"fill": "@line-strong"},
    "sl-pm-step-1": {"stroke": "@line-soft"},
    "sl-pm-step-2": {"stroke": "@ramp-2"},
    "sl-pm-step-3": {"stroke": "@ramp-3"},
    "sl-pm-step-4": {"stroke": "@ramp-4"},
    "sl-pm-step-5": {"stroke": "@ramp-5"},
    "sl-pm-step-1-head": {"fill": "@line-soft"},
    "sl-pm-step-2-head": {"fill": "@ramp-2"},
    "sl-pm-step-3-head": {"fill": "@ramp-3"},
    "sl-pm-step-4-head": {"fill": "@ramp-4"},
    "sl-pm-step-5-head": {"fill": "@ramp-5"},
    "sl-pm-hot": {"stroke": "@bad"},
    "sl-pm-hot-head": {"fill": "@bad"},
    "sl-pm-halo": {"fill": "none", "stroke": "@bad", "stroke-opacity": ".15", "stroke-linejoin": "round"},
    "sl-pm-leader": {"fill": "none", "stroke": "@bad", "stroke-width": "1"},
    "sl-pm-call": {"fill": "@bad-tint", "stroke": "@bad-line", "stroke-width": "1"},
    "sl-pm-call-value": {"fill": "@bad-ink", "font-size": "17", "font-weight": "600"},
    "sl-pm-call-compared": {"fill": "@ink-2", "font-size": "12"},
    "sl-pm-call-share": {"fill": "@bad-ink", "font-size": "12", "font-weight": "600"},
    "sl-pm-mark": {"fill": "@bad"},
    "sl-pm-mark-cross": {
        "fill": "none",
        "stroke": "@surface",
        "stroke-width": "1.4",
        "stroke-linecap": "round",
    },
    "sl-pm-key": {"fill": "@ink-2", "font-size": "12"},
    "sl-pm-key-line": {"fill": "none", "stroke": "@ink-3"},
    "sl-pm-swatch-1": {"fill": "@line-soft"},
    "sl-pm-swatch-2": {"fill": "@ramp-2"},
    "sl-pm-swatch-3": {"fill": "@ramp-3"},
    "sl-pm-swatch-4": {"fill": "@ramp-4"},
    "sl-pm-swatch-5": {"fill": "@ramp-5"},
    "sl-pm-faded": {"opacity": ".5"},
    "sl-pm-hit": {"fill": "none", "stroke": "none"},
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
        attributes: dict[str, object] = {"class_": " ".join(named)} if named else {}
        if self.standalone:
            attributes = {}
            for name in named:
                for key, value in STYLES.get(name, {}).items():
                    attributes[key.replace("-", "_")] = TOKENS[value[1:]] if value.startswith("@") else value
        return attributes
