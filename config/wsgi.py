"""The WSGI entry point."""

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from config.environment import explain_and_exit, prepare

prepare()
try:
    application = get_wsgi_application()
except ImproperlyConfigured as _error:
    explain_and_exit(_error)
