"""Databases: built once, cached as templates by what they came from, cloned.

A database is built under a name with the prefix `building_` and renamed when it
is complete: an interrupted build is never taken for a finished one.
"""

import contextlib
import os
import re
import shutil
from pathlib import Path

from . import odoo, odoo_source, postgres, settings
from .steps import Failure, setup_lock, stamp, step, write_stamp

# Parts of the addon that are no part of an installed database.
NOT_INSTALLED = ("tests/", "readme/", "static/description/", "static/tests/")
# Odoo's demo data is in dollars, and entries fix the currency of a company: all of it in euros.
EURO_SQL = """
    DO $$
    DECLARE
        place record;
        euro int := (SELECT id FROM res_currency WHERE name = 'EUR');
        dollar int := (SELECT id FROM res_currency WHERE name = 'USD');
    BEGIN
        FOR place IN
            SELECT conrelid::regclass AS table, attname AS column
              FROM pg_constraint JOIN pg_attribute
                ON attrelid = conrelid AND attnum = conkey[1]
             WHERE confrelid = 'res_currency'::regclass AND contype = 'f'
               AND conrelid != 'res_currency_rate'::regclass
               AND conrelid::regclass::text NOT LIKE '%_rel'
        LOOP
            EXECUTE format('UPDATE %1$s SET %2$I = %3$s WHERE %2$I = %4$s',
                           place.table, place.column, euro, dollar);
        END LOOP;
        DELETE FROM res_currency_rate;
        UPDATE res_currency SET active = TRUE WHERE id = euro;
    END $$
"""
# The demo data's people have no password; here each logs in with his login. Nobody has a chat over
# the screen, which a phone shows nothing else of.
USERS_SQL = f"""
    UPDATE res_users SET odoobot_state = 'disabled';
    UPDATE res_users SET password = login
      FROM ir_model_data AS data
     WHERE data.module = '{settings.ADDON}' AND data.model = 'res.users'
       AND data.res_id = res_users.id AND COALESCE(res_users.password, '') = ''
"""
LANGUAGE_SQL = "UPDATE res_partner SET lang = '{}' WHERE id IN (SELECT partner_id FROM res_users)"


def addon_hash():
    """A hash of the addon's files that end up in a database."""
    parts = []
    for path in sorted(settings.ADDON_PATH.rglob("*")):
        name = path.relative_to(settings.ADDON_PATH).as_posix()
        skipped = "__pycache__" in path.parts or name.startswith(NOT_INSTALLED)
        if path.is_file() and not skipped:
            parts += [name, settings.digest(path.read_bytes().hex())]
    return settings.digest(*parts)


def slug(lang):
    """A language code as part of a database's name."""
    return re.sub(r"[^a-z0-9]", "_", lang.lower())


def check_language(lang):
    """Refuse what does not look like a language code."""
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z0-9]{2,3})?(@[a-z]+)?", lang):
        raise Failure(f"{lang!r} is no language code", "name one like de_DE")


def check_name(name):
    """Refuse names that are not plain."""
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,50}", name) or name in ("postgres", "template1"):
        raise Failure(f"{name!r} is no database name", "use lower-case letters, digits, - and _")


def names():
    """The names of all databases, the oldest first."""
    return postgres.query("SELECT datname FROM pg_database ORDER BY oid").splitlines()


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
    copy_filestore(source, partial)
    rename(partial, target)


def copy_filestore(source, target):
    """Give a database the files of another, as hard links; replaces what it had."""
    shutil.rmtree(settings.FILESTORE / target, ignore_errors=True)
    if (settings.FILESTORE / source).exists():
        stored = (settings.FILESTORE / source, settings.FILESTORE / target)
        shutil.copytree(*stored, copy_function=os.link)


def rename(source, target):
    """Give a finished database its name; its filestore gets there first."""
    shutil.rmtree(settings.FILESTORE / target, ignore_errors=True)
    if (settings.FILESTORE / source).exists():
        (settings.FILESTORE / source).rename(settings.FILESTORE / target)
    postgres.query(f'ALTER DATABASE "{source}" RENAME TO "{target}"')


def origin():
    """What all our databases come from: this Odoo and, on a server that other homes
    may use as well, this home with its filestore."""
    home = f" {settings.home_key()}" if postgres.is_external() else ""
    return f"{odoo_source.version()}{home}"


def core_database(modules=None, demo=False, lang=settings.DEFAULT_LANG):
    """The cached database with Odoo's own modules; built when missing."""
    modules = modules or settings.CORE_MODULES
    euros = EURO_SQL if demo else ""
    key = settings.digest(origin(), *sorted(modules), euros, lang)
    name = f"core_{'demo' if demo else 'plain'}_{key}"
    if name not in names():
        kind = "with" if demo else "without"
        with step(f"build the database of {','.join(modules)} {kind} demo data ({lang})"):
            # As Odoo does, but without pg_trgm where the server has none.
            drop(f"building_{name}")
            made = f'CREATE DATABASE "building_{name}" TEMPLATE template0'
            postgres.query(f"{made} ENCODING 'UTF8' LC_COLLATE 'C'")
            if postgres.query("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"):
                postgres.query("CREATE EXTENSION pg_trgm", f"building_{name}")
            args = [f"--{kind}-demo"]
            if lang != settings.DEFAULT_LANG:
                args.append(f"--load-language={lang}")
            _install(name, modules, lang, args, euros)
    return name


def addon_database(demo=False, lang=settings.DEFAULT_LANG):
    """The cached database with the addon as its files are now."""
    core = core_database(demo=demo, lang=lang)
    family = f"addon_{'demo' if demo else 'plain'}_{slug(lang)}_"
    name = family + settings.digest(core, addon_hash())
    if name not in names():
        with step(f"install {settings.ADDON} {'with' if demo else 'without'} demo data"):
            clone(core, f"building_{name}")
            _install(name, [settings.ADDON], lang)
        # Those of other checkouts that share the home stay as well.
        for older in [other for other in names() if other.startswith(family)][:-4]:
            drop(older)
    return name


def _install(name, modules, lang, args=(), afterwards=""):
    """Install modules into the database building_NAME, run SQL, and give it its name."""
    building = f"building_{name}"
    command = ["-d", building, "-i", ",".join(modules), *args]
    log = odoo.build(command, f"db-{name}", "see the log; repair the module; run again")
    check_installed(building, modules, log)
    if lang != settings.DEFAULT_LANG:
        known = f"SELECT 1 FROM res_lang WHERE code = '{lang}' AND active"
        if not postgres.query(known, building):
            raise Failure(f"Odoo has no language {lang}", "name one like de_DE")
        postgres.query(LANGUAGE_SQL.format(lang), building)
    postgres.query(f"{USERS_SQL}; {afterwards}", building)
    rename(building, name)


def drop_leftovers():
    """Drop what interrupted calls left in our own cluster; nothing may be building."""
    for name in [] if postgres.is_external() else names():
        temporary = re.fullmatch(r"temporary_.*_(\d+)(-gw\d+)?", name)
        if name.startswith("building_") or temporary and not Path("/proc", temporary[1]).exists():
            drop(name)


def check_installed(database, modules, log):
    """Fail unless the modules are installed without errors, their demo data included."""
    installed = "SELECT name FROM ir_module_module WHERE state = 'installed'"
    failed = sorted({*modules}.difference(postgres.query(installed, database).splitlines()))
    if postgres.query("SELECT count(*) FROM ir_demo_failure", database) != "0":
        failed.append("demo data")
    check_log(log, f"not installed: {', '.join(failed)}" if failed else "")


def check_log(log, problem=""):
    """Fail if Odoo logged errors, or for another problem that the log may explain."""
    found = re.findall(r"^\S+ \S+ \d+ (?:ERROR|CRITICAL) .*", log.read_text(), re.MULTILINE)
    if problem or found:
        lines = [f"{problem or 'Odoo logged errors'}, see {log}:", *found[:15]]
        raise Failure("\n    | ".join(lines), "repair the module; run again")


def create(name, demo=False, addon=True, modules=None, lang=settings.DEFAULT_LANG):
    """Create a database anew, from the caches where they fit."""
    check_name(name)
    check_language(lang)
    if modules and addon:
        raise Failure("--modules is for databases without the addon", "add --without-addon")
    with setup_lock():
        drop_leftovers()
        source = addon_database(demo, lang) if addon else core_database(modules, demo, lang)
        with step(f"create the database {name}"):
            clone(source, name)


@contextlib.contextmanager
def throw_away(purpose, **options):
    """A database as `create` makes it, dropped at the end."""
    name = f"temporary_{purpose}_{os.getpid()}"
    create(name, **options)
    try:
        yield name
    finally:
        drop(name)


def run_database(lang, fresh):
    """The database that ./dev run keeps for a language, at the addon's present state."""
    name = f"run_{slug(lang)}"
    with setup_lock():
        base = f"{origin()} {lang} "
        found = stamp(name) if name in names() else None
        if fresh or not found or not found.startswith(base):
            create(name, demo=True, lang=lang)
        elif found != base + addon_hash():
            with step(f"update {settings.ADDON} in {name}"):
                remedy = f"repair the addon, or start over by: ./dev run --fresh (drops {name})"
                check_log(odoo.build(["-d", name, "-u", settings.ADDON], f"db-{name}", remedy))
                postgres.query(USERS_SQL, name)
        write_stamp(name, base + addon_hash())
    return name
