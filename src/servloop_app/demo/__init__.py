"""The generated sample organisation."""
