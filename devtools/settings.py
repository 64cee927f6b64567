"""Names, versions and folders everything else agrees on."""

import ast
import hashlib
import os
from pathlib import Path

ADDON = "lead_management"
BOARD_ACTION = "lead_management.crm_lead_action_board"
DEFAULT_LANG = "en_US"

UV_VERSION = "0.13.9"
PYTHON_VERSIONS = ">=3.10,<3.14"
POSTGRESQL_MINIMUM = 13

REPO = Path(__file__).resolve().parent.parent
ADDON_PATH = REPO / ADDON
CORE_MODULES = ast.literal_eval((ADDON_PATH / "__manifest__.py").read_text())["depends"]
REQUIREMENTS = REPO / "devtools" / "requirements.in"
LOCK = REPO / "devtools" / "requirements.lock"

HOME = Path(os.environ.get("LEAD_DEV_HOME") or REPO / ".dev").expanduser().absolute()
LOGS = HOME / "logs"
RUN = HOME / "run"
DATA = HOME / "data"
FILESTORE = DATA / "filestore"
STAMPS = HOME / "stamps"
VENV = HOME / "venv"


def is_root():
    """Whether we run as root, who may install packages but not run PostgreSQL."""
    return os.geteuid() == 0


def digest(*parts):
    """A short hash of texts, used in names of cached things."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


def home_key():
    """A short name for this home, to tell its folders elsewhere from others'."""
    return digest(HOME)[:10]


def prepare_home():
    """Create the folders of the home."""
    for folder in (HOME, LOGS, RUN, FILESTORE, STAMPS):
        folder.mkdir(parents=True, exist_ok=True)
