#!/usr/bin/env bash
# Babel 2.18.0 and 2.19.0, beside iso4217 1.16.20260101 (the table of ISO 4217's maintenance agency).
#
# Guess:     Babel's `get_currency_precision` is the exponent of ISO 4217, and the same in two minor releases; so
#            `format_currency` writes the amount that it was given.
# Behaviour: it is CLDR's count of digits for cash. 15 currencies of ISO 4217 differ in 2.19.0 (13 in 2.18.0), and between the two HUF, IDR, COP went from 2 to 0 and RSD from 0 to 2. The same call writes
#            99.90 forints as `HUF99.90` and, after the upgrade, as `HUF100`: another price, without a word.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/look.py" <<'PY'
from decimal import Decimal

from babel import __version__
from babel.numbers import format_currency, get_currency_precision
from iso4217 import Currency

differ = [c.value for c in Currency if c.exponent is not None and c.exponent != get_currency_precision(c.value)]
print(__version__, len(differ), *(format_currency(Decimal("99.90"), code, locale="en") for code in ("HUF", "RSD")), sep="|")
PY
for version in 2.18.0 2.19.0; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check "babel==$version" iso4217==1.16.20260101
    "$folder/$version/bin/python" "$folder/look.py"
done | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
2.18.0|13|HUF99.90|RSD100
2.19.0|15|HUF100|RSD99.90
SEEN
