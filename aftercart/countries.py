"""Countries by their codes. Pure."""

from collections.abc import Mapping

# As the European Union or as people write it → as ISO 3166-1 does.
OTHERWISE: Mapping[str, str] = {"EL": "GR", "UK": "GB"}


def iso_code(code: str) -> str:
    """A country's code as ISO 3166-1 writes it, in capitals; whether the country exists is not checked."""
    code = code.strip().upper()
    return OTHERWISE.get(code, code)
