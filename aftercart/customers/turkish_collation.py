"""Sorting names as people in Türkiye expect, whatever the database does: ç after c, ı before i."""

import unicodedata

ALPHABET = "abcçdefgğhıijklmnoöpqrsştuüvwxyz"
PLACE_OF = {letter: place for place, letter in enumerate(ALPHABET)}
BEFORE, LETTER, AFTER = range(3)


def turkish_key(name: str) -> tuple[tuple[int, int], ...]:
    """The sort key of a name; upper and lower case are the same, and foreign accents are ignored."""
    # Python lowers I to i, and İ to two characters: in Turkish they are the capitals of ı and i.
    small = unicodedata.normalize("NFC", name).replace("İ", "i").replace("I", "ı").lower()
    return tuple(_place(letter) for letter in small)


def _place(letter: str) -> tuple[int, int]:
    base = letter if letter in PLACE_OF else unicodedata.normalize("NFD", letter)[0]
    if base in PLACE_OF:
        return LETTER, PLACE_OF[base]
    return (AFTER if base.isalpha() else BEFORE), ord(base)
