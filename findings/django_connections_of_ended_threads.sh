#!/usr/bin/env bash
# Django 5.2.19 on CPython, with a server's threads that come and go (granian, gunicorn's gthread, a pool that shrinks).
#
# Guess:     a thread's database connection is in the thread's local storage, so it is closed when the thread ends.
# Behaviour: Django's wrapper stands in a circle with its own helpers (`wrapper.ops.connection is wrapper`), so the
#            ended thread's connection, its file and its locks stay open until the garbage collector's oldest
#            generation runs, which a quiet server may not do for hours: eight ended threads leave eight open files,
#            and a collection closes all of them. On PostgreSQL these are eight sessions of `max_connections`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check django==5.2.19
cat > "$folder/look.py" <<'PY'
import gc
import os
import threading

from django.conf import settings

file = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shop.sqlite3")
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": file, "CONN_MAX_AGE": None}}
)
from django.db import connection


def use():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def open_files():
    folder = "/proc/self/fd"
    links = (os.path.join(folder, n) for n in os.listdir(folder))
    return sum(os.path.realpath(link) == os.path.realpath(file) for link in links if os.path.lexists(link))


gc.disable()  # what a quiet server amounts to
for _ in range(8):
    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
print(threading.active_count(), "thread,", open_files(), "open files")
gc.collect()
print("after a collection:", open_files())
PY
"$folder/venv/bin/python" -W ignore "$folder/look.py" | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
1 thread, 8 open files
after a collection: 0
SEEN
