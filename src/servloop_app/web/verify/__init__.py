"""Pages of the verify stage."""
