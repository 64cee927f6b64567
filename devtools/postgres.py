"""The PostgreSQL server: a private cluster in the home, or the one PGHOST names."""

import contextlib
import fcntl
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from . import settings
from .steps import (
    Failure,
    capture,
    log_path,
    run_logged,
    setup_lock,
    stamp,
    step,
    tail,
    write_stamp,
)
from .system import ensure_programs, postgresql_bin

ROLE = "odoo"
# A socket's path may have 107 characters; this is the longest name we put in a folder.
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_LIMIT = 107
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
    return bool(os.environ.get("PGHOST"))


def connection_env():
    """The environment with which libpq programs reach the server."""
    env = dict(os.environ)
    if not is_external():
        env.update(PGHOST=str(socket_folder()), PGUSER=ROLE, PGPORT="5432")
        for name in ("PGPASSWORD", "PGSERVICE", "PGSSLMODE"):
            env.pop(name, None)
    env.pop("PGDATABASE", None)
    return env


def base_folder():
    """Where the cluster lives: the home, unless the server's user cannot reach it."""
    inside = settings.HOME / "postgres"
    if not settings.is_root() or _reachable(settings.HOME):
        return inside
    return Path("/var/lib") / settings.ADDON / settings.home_key()


def _reachable(folder):
    """Whether every user may walk to a folder."""
    return all(path.stat().st_mode & 0o001 for path in [folder, *folder.parents])


def data_folder():
    """The cluster's data."""
    return base_folder() / "data"


def socket_folder():
    """The folder of the cluster's socket: short, as sockets' paths must be."""
    inside = base_folder() / "socket"
    if len(f"{inside}/{SOCKET_NAME}") <= SOCKET_LIMIT:
        return inside
    if settings.is_root():
        return Path("/var/lib") / settings.ADDON / settings.home_key() / "socket"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    parent = Path(runtime if runtime and Path(runtime).is_dir() else "/tmp")
    return parent / f"lead-dev-{os.getuid()}-{settings.home_key()}"


def _as_server_user():
    """Options that run a command as the user PostgreSQL accepts: never root."""
    if not settings.is_root():
        return {}
    user = pwd.getpwnam("postgres")
    env = dict(os.environ, HOME=user.pw_dir)
    return {
        "user": user.pw_uid,
        "group": user.pw_gid,
        "extra_groups": [],
        "cwd": "/",
        "env": env,
    }


def _private_folder(folder):
    """Create a folder that only the server's user (and root) can use."""
    owner = pwd.getpwnam("postgres").pw_uid if settings.is_root() else os.getuid()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if settings.is_root():
            os.chown(folder, owner, -1)
    if folder.stat().st_uid != owner:
        raise Failure(f"{folder} belongs to another user", f"remove {folder}")


def is_running():
    """Whether our cluster's server is up."""
    binaries = postgresql_bin()
    if not binaries or not (data_folder() / "PG_VERSION").exists():
        return False
    command = [binaries / "pg_ctl", "status", "-D", data_folder()]
    return subprocess.run(command, capture_output=True, **_as_server_user()).returncode == 0


def _cluster_bin():
    """The programs of the version that made the cluster; None: make it anew."""
    version_file = data_folder() / "PG_VERSION"
    if not version_file.exists():
        return None
    own = Path("/usr/lib/postgresql") / version_file.read_text().strip() / "bin"
    if (own / "pg_ctl").exists():
        return own
    newest = postgresql_bin()
    major = capture([newest / "postgres", "--version"]).split()[2].split(".")[0]
    return newest if major == version_file.read_text().strip() else None


def _create():
    """Make the cluster; an interrupted attempt leaves nothing behind."""
    with step("create the PostgreSQL cluster"):
        shutil.rmtree(data_folder(), ignore_errors=True)
        shutil.rmtree(settings.DATA, ignore_errors=True)
        settings.prepare_home()
        partial = base_folder() / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        _private_folder(base_folder())
        run_logged(
            [postgresql_bin() / "initdb", "-D", partial, "--username", ROLE, "--auth=trust"]
            + ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
            "postgres-initdb",
            **_as_server_user(),
        )
        with (partial / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS)
        partial.rename(data_folder())
        write_stamp("postgres", "created")


def _start():
    _private_folder(socket_folder())
    log = base_folder() / "server.log"
    pg_ctl = _cluster_bin() / "pg_ctl"
    # Its output must not be a pipe of ours, which the server would keep open.
    with log_path("postgres-start").open("wb") as output:
        done = subprocess.run(
            [pg_ctl, "start", "-w", "-t", "60", "-D", data_folder(), "-l", log]
            + ["-o", f"-k '{socket_folder()}' -p 5432"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **_as_server_user(),
        )
    if done.returncode:
        raise Failure(
            f"PostgreSQL did not start; the end of {log}:\n{tail(log)}",
            f"if it cannot be repaired, remove {base_folder()}: everything is rebuilt",
        )


def stop():
    """Stop our cluster; says whether it was running."""
    if is_external() or not is_running():
        return False
    command = [_cluster_bin() / "pg_ctl", "stop", "-w", "-m", "fast", "-D", data_folder()]
    subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, **_as_server_user()
    )
    return True


def ensure_running():
    """Have a server to talk to."""
    ensure_programs(postgresql=not is_external())
    if is_external():
        if not shutil.which("psql"):
            raise Failure("psql is missing", "type: sudo apt-get install postgresql-client")
        try:
            query("SELECT 1")
        except Failure as failure:
            raise Failure(
                f"the server PGHOST={os.environ['PGHOST']} does not answer: {failure.cause}",
                "check PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset PGHOST",
            ) from failure
        return
    with setup_lock():
        # A cluster outside a home that was removed has lost its files: start over.
        if not stamp("postgres"):
            stop()
            _create()
        elif not _cluster_bin():
            _create()
        if not is_running():
            _start()


@contextlib.contextmanager
def server():
    """The server for as long as the caller needs it; the last user stops it."""
    settings.prepare_home()
    with (settings.HOME / "server.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            ensure_running()
            yield
        finally:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop()


def query(sql, database="postgres"):
    """Run SQL by psql; returns the rows as lines, columns separated by |."""
    return capture(
        [psql_program(), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql],
        env=connection_env(),
    )


def psql_program():
    """The psql that fits the server."""
    binaries = None if is_external() else postgresql_bin()
    own = binaries / "psql" if binaries else None
    return own if own and own.exists() else shutil.which("psql")
