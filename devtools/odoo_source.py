"""Odoo's source: an existing tree named by ODOO_HOME, or Debian's package unpacked."""

import os
import shutil
from pathlib import Path

from . import settings
from .apt_mirror import NO_MIRROR, PrivateApt
from .steps import Failure, capture, say, setup_lock, stamp, step, write_stamp

ODOO_SUITE = "sid"
# Odoo's icons are Font Awesome 4; the newest suite has only a later major version.
FONT_SUITE = "trixie"
FONT_PACKAGE = "fonts-font-awesome"
FONT_MAJOR = "4."
# Packages whose files Odoo's package links to.
LINKED_PACKAGES = (
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-montserrat",
)
LAYOUT = "1"
ROOT = settings.HOME / "odoo"
PACKAGES = ROOT / "usr/lib/python3/dist-packages"


def existing_home():
    """The tree named by ODOO_HOME, checked, or None when it is not set."""
    if not os.environ.get("ODOO_HOME"):
        return None
    tree = Path(os.environ["ODOO_HOME"]).expanduser().absolute()
    release = tree / "odoo" / "release.py"
    if not release.exists():
        raise Failure(f"ODOO_HOME={tree} is no Odoo source tree", f"{release} must exist")
    if "version_info = (19, 0" not in release.read_text():
        raise Failure(f"ODOO_HOME={tree} is not Odoo 19.0", "name a 19.0 tree")
    return tree


def python_path():
    """The folder that makes `import odoo` work."""
    return existing_home() or PACKAGES


def addons_folders():
    """The folders with Odoo's own addons."""
    tree = python_path()
    folders = [tree / "odoo" / "addons", tree / "addons"]
    return [folder for folder in folders if (folder / "base").exists() or (folder / "crm").exists()]


def version():
    """What identifies this Odoo: part of the keys of cached databases."""
    tree = existing_home()
    if not tree:
        return stamp("odoo")
    head = ""
    if (tree / ".git").exists() and shutil.which("git"):
        head = capture(["git", "-C", tree, "-c", "safe.directory=*", "rev-parse", "HEAD"])
    return settings.digest(tree, head, (tree / "odoo" / "release.py").read_text())


def ensure_odoo():
    """Have an Odoo 19 source tree; download and unpack Debian's when there is none."""
    if existing_home() or (stamp("odoo") and stamp("odoo-layout") == LAYOUT and PACKAGES.exists()):
        return
    with setup_lock(), step("get Odoo 19 from Debian's packages"):
        apt = PrivateApt([ODOO_SUITE, FONT_SUITE])
        apt.update()
        odoo_version = _newest_odoo(apt)
        partial = settings.HOME / "odoo.partial"
        shutil.rmtree(partial, ignore_errors=True)
        downloads = settings.HOME / "odoo.download"
        shutil.rmtree(downloads, ignore_errors=True)
        downloads.mkdir(parents=True)
        odoo = f"{settings.ODOO_PACKAGE}={odoo_version}"
        apt.download([odoo, *_linked_packages(apt)], downloads)
        for package in sorted(downloads.glob("*.deb")):
            capture(["dpkg-deb", "-x", package, partial])
        _repair(partial)
        shutil.rmtree(ROOT, ignore_errors=True)
        partial.rename(ROOT)
        write_stamp("odoo-layout", LAYOUT)
        write_stamp("odoo", odoo_version)
        shutil.rmtree(downloads)
        shutil.rmtree(apt.folder)
        say(f"    Odoo {odoo_version}")


def _newest_odoo(apt):
    versions = [found for found, _where in apt.versions(settings.ODOO_PACKAGE)]
    series = [found for found in versions if found.startswith(settings.ODOO_SERIES[:3])]
    if not series:
        raise Failure(
            f"{apt.entry['uri']} has no {settings.ODOO_PACKAGE} in {ODOO_SUITE}", NO_MIRROR
        )
    return series[0]


def _linked_packages(apt):
    """What to download beside Odoo; the Font Awesome whose icons Odoo uses, if any."""
    wanted = []
    for found, _where in apt.versions(FONT_PACKAGE):
        upstream = found.split(":")[-1].split("really")[-1]
        if upstream.startswith(FONT_MAJOR):
            wanted = [f"{FONT_PACKAGE}={found}"]
            break
    if not wanted:
        say("    note: no Font Awesome 4 on the mirror; some icons will be missing")
    return [*wanted, *(name for name in LINKED_PACKAGES if apt.versions(name))]


def _repair(root):
    """Make the unpacked tree serve: see the comment at each step."""
    packages = root / "usr/lib/python3/dist-packages"
    # A Python-only copy of the addons, which must not be taken for the real ones.
    shutil.rmtree(packages / "addons", ignore_errors=True)
    # Left out of the package (camera blur); its absence is an error on every page.
    selfie = packages / "odoo/addons/mail/static/lib/selfie_segmentation"
    selfie.mkdir(parents=True, exist_ok=True)
    (selfie / "selfie_segmentation.js").touch()
    # A link that leads nowhere is an error on every page: an empty file is none.
    for path in packages.rglob("*"):
        if path.is_symlink() and not path.exists():
            path.unlink()
            path.touch()
