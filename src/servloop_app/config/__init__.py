"""Settings by environment, URLs, the WSGI application."""
