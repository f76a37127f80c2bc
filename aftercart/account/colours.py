"""The pages' colours, derived from the shop's one colour, readable in light and in dark. Pure: hex in, hex out."""

from collections.abc import Callable, Mapping
from colorsys import hls_to_rgb, rgb_to_hls

TEXT = 4.5
"""The least contrast between text and what it stands on (WCAG 2.2, 1.4.3)."""
SHAPE = 1.5
"""The least between a button and the card it stands on: its text says what it is, so it need only be seen."""
LIGHT_GROUNDS = ("#ffffff", "#f5f4f0", "#f7f6f3")
DARK_GROUNDS = ("#131618", "#1b1f22", "#22272a")
WHITE, BLACK = "#ffffff", "#000000"


def scheme(accent: str, *, dark: bool) -> Mapping[str, str]:
    """The stylesheet's variables for `#rrggbb`: text in the colour, fills in it, and text on those fills.

    The fill is the shop's own colour wherever that stands out; for text it is darkened or lightened until it can be
    read on every background of the pages.
    """
    grounds = DARK_GROUNDS if dark else LIGHT_GROUNDS
    away = 0.01 if dark else -0.01
    text = _moved_until(accent, away, lambda colour: _worst(colour, grounds) >= TEXT)
    fill = _moved_until(accent, away, lambda colour: _worst(colour, grounds) >= SHAPE)
    on_fill = readable_on(fill)
    return {
        "--accent": text,
        "--accent-strong": _lighter(text, 0.08 if dark else -0.08),
        "--accent-soft": _mixed(accent, grounds[1] if dark else WHITE, 0.18 if dark else 0.12),
        "--accent-fill": fill,
        "--accent-fill-strong": _lighter(fill, 0.08 if on_fill == BLACK else -0.08),
        "--on-accent": on_fill,
    }


def readable_on(colour: str) -> str:
    """White or black, whichever stands out more; one of the two always reaches 4.5."""
    return max((WHITE, BLACK), key=lambda text: contrast(text, colour))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG defines it, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _moved_until(colour: str, step: float, enough: Callable[[str], bool]) -> str:
    moved, distance = colour, 0.0
    while not enough(moved) and abs(distance) < 1:
        distance += step
        moved = _lighter(colour, distance)
    return moved


def _worst(colour: str, grounds: tuple[str, ...]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def _lighter(colour: str, by: float) -> str:
    hue, lightness, saturation = rgb_to_hls(*_parts(colour))
    return _hex(hls_to_rgb(hue, min(1.0, max(0.0, lightness + by)), saturation))


def _mixed(colour: str, ground: str, share: float) -> str:
    pairs = zip(_parts(colour), _parts(ground), strict=True)
    red, green, blue = (one * share + other * (1 - share) for one, other in pairs)
    return _hex((red, green, blue))


def _luminance(colour: str) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(parts: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
