"""The WSGI application: `granian --interface wsgi aftercart.wsgi:application`."""

import os
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aftercart.settings")
django: Any = get_wsgi_application()

from aftercart.account.express import WAYS as READING  # noqa: E402 (there are no models before)
from aftercart.cancellations.express import WAYS as CANCELLING  # noqa: E402
from aftercart.express import Express  # noqa: E402

application = Express(django, *READING, *CANCELLING)
