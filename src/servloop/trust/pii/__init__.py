"""Personal data in free text: eight structured detectors and masking."""

from servloop.trust.pii.detectors import PiiCheck, PiiKind, PiiSpan, detect, detect_many
from servloop.trust.pii.masking import PLACEHOLDERS, mask

__all__ = ["PLACEHOLDERS", "PiiCheck", "PiiKind", "PiiSpan", "detect", "detect_many", "mask"]
