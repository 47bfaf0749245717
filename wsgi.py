"""What a WSGI server loads: ``gunicorn wsgi:app``."""

from api.app import create_app
from api.config import Settings

app = create_app(Settings.from_env())
