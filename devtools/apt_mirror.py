"""An apt configuration of our own, on the mirror the machine's apt already uses.

It has its own lists, cache and sources, so it works for an ordinary user and
leaves the machine's apt alone.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from . import settings
from .steps import Failure, log_path, run_logged, say

APT_ETC = Path("/etc/apt")
KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")
NO_MIRROR = (
    "set ODOO_HOME to an existing Odoo 19 source tree and start again "
    "(the automatic way needs Debian and its apt)"
)


def os_release():
    """The fields of /etc/os-release."""
    try:
        text = Path("/etc/os-release").read_text()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, value in pairs}


def parse_one_line(text):
    """Entries of a sources.list: dicts with uri, suites, components, options."""
    entries = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)", line)
        if match:
            options, uri, suite, components = match.groups()
            pairs = (word.split("=", 1) for word in (options or "").split() if "=" in word)
            entries.append(
                {
                    "uri": uri,
                    "suites": [suite],
                    "components": components.split(),
                    "options": {key.lower(): value for key, value in pairs},
                }
            )
    return entries


def parse_deb822(text):
    """Entries of a .sources file, in the same form as parse_one_line."""
    entries = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields, key = {}, None
        for line in paragraph.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and key:
                fields[key] += "\n" + line.strip()
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.strip().lower()
                fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled") == "no":
            continue
        for uri in fields.get("uris", "").split():
            entries.append(
                {
                    "uri": uri,
                    "suites": fields.get("suites", "").split(),
                    "components": fields.get("components", "").split(),
                    "options": {
                        name: fields[name] for name in ("signed-by", "trusted") if fields.get(name)
                    },
                }
            )
    return entries


def read_sources(etc=APT_ETC):
    """All enabled entries of the machine's apt sources."""
    entries = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if not path.is_file():
            continue
        if path.suffix == ".list":
            entries += parse_one_line(path.read_text(errors="replace"))
        elif path.suffix == ".sources":
            entries += parse_deb822(path.read_text(errors="replace"))
    return entries


def choose_mirror(entries, codename):
    """The entry that serves the machine's own Debian suite, or None."""
    by_codename = {codename}
    by_class = {"stable", "oldstable", "testing", "unstable", "sid"}
    for names in (by_codename, by_class):
        for entry in entries:
            if names & set(entry["suites"]) and "main" in entry["components"]:
                return entry
    return None


def debian_mirror():
    """The machine's Debian mirror; fails with the way out on other systems."""
    release = os_release()
    if release.get("ID") != "debian" or not shutil.which("apt-get"):
        name = release.get("PRETTY_NAME", "this system")
        raise Failure(f"Odoo is taken from Debian's packages, but this is {name}", NO_MIRROR)
    entry = choose_mirror(read_sources(), release.get("VERSION_CODENAME", ""))
    if not entry:
        raise Failure("no Debian mirror in the machine's apt sources", NO_MIRROR)
    return entry


def keyring(entry):
    """The file with Debian's archive keys, or what the entry names, or None."""
    for name in KEYRINGS:
        path = Path("/usr/share/keyrings") / name
        if path.exists():
            return str(path)
    named = entry["options"].get("signed-by", "")
    return named if named.startswith("/") and Path(named).exists() else None


class PrivateApt:
    """apt-get with lists, cache and sources in a folder of the home."""

    def __init__(self, suites):
        self.suites = suites
        self.folder = settings.HOME / "apt"
        self.config = self.folder / "apt.conf"
        self.entry = debian_mirror()

    def update(self):
        """Write the configuration and fetch the package lists."""
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        self.config.write_text(
            f'Dir::Etc::sourcelist "{self.folder}/sources.list";\n'
            'Dir::Etc::sourceparts "/dev/null";\n'
            f'Dir::State::lists "{self.folder}/lists";\n'
            f'Dir::State::status "{self.folder}/status";\n'
            f'Dir::Cache "{self.folder}/cache";\n'
            'APT::Sandbox::User "root";\n'
            'Acquire::Languages "none";\n'
            'Acquire::Retries "3";\n'
        )
        keys = keyring(self.entry)
        trusted = not keys or self.entry["options"].get("trusted") == "yes"
        options = {"signing": "trusted=yes" if trusted else f"signed-by={keys}"}
        while True:
            self._write_sources(" ".join(options.values()))
            try:
                return self._update()
            except Failure:
                if not self._relax(options):
                    raise

    def _relax(self, options):
        """Give way to what is out of our hands, aloud; False: nothing to give way to."""
        log = log_path("apt-update").read_text(errors="replace")
        if "NO_PUBKEY" in log and options["signing"] != "trusted=yes":
            options["signing"] = "trusted=yes"
            say("    note: the machine lacks the archive's newest key; using it unverified")
        elif "is expired" in log and "validity" not in options:
            options["validity"] = "check-valid-until=no"
            say("    note: the mirror is behind its archive; using it as it is")
        else:
            return False
        return True

    def _write_sources(self, options):
        (self.folder / "sources.list").write_text(
            "".join(f"deb [{options}] {self.entry['uri']} {suite} main\n" for suite in self.suites)
        )

    def _update(self):
        run_logged(
            ["apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update"],
            "apt-update",
            "check that apt-get update works on this machine; run again to resume",
            env=self.env(),
        )

    def env(self):
        """The environment in which apt programs use our configuration."""
        return dict(os.environ, APT_CONFIG=str(self.config), LC_ALL="C")

    def versions(self, package):
        """The available versions of a package as (version, suite line) pairs."""
        done = subprocess.run(
            ["apt-cache", "madison", package], capture_output=True, text=True, env=self.env()
        )
        rows = (line.split("|") for line in done.stdout.splitlines())
        return [(row[1].strip(), row[2].strip()) for row in rows if len(row) == 3]

    def download(self, packages, folder):
        """Download packages, as name or name=version, into a folder."""
        run_logged(
            ["apt-get", "-q", "download", *packages],
            "apt-download",
            "run again to resume",
            env=self.env(),
            cwd=folder,
        )
