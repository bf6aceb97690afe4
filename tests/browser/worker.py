"""The worker process of the browser tests' installation."""

from __future__ import annotations

import django

if __name__ == "__main__":
    django.setup()
    from servloop_app.jobs.worker import work

    work()
