"""Names, versions and folders everything else agrees on."""

import hashlib
import os
from pathlib import Path

ADDON = "lead_management"
CORE_MODULES = ("crm", "sale_crm", "sale_timesheet", "sale_margin")
BOARD_ACTION = "lead_management.crm_lead_action_board"
ODOO_SERIES = "19.0"
ODOO_PACKAGE = "odoo-19"
DEFAULT_LANG = "en_US"
DEFAULT_PORT = 8069

UV_VERSION = "0.13.9"
UV_MINIMUM = (0, 8)
PYTHON_MINIMUM = (3, 10)
PYTHON_BELOW = (3, 14)

REPO = Path(__file__).resolve().parent.parent
ADDON_PATH = REPO / ADDON
REQUIREMENTS = REPO / "devtools" / "requirements.in"
LOCK = REPO / "devtools" / "requirements.lock"

HOME = Path(os.environ.get("LEAD_DEV_HOME") or REPO / ".dev").expanduser().absolute()
LOGS = HOME / "logs"
RUN = HOME / "run"
DATA = HOME / "data"
FILESTORE = DATA / "filestore"
VENV = HOME / "venv"


def is_root():
    """Whether we run as root, who may install packages but not run PostgreSQL."""
    return os.geteuid() == 0


def home_key():
    """A short name for this home, to tell its folders elsewhere from others'."""
    return hashlib.sha256(str(HOME).encode()).hexdigest()[:10]


def digest(*parts):
    """A short hash of texts, used in names of cached things."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


def prepare_home():
    """Create the folders of the home."""
    for folder in (HOME, LOGS, RUN, FILESTORE):
        folder.mkdir(parents=True, exist_ok=True)
