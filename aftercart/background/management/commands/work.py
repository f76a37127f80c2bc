"""`manage.py work`: the embedded background worker."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from aftercart.background.worker import run


class Command(BaseCommand):
    """Do duties as they become due, until SIGTERM or Ctrl-C."""

    help = "Do duties as they become due: settle, deliver, sync. Stops cleanly on SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("worker: ready")
        run(stop)
        self.stdout.write("worker: stopped")
