#!/usr/bin/env bash
# python-stdnum 2.2, beside schwifty 2026.10.1 (both check IBANs, ISO 13616).
#
# Guess:     an IBAN is valid for one library where it is for the other: country, form and check digits are the standard's.
# Behaviour: python-stdnum accepts check digits that the standard never gives: an account whose check digits are 02, 97 or
#            98 adds up with 99, 00 or 01 as well, so it has two IBANs, and a row of accounts keyed by IBAN has it twice.
#            By default it refuses the IBAN registry's own Belgian example too, because its table of Belgian banks has
#            no 539 any more: `check_country=False` is what ISO 13616 asks for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/look.py" <<'PY'
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum import iban


def by_schwifty(number: str) -> bool:
    try:
        return bool(IBAN(number))
    except SchwiftyException:
        return False


for number in (
    "TR020006100519786000000041",
    "TR990006100519786000000041",
    "TR970006100519786000000077",
    "TR000006100519786000000077",
    "TR980006100519786000000059",
    "TR010006100519786000000059",
    "BE68539007547034",
):
    print(number, iban.is_valid(number), iban.is_valid(number, check_country=False), by_schwifty(number))
PY
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2 schwifty==2026.10.1
"$folder/venv/bin/python" "$folder/look.py" | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
TR020006100519786000000041 True True True
TR990006100519786000000041 True True False
TR970006100519786000000077 True True True
TR000006100519786000000077 True True False
TR980006100519786000000059 True True True
TR010006100519786000000059 True True False
BE68539007547034 False True True
SEEN
