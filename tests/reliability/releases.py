"""The next release under a running service: columns that are widened, static files that are collected anew."""

from pathlib import Path

import psycopg

from tests.reliability.servers import ROOT, Shop

WIDEN = """
SELECT format('ALTER TABLE %I %s', table_name,
              string_agg(format('ALTER COLUMN %I TYPE varchar(%s)', column_name, character_maximum_length + 1), ', '))
  FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
 WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type = 'character varying'
   AND character_maximum_length < 10000
 GROUP BY table_name
"""
"""What `AlterField` with a longer `max_length` does, to every table."""
STYLES = ROOT / "aftercart" / "static" / "aftercart"


def widen(database: str) -> None:
    """Make every text column one letter longer, table by table."""
    with psycopg.connect(database, autocommit=True) as own:
        for (statement,) in own.execute(WIDEN).fetchall():
            own.execute(statement)


def collect(shop: Shop) -> None:
    """Collect the static files of the release that `shop` starts from now on."""
    shop.environment["STATIC_FROM_SOURCE"] = "0"
    shop.run("manage.py", "collectstatic", "--no-input", "--verbosity", "0")


def next_release(shop: Shop) -> None:
    """Another release, in which every style is another: collected, beside what the running one has."""
    folder = Path(shop.folder) / "next_release"
    for style in STYLES.glob("*.css"):
        (folder / STYLES.name).mkdir(parents=True, exist_ok=True)
        (folder / STYLES.name / style.name).write_text(f"{style.read_text()}\n/* of the next release */\n")
    shop.environment["STYLES_OF_RELEASE"] = str(folder)
    collect(shop)
