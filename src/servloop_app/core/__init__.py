"""Core: organisation, people, rights, actions with their log, hooks, localized text, encryption."""
