"""Improve: tickets, projects, knowledge."""
