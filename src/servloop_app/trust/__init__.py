"""Trust: checkpoints of the audit log; later personal-data requests, retention and backups."""
