"""The WSGI application that the server runs."""

import os

from django.core.wsgi import get_wsgi_application

from servloop_app.config import lifeline, warming

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servloop_app.config.settings")
application = get_wsgi_application()
lifeline.watch()
warming.begin()
