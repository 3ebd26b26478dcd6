"""Entry point for WSGI servers."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from cms.plugins.refusal import PluginRefused, blaming_plugins

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings")
try:
    with blaming_plugins():
        application = get_wsgi_application()
except PluginRefused as refused:
    sys.exit(str(refused))
