"""What is logged, and who reads the figures."""

import logging

from aftercart.log_lines import DiscreetRecord
from aftercart.settings.environment import env

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # who may read /metrics/; empty: nobody
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
logging.setLogRecordFactory(DiscreetRecord)  # whoever handles and formats them: no line has people's data
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "class": "aftercart.log_lines.Discreet",
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
            "datefmt": "%H:%M:%S",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "aftercart": {"level": LOG_LEVEL},
        "django": {"handlers": [], "level": "INFO"},  # Django's own handler would say everything twice
        "django.request": {"level": "ERROR"},  # a 4xx is the client's business
    },
}
