"""The WSGI application: `granian --interface wsgi aftercart.wsgi:application`."""

import os
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aftercart.settings")
django: Any = get_wsgi_application()

from aftercart.account.fast_routes import ROUTES as READING  # noqa: E402 (there are no models before)
from aftercart.cancellations.fast_routes import ROUTES as CANCELLING  # noqa: E402
from aftercart.fastpath.wsgi import WithFastRoutes  # noqa: E402

application = WithFastRoutes(django, *READING, *CANCELLING)
