"""Trust: personal data, masking, the tamper-evident log, small groups."""
