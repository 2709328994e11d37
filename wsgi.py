"""The WSGI entry point: `granian --interface wsgi wsgi:app`, `flask --app wsgi …`."""

import sys

from app.config import BadConfiguration
from app.factory import create_app

try:
    app = create_app()
except BadConfiguration as error:
    sys.exit(f"dualcart: {error}")
