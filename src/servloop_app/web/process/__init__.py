"""The process pages: logs, one log explored, and what can be taken away from it."""
