"""Pages: views, templates, static files; thin."""
