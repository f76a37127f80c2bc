"""What exists only for speed, to be turned off as a whole or layer by layer (aftercart/fastpath/README.md)."""

from django.core.exceptions import ImproperlyConfigured

from aftercart.settings.environment import env

# Each layer, and what it needs.
FASTPATH_LAYERS: dict[str, set[str]] = {
    "rows": set(),
    "compiled": {"rows"},
    "prepared": {"rows"},
    "batch": {"prepared"},
    "routes": set(),
}
_wanted = frozenset(env.list("FASTPATH", default=["on"]))
FASTPATH = {frozenset({"on"}): frozenset(FASTPATH_LAYERS), frozenset({"off"}): frozenset()}.get(_wanted, _wanted)
if not all(layer in FASTPATH_LAYERS and FASTPATH_LAYERS[layer] <= FASTPATH for layer in FASTPATH):
    raise ImproperlyConfigured(
        "FASTPATH is on, off, or some of rows, compiled, prepared, batch and routes, with commas between them. "
        "compiled and prepared need rows, and batch needs prepared."
    )
