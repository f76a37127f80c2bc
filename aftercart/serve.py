"""The web server: `python -m aftercart.serve`, with granian's own options.

The same as `granian --interface wsgi --no-ws … aftercart.wsgi:application`, but:

- Everything that all workers need is loaded once, before they are forked: they share this memory until one of them
  writes to it. Where processes are spawned instead (macOS), each loads it for itself, as with granian alone.
- What a service needs is the default (`DEFAULTS`); an option or an environment variable (`GRANIAN_…`) still wins.
- A worker process that dies is replaced, however many die and however often; and none outlives the parent.
"""

import gc

gc.disable()  # until all is loaded: it stays, and scanning it again and again took a sixth of the start

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import granian.cli
import granian.log
from django.conf import settings
from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines
from django.utils import translation
from granian.server import MPServer

import aftercart.wsgi  # Django, set up: what follows needs it
from aftercart import urls  # noqa: F401 (every request needs it)
from aftercart.database.forks import assert_none_open
from aftercart.log_lines import Discreet

FIXED = ("--interface", "wsgi", "--no-ws")
TARGET = f"{aftercart.wsgi.__name__}:application"
# Seconds that a worker process has to finish what it has begun; a body that never arrives must not hold it for ever.
GRACE = 30
DEFAULTS = {
    "workers": 2,
    "blocking_threads": 32,
    "backlog": 1024,
    "respawn_failed_workers": True,
    "workers_kill_timeout": GRACE,
    # Where `--access-log` is on: without the visitor's address, which the proxy in front knows.
    "log_access_fmt": '[%(time)s] "%(method)s %(path)s %(protocol)s" %(status)d %(dt_ms).3f',
}
# Seconds: after a worker process that lived no longer there is a pause, so that a broken machine is not kept busy.
YOUNG, PAUSE = 5.0, 1.0


class Server(MPServer):
    """granian's server, which goes on whatever its worker processes die of.

    granian alone stops the whole service when the same process dies twice within 5.5 seconds, and overlooks one that
    dies while another is being replaced.
    """

    def _respawn_workers(self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        dead = [idx for idx, worker in enumerate(self.wrks) if not worker.inner.is_alive()]
        if any(time.monotonic() - self.wrks[idx].birth < YOUNG for idx in dead):
            time.sleep(PAUSE)
        super()._respawn_workers(sorted({*workers, *dead}), spawn_target, target_loader, delay=delay)
        self.respawned_wrks.clear()  # what granian looks for a "crash loop" in


def end_with_the_parent(parent: int) -> None:
    """Wait until the parent is gone, then end as it would have asked: none may go on next to a restarted service."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)


def watch_the_parent() -> None:
    """What each worker process begins with."""
    threading.Thread(target=end_with_the_parent, args=(os.getppid(),), name="parent", daemon=True).start()


def load() -> None:
    """Load in advance what the first requests would, and what takes memory: translations, templates."""
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            translation.gettext("Orders")
    loaded: set[Path] = set()
    for engine in engines.all():
        for folder in map(Path, engine.template_dirs):
            for template in {*folder.rglob("*.html")} - loaded:
                try:
                    engine.get_template(str(template.relative_to(folder)))
                    loaded.add(template)
                except (TemplateDoesNotExist, TemplateSyntaxError):  # a merchant's own, unfinished: its page will tell
                    continue


def main() -> None:
    """Load, then let granian do what it does."""
    load()
    assert_none_open()
    gc.collect()
    gc.freeze()  # the collector would write to what is shared
    gc.enable()
    gc.set_threshold(10_000)  # a request makes some thousand objects, hardly any of them in cycles
    sys.setswitchinterval(0.0005)  # quick answers wait less for busy threads: 5 ms would be two answers

    os.register_at_fork(after_in_child=watch_the_parent)
    granian.cli.Server = Server  # type: ignore[attr-defined]
    for formatter in granian.log.LOGGING_CONFIG["formatters"].values():  # type: ignore[attr-defined]
        formatter["()"] = f"{Discreet.__module__}.{Discreet.__name__}"
    granian.cli.cli(args=[*FIXED, *sys.argv[1:], TARGET], auto_envvar_prefix="GRANIAN", default_map=DEFAULTS)


if __name__ == "__main__":
    main()
