"""Pages of the sample organisation."""
