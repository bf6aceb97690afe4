"""Template tags of the report's sheet, whose colours are literal."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from servloop_app.web.monitor import report_drawings

register = template.Library()
register.simple_tag(report_drawings.mark, name="sign")


@register.simple_tag
def dot() -> SafeString:
    """A separator in the Latin font: the middle dot of Chinese fonts is full-width."""
    return SafeString('<span class="rp-dot"></span>')
