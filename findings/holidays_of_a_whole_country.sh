#!/usr/bin/env bash
# holidays 0.109, in a country without a subdivision, as an order's address names it.
#
# Guess:     `country_holidays("GB")`, `("CH")` know the days on which most of the country does not work; what one law
#            of periods calls a holiday is one category everywhere; countries are loaded one by one ("lazy loader").
# Behaviour: the country alone has only what *all* its regions share. Easter Monday 2026 is no holiday of Britain (only
#            Scotland works), Good Friday and Easter Monday none of Switzerland (24 and 20 of 27 divisions have them).
#            Christmas Eve, on which no period ends in Denmark, Finland and Sweden, is in three categories (optional,
#            public, de_facto), of which two are not read unless named. Italy's 114 divisions bring 63 weekdays, most of them
#            patron days of single towns, Portugal's 20 bring 14. And the first country loads every one of them.
#            Who reckons the end of a withdrawal period by the default tells some consumers a day too few.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check holidays==0.109 python-dateutil==2.9.0.post0 six==1.17.0
cat > "$folder/look.py" <<'PY'
import sys
from datetime import date

from holidays import country_holidays

GOOD_FRIDAY, EASTER_MONDAY, CHRISTMAS_EVE = date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 24)


def having(code, day):
    known = country_holidays(code, years=2026)
    regions = [country_holidays(code, subdiv=region, years=2026) for region in known.subdivisions]
    return f"{code}|{day in known}|{sum(day in region for region in regions)}/{len(regions)}"


def weekdays_of_regions(code):
    known = country_holidays(code, years=2026)
    days = {day for region in known.subdivisions for day in country_holidays(code, subdiv=region, years=2026)}
    return sum(day not in known and day.weekday() < 5 for day in days)


country_holidays("DE", years=2026)
print("countries loaded by the first", sum(name.startswith("holidays.countries.") for name in sys.modules) > 200)
for code, day in (("GB", EASTER_MONDAY), ("CH", GOOD_FRIDAY), ("CH", EASTER_MONDAY)):
    print(having(code, day))
for code in ("DK", "FI", "SE"):
    categories = country_holidays(code).supported_categories
    print(code, *(one for one in categories if CHRISTMAS_EVE in country_holidays(code, years=2026, categories=(one,))))
print("towns' days", weekdays_of_regions("IT"), weekdays_of_regions("PT"))
PY
"$folder/venv/bin/python" "$folder/look.py" | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
countries loaded by the first True
GB|False|3/4
CH|False|24/27
CH|False|20/27
DK optional
FI public
SE bank de_facto
towns' days 63 14
SEEN
