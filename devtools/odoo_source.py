"""Odoo's source: an existing tree named by ODOO_HOME, or Debian's package unpacked.

The package comes from the mirror the machine's apt uses, by way of an apt configuration with
lists, cache and sources of its own: it works for every user and leaves the machine's alone.
"""

import os
import re
import shutil
from pathlib import Path

from . import settings
from .steps import Failure, capture, log_path, run_logged, say, setup_lock, stamp, step, write_stamp

ODOO_PACKAGE = "odoo-19"
ODOO_SUITE = "sid"
# Odoo's icons are Font Awesome 4; the newest suite has only a later major version.
FONT_SUITE = "trixie"
FONT_PACKAGE = "fonts-font-awesome"
# Packages whose files Odoo's package links to.
LINKED_PACKAGES = [
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-montserrat",
]
KEYRINGS = Path("/usr/share/keyrings")
UNVERIFIED = "LEAD_DEV_UNVERIFIED"
OWN_ODOO = (
    "set ODOO_HOME to an existing Odoo 19 source tree and start again "
    "(the automatic way needs Debian and its apt)"
)
ROOT = settings.HOME / "odoo"
PACKAGES = ROOT / "usr/lib/python3/dist-packages"
APT = settings.HOME / "apt"
APT_ENV = dict(os.environ, APT_CONFIG=str(APT / "apt.conf"), LC_ALL="C")
APT_CONFIG = f"""
Dir::Etc::sourcelist "{APT}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "{APT}/lists";
Dir::State::status "{APT}/status";
Dir::Cache "{APT}/cache";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "3";
"""


def existing_home():
    """The tree named by ODOO_HOME, checked, or None when it is not set."""
    if not os.environ.get("ODOO_HOME"):
        return None
    tree = Path(os.environ["ODOO_HOME"]).expanduser().absolute()
    release = tree / "odoo" / "release.py"
    if not release.exists() or "version_info = (19, 0" not in release.read_text():
        raise Failure(f"ODOO_HOME={tree} is no source tree of Odoo 19.0", f"see {release}")
    return tree


def python_path():
    """The folder that makes `import odoo` work."""
    return existing_home() or PACKAGES


def addons_folders():
    """The folders with Odoo's own addons."""
    folders = [python_path() / "odoo" / "addons", python_path() / "addons"]
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
    if existing_home() or (stamp("odoo") and PACKAGES.exists()):
        return
    with setup_lock(), step("get Odoo 19 from Debian's packages"):
        partial, downloads = settings.HOME / "odoo.partial", settings.HOME / "odoo.download"
        for folder in (partial, downloads):
            shutil.rmtree(folder, ignore_errors=True)
        downloads.mkdir(parents=True)
        mirror = debian_mirror()
        apt_update(mirror)
        odoo = newest(ODOO_PACKAGE, settings.ODOO_SERIES[:3])
        if not odoo:
            raise Failure(f"{mirror} has no {ODOO_PACKAGE} in {ODOO_SUITE}", OWN_ODOO)
        font = newest(FONT_PACKAGE, "4.")
        if not font:
            say("    note: no Font Awesome 4 on the mirror; some icons will be missing")
        linked = [name for name in LINKED_PACKAGES if newest(name)]
        command = ["apt-get", "-q", "download", odoo, *filter(None, [font]), *linked]
        run_logged(command, "apt-download", "run again to resume", env=APT_ENV, cwd=downloads)
        for package in downloads.glob("*.deb"):
            capture(["dpkg-deb", "-x", package, partial])
        _repair(partial / PACKAGES.relative_to(ROOT))
        shutil.rmtree(ROOT, ignore_errors=True)
        partial.rename(ROOT)
        write_stamp("odoo", odoo.split("=")[1])
        for folder in (downloads, APT):
            shutil.rmtree(folder)
        say(f"    {odoo}")


def debian_mirror():
    """The address of the Debian mirror among the machine's apt sources."""
    release = Path("/etc/os-release").read_text() if Path("/etc/os-release").exists() else ""
    if not re.search("^ID=debian$", release, re.MULTILINE) or not shutil.which("apt-get"):
        raise Failure("Odoo is taken from Debian's packages, but this is no Debian", OWN_ODOO)
    codename = re.search(r"^VERSION_CODENAME=(\w+)$", release, re.MULTILINE)
    fetched = capture(["apt-get", "-q", "--print-uris", "update"], env=dict(os.environ, LC_ALL="C"))
    mirror = choose_mirror(fetched, codename and codename.group(1))
    if not mirror:
        raise Failure("there is no Debian mirror in the machine's apt sources", OWN_ODOO)
    return mirror


def choose_mirror(fetched, codename):
    """The mirror of the machine's own suite, from what apt would fetch, or None."""
    for suite in (codename, "(?:old)?stable|testing|unstable|sid"):
        if suite and (found := re.search(rf"'(\S+)/dists/(?:{suite})/main/binary-", fetched)):
            return found.group(1)
    return None


def apt_update(mirror):
    """Write our apt configuration and fetch the package lists."""
    for name in ("lists/partial", "cache/archives/partial"):
        (APT / name).mkdir(parents=True, exist_ok=True)
    (APT / "status").touch()
    (APT / "apt.conf").write_text(APT_CONFIG)
    options = [signing(mirror)]
    try:
        _apt_update(mirror, options)
    except Failure:
        log = log_path("apt-update").read_text(errors="replace")
        if "is expired" not in log:
            raise
        say("    note: the mirror is behind its archive; using it as it is")
        _apt_update(mirror, [*options, "check-valid-until=no"])


def _apt_update(mirror, options):
    lines = [f"deb [{' '.join(options)}] {mirror} {s} main\n" for s in (ODOO_SUITE, FONT_SUITE)]
    (APT / "sources.list").write_text("".join(lines))
    remedy = (
        "check that apt-get update works on this machine, and run again to resume; where its "
        "debian-archive-keyring is too old for the archive's keys, install a newer one, or set "
        f"{UNVERIFIED}=1 to take Odoo from the mirror without verifying its signature"
    )
    run_logged(["apt-get", "-q", "update"], "apt-update", remedy, env=APT_ENV)


def signing(mirror, etc=Path("/etc/apt")):
    """The option by which apt verifies the mirror: not at all only where somebody said so."""
    keys = ",".join(map(str, sorted(KEYRINGS.glob("debian-archive-keyring.[gp]*"))))
    sources = [etc / "sources.list", *(etc / "sources.list.d").glob("*")]
    texts = [path.read_text(errors="replace") for path in sources if path.is_file()]
    entries = [e for text in texts for e in re.split(r"\n\s*\n|\n(?=deb )", text) if mirror in e]
    trusted = any(re.search(r"\btrusted(=|: *)yes\b", entry, re.IGNORECASE) for entry in entries)
    if trusted or os.environ.get(UNVERIFIED):
        say(f"    note: {mirror} is used without verifying its signature")
        return "trusted=yes"
    return f"signed-by={keys}" if keys else "trusted=no"


def newest(package, prefix=""):
    """A package with its newest version that begins with a prefix, as apt-get takes it."""
    listed = capture(["apt-cache", "madison", package], env=APT_ENV)
    versions = [line.split("|")[1].strip() for line in listed.splitlines()]
    upstream = re.compile(rf"(\d+:)?(.*really)?{re.escape(prefix)}")
    return next((f"{package}={found}" for found in versions if upstream.match(found)), None)


def _repair(packages):
    """Make the unpacked tree serve: see the comment at each step."""
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
