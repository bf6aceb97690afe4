"""Pages of the service-quality models: the list of studies, one page a kind, forms, files."""
