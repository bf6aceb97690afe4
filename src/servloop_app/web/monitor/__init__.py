"""Pages of the monitor stage."""
