"""The web application for gunicorn: `gunicorn ildportal.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ildportal.settings")
application = get_wsgi_application()
