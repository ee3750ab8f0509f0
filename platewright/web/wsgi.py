"""The application as a WSGI server of one's own choice loads it (PEP 3333)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "platewright.web.settings")
application = get_wsgi_application()
