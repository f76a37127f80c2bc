"""Every setting of the service, by groups; the only place where the environment is read, once.

Nothing configured means *embedded*: SQLite under `VAR`, no broker, the sandbox as Omnitron (with DEBUG on).
Production differs in values alone: see docs/configuration.md.
"""

from aftercart.settings.application import *
from aftercart.settings.customers import *
from aftercart.settings.database import *
from aftercart.settings.environment import *
from aftercart.settings.logs import *
from aftercart.settings.mails import *
from aftercart.settings.omnitron import *
from aftercart.settings.pages import *
from aftercart.settings.promises import *
from aftercart.settings.security import *
from aftercart.settings.sign_in import *
from aftercart.settings.speed import *
