"""Trust: personal-data requests, retention, receipts, backups."""
