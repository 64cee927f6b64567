"""Databases: built once, cached as templates by what they came from, cloned.

A database is built under a name with the prefix `building_` and renamed when it
is complete: an interrupted build is never taken for a finished one.
"""

import contextlib
import os
import re
import shutil

from . import odoo, odoo_source, postgres, settings
from .steps import Failure, is_alive, setup_lock, step, tail

# Parts of the addon that are no part of an installed database.
NOT_INSTALLED = ("tests/", "readme/", "static/description/", "static/tests/")
# The demo data's people have no password; here each logs in with his login.
PASSWORDS_SQL = f"""
    UPDATE res_users SET password = login
      FROM ir_model_data AS data
     WHERE data.module = '{settings.ADDON}' AND data.model = 'res.users'
       AND data.res_id = res_users.id AND COALESCE(res_users.password, '') = ''
"""
LANGUAGE_SQL = (
    "UPDATE res_partner SET lang = '{lang}' WHERE id IN (SELECT partner_id FROM res_users)"
)


def addon_hash():
    """A hash of the addon's files that end up in a database."""
    if not (settings.ADDON_PATH / "__manifest__.py").exists():
        raise Failure(f"there is no addon in {settings.ADDON_PATH}", "use --without-addon")
    parts = []
    for path in sorted(settings.ADDON_PATH.rglob("*")):
        name = path.relative_to(settings.ADDON_PATH).as_posix()
        skipped = "__pycache__" in path.parts or name.startswith(NOT_INSTALLED)
        if path.is_file() and not skipped:
            parts += [name, settings.digest(path.read_bytes().hex())]
    return settings.digest(*parts)


def exists(name):
    """Whether a database of this name exists."""
    return postgres.query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") == "1"


def slug(lang):
    """A language code as part of a database's name."""
    return re.sub(r"[^a-z0-9]", "_", lang.lower())


def check_language(lang):
    """Refuse what does not look like a language code."""
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z0-9]{2,3})?(@[a-z]+)?", lang):
        raise Failure(f"{lang!r} is no language code", "name one like de_DE")


def names():
    """The names of all databases."""
    return postgres.query("SELECT datname FROM pg_database").splitlines()


def check_name(name):
    """Refuse names that are not plain."""
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,50}", name) or name in ("postgres", "template1"):
        raise Failure(
            f"{name!r} is no good database name", "use lower-case letters, digits, - and _"
        )


def drop(name):
    """Drop a database with its filestore; connections to it are closed."""
    postgres.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(settings.FILESTORE / name, ignore_errors=True)


def clone(source, target):
    """Copy a database with its filestore, replacing the target."""
    drop(target)
    partial = f"building_{os.getpid()}_{target}"[:60]
    drop(partial)
    postgres.query(f'CREATE DATABASE "{partial}" TEMPLATE "{source}"')
    rename(partial, target, filestore_of=source)


def rename(source, target, filestore_of=None):
    """Give a finished database its name; its filestore gets there first."""
    folder = settings.FILESTORE / target
    shutil.rmtree(folder, ignore_errors=True)
    if filestore_of and (settings.FILESTORE / filestore_of).exists():
        shutil.copytree(settings.FILESTORE / filestore_of, folder, copy_function=os.link)
    elif (settings.FILESTORE / source).exists():
        (settings.FILESTORE / source).rename(folder)
    postgres.query(f'ALTER DATABASE "{source}" RENAME TO "{target}"')


def origin():
    """What all our databases come from: this Odoo and, on a server that other homes
    may use as well, this home with its filestore."""
    home = f" {settings.home_key()}" if postgres.is_external() else ""
    return f"{odoo_source.version()}{home}"


def core_database(modules=settings.CORE_MODULES, demo=False, lang=settings.DEFAULT_LANG):
    """The cached database with Odoo's own modules; built when missing."""
    key = settings.digest(origin(), *sorted(modules), demo, lang)
    name = f"core_{'demo' if demo else 'plain'}_{key}"
    with setup_lock():
        if not exists(name):
            kind = "with" if demo else "without"
            with step(f"build the database of {','.join(modules)} {kind} demo data ({lang})"):
                _build_core(name, modules, demo, lang)
    return name


def _build_core(name, modules, demo, lang):
    building = f"building_{name}"
    drop(building)
    args = ["-d", building, "-i", ",".join(modules)]
    args.append("--with-demo" if demo else "--without-demo")
    if lang != settings.DEFAULT_LANG:
        args.append(f"--load-language={lang}")
    log = odoo.build(args, f"db-{name}", "see the log; run again to start over")
    check_installed(building, modules, log)
    set_language(building, lang)
    rename(building, name)


def set_language(database, lang):
    """Give a language, already loaded, to all users."""
    if lang == settings.DEFAULT_LANG:
        return
    if not postgres.query(f"SELECT 1 FROM res_lang WHERE code = '{lang}' AND active", database):
        raise Failure(f"Odoo has no language {lang}", "name one like de_DE")
    postgres.query(LANGUAGE_SQL.format(lang=lang), database)


def addon_database(demo=False, lang=settings.DEFAULT_LANG):
    """The cached database with the addon as its files are now."""
    content = addon_hash()
    core = core_database(demo=demo, lang=lang)
    family = f"addon_{'demo' if demo else 'plain'}_{slug(lang)}_"
    name = family + settings.digest(core, content)
    with setup_lock():
        if not exists(name):
            with step(f"install {settings.ADDON} {'with' if demo else 'without'} demo data"):
                building = f"building_{name}"
                clone(core, building)
                log = odoo.build(
                    ["-d", building, "-i", settings.ADDON],
                    f"db-{name}",
                    "repair the addon; run again",
                )
                check_installed(building, [settings.ADDON], log)
                set_language(building, lang)
                postgres.query(PASSWORDS_SQL, building)
                rename(building, name)
            _drop_older(family, name)
    return name


def _drop_older(family, current):
    """Drop the databases of the addon's earlier contents."""
    for name in names():
        if name.startswith(family) and name != current:
            drop(name)


def drop_leftovers():
    """Drop what interrupted calls left in our own cluster; nothing may be building."""
    if postgres.is_external():
        return
    for name in names():
        temporary = re.fullmatch(r"(?:test|i18n)_(\d+)", name)
        if name.startswith("building_") or temporary and not is_alive(int(temporary.group(1))):
            drop(name)


def check_installed(database, modules, log):
    """Fail unless the modules are installed, their demo data included."""
    names = ", ".join(f"'{module}'" for module in modules)
    states = postgres.query(
        f"SELECT name, state FROM ir_module_module WHERE name IN ({names})", database
    )
    installed = {line.split("|")[0] for line in states.splitlines() if line.endswith("|installed")}
    if absent := set(modules) - installed:
        raise Failure(
            f"not installed: {', '.join(sorted(absent))}; the end of {log}:\n{tail(log)}",
            "repair the module; run again",
        )
    if postgres.query("SELECT count(*) FROM ir_demo_failure", database) != "0":
        raise Failure(
            f"demo data failed to load, see {log}:\n{errors(log)}", "repair the data; run again"
        )
    if found := errors(log):
        raise Failure(f"Odoo logged errors, see {log}:\n{found}", "repair the module; run again")


def errors(log):
    """The first lines of a log that Odoo marked as errors."""
    pattern = re.compile(r"^\S+ \S+ \d+ (ERROR|CRITICAL) ")
    lines = [line for line in log.read_text(errors="replace").splitlines() if pattern.match(line)]
    return "\n".join(f"    | {line}" for line in lines[:15])


def create(name, demo=False, addon=True, modules=None, lang=settings.DEFAULT_LANG):
    """Create a database anew, from the caches where they fit."""
    check_name(name)
    check_language(lang)
    if modules and addon:
        raise Failure("--modules is for databases without the addon", "add --without-addon")
    with setup_lock():
        drop_leftovers()
        if addon:
            source = addon_database(demo, lang)
        else:
            source = core_database(modules or settings.CORE_MODULES, demo, lang)
        with step(f"create the database {name}"):
            clone(source, name)


@contextlib.contextmanager
def throw_away(purpose, demo=False):
    """A database with the addon, dropped at the end."""
    name = f"{purpose}_{os.getpid()}"
    create(name, demo)
    try:
        yield name
    finally:
        drop(name)


def content_of(name):
    """What a database was last brought up to, as noted by set_content, or ''."""
    return postgres.query(
        "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database"
        f" WHERE datname = '{name}'"
    )


def set_content(name, content):
    """Note in a database what it was brought up to."""
    postgres.query(f"COMMENT ON DATABASE \"{name}\" IS '{content}'")


def update_addon(name):
    """Update the addon in a database to its present files."""
    with setup_lock(), step(f"update {settings.ADDON} in {name}"):
        remedy = f"repair the addon, or start over by: ./dev run --fresh (drops {name})"
        log = odoo.build(["-d", name, "-u", settings.ADDON], f"db-{name}-update", remedy)
        if found := errors(log):
            raise Failure(f"Odoo logged errors, see {log}:\n{found}", remedy)
        postgres.query(PASSWORDS_SQL, name)
