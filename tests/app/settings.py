"""The platform's settings, with a cheap password hash and plain file names."""

from servloop_app.config.settings import *  # noqa: F403
from servloop_app.config.settings import DATA_FOLDER, DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in production: threads get connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_FOLDER / "test.sqlite3")}
DATABASES["default"]["CONN_MAX_AGE"] = 0
