"""Odoo's source: an existing tree named by ODOO_HOME, or Debian's package unpacked.

The package comes from the mirror the machine's apt uses, by way of an apt configuration with
lists, cache and sources of its own: it works for every user and leaves the machine's alone.
"""

import os
import re
import shutil
from pathlib import Path

from . import settings
from .steps import Failure, capture, run_logged, say, setup_lock, stamp, step, write_stamp

# Packages, and how their versions begin: Odoo, and those whose files it links to. Its icons are
# Font Awesome 4; the newest suite has only a later one.
WANTED = {
    "odoo-19": "19.",
    "fonts-font-awesome": "4.",
    "fonts-roboto-unhinted": "",
    "fonts-inconsolata": "",
    "fonts-ocr-b": "",
    "fonts-montserrat": "",
    "libjs-jquery": "",
    "libjs-underscore": "",
    "libjs-jquery-form": "",
}
SUITES = ("sid", "trixie")
KEYRINGS = Path("/usr/share/keyrings")
UNVERIFIED = "LEAD_DEV_UNVERIFIED"
OWN_ODOO = (
    "set ODOO_HOME to an existing Odoo 19 source tree and start again "
    "(the automatic way needs Debian and its apt)"
)
UPDATE_REMEDY = (
    "check that apt-get update works on this machine, and run again to resume; where its "
    "debian-archive-keyring is too old for the archive's keys, install a newer one, or set "
    f"{UNVERIFIED}=1 to take Odoo from the mirror without verifying its signature"
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
    if not _is_there():
        with setup_lock():
            if not _is_there():  # nor did the call that we waited for get it
                with step("get Odoo 19 from Debian's packages"):
                    _get()


def _is_there():
    return existing_home() or stamp("odoo") and PACKAGES.exists()


def _get():
    partial, downloads = settings.HOME / "odoo.partial", settings.HOME / "odoo.download"
    for folder in (partial, downloads, APT, ROOT):
        shutil.rmtree(folder, ignore_errors=True)
    downloads.mkdir()
    found = find_packages()
    command = ["apt-get", "-q", "download", *found]
    run_logged(command, "apt-download", "run again to resume", env=APT_ENV, cwd=downloads)
    for package in downloads.glob("*.deb"):
        capture(["dpkg-deb", "-x", package, partial])
    _repair(partial / PACKAGES.relative_to(ROOT))
    partial.rename(ROOT)
    write_stamp("odoo", found[0].split("=")[1])
    for folder in (downloads, APT):
        shutil.rmtree(folder)
    say(f"    {found[0]}")


def find_packages():
    """What to download, Odoo first, as apt-get takes it; writes our apt configuration."""
    mirror = debian_mirror()
    for name in ("lists/partial", "cache/archives/partial"):
        (APT / name).mkdir(parents=True)
    (APT / "status").touch()
    (APT / "apt.conf").write_text(APT_CONFIG)
    # A mirror may be behind its archive; what it has is signed all the same.
    options = f"{signing(mirror)} check-valid-until=no"
    lines = [f"deb [{options}] {mirror} {suite} main\n" for suite in SUITES]
    (APT / "sources.list").write_text("".join(lines))
    run_logged(["apt-get", "-q", "update"], "apt-update", UPDATE_REMEDY, env=APT_ENV)
    found = {name: newest(name, prefix) for name, prefix in WANTED.items()}
    if not found["odoo-19"]:
        raise Failure(f"{mirror} has no odoo-19 in {SUITES[0]}", OWN_ODOO)
    for name in [name for name in found if not found[name]]:
        say(f"    note: the mirror has no {name}; some icons or letters will be missing")
    return list(filter(None, found.values()))


def newest(package, prefix=""):
    """A package with its newest version that begins with a prefix, as apt-get takes it."""
    listed = capture(["apt-cache", "madison", package], env=APT_ENV)
    versions = [line.split("|")[1].strip() for line in listed.splitlines()]
    upstream = re.compile(rf"(\d+:)?(.*really)?{re.escape(prefix)}")
    return next((f"{package}={found}" for found in versions if upstream.match(found)), None)


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
