"""Pages of trust: people, roles, units, the audit log, jobs, settings, one's own account."""
