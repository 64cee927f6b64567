"""./dev run and ./dev stop: Odoo with the addon and demo data on this machine."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import databases, odoo, postgres, settings, system
from .environment import ensure_environment
from .steps import Failure, is_alive, log_path, say, setup_lock, step, tail

HOST = "127.0.0.1"
START_LIMIT = 180
STOP_LIMIT = 15


def free_port(wanted=None):
    """The wanted port if it is free, else the first free one from the default on."""
    candidates = [wanted] if wanted else range(settings.DEFAULT_PORT, settings.DEFAULT_PORT + 100)
    for port in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    if wanted:
        raise Failure(f"port {wanted} is taken", "name another --port, or none to take a free one")
    raise Failure(f"no free port from {settings.DEFAULT_PORT} on", "name a free --port")


def run(port=None, lang=settings.DEFAULT_LANG, fresh=False):
    """Serve Odoo with the addon until Ctrl-C."""
    databases.check_language(lang)
    port = free_port(port)
    ensure_environment()
    system.ensure_pdf_printer()
    with postgres.server():
        database = prepare_database(lang, fresh)
        serve(database, port)


def database_name(lang):
    """The name of the database ./dev run keeps for a language."""
    return f"run_{databases.slug(lang)}"


def prepare_database(lang, fresh):
    """Have the run database at the addon's present state, and return its name."""
    name = database_name(lang)
    with setup_lock():
        base = f"{databases.origin()} {lang}"
        wanted = f"{base} {databases.addon_hash()}"
        found = databases.content_of(name)
        if fresh or not found.startswith(base + " "):
            databases.create(name, demo=True, lang=lang)
        elif found != wanted:
            databases.update_addon(name)
        databases.set_content(name, wanted)
    return name


def serve(database, port):
    """Run Odoo in the foreground on a database that is ready."""
    config = odoo.write_config(
        f"run-{port}",
        http_port=port,
        max_cron_threads=1,
        db_name=database,
        dbfilter=f"^{database}$",
    )
    log = log_path(f"odoo-{port}")
    pid_file = settings.RUN / f"odoo-{port}.pid"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in odoo.command("-c", config)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=odoo.odoo_env(),
            cwd=settings.REPO,
            start_new_session=True,
        )
    try:
        pid_file.write_text(f"{process.pid}\n")
        with step("start Odoo"):
            wait_until_served(process, port, log)
        announce(port, log)
        code = process.wait()
        raise Failure(f"Odoo ended by itself with code {code}; the end of {log}:\n{tail(log)}")
    except KeyboardInterrupt:
        say("\nstopping ...")
    finally:
        terminate(process.pid, process.poll)
        pid_file.unlink(missing_ok=True)


def wait_until_served(process, port, log):
    """Wait until the login page comes."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failure(f"Odoo ended at once; the end of {log}:\n{tail(log)}")
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"http://{HOST}:{port}/web/login", timeout=60):
                return
        except urllib.error.HTTPError as error:
            raise Failure(
                f"the login page answers {error.code}; the end of {log}:\n{tail(log)}"
            ) from error
        except OSError:
            time.sleep(0.2)
    raise Failure(f"Odoo did not answer in {START_LIMIT} s; the end of {log}:\n{tail(log)}")


def announce(port, log):
    """Print where the board is and how to log in."""
    print(f"\n  http://{HOST}:{port}/odoo/action-{settings.BOARD_ACTION}")
    print("  login: admin, password: admin")
    print(f"  log:   {log}")
    print("  Ctrl-C stops it\n", flush=True)


def terminate(pid, poll=None):
    """Stop a server: gently first. `poll` reaps it when it is our child."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + STOP_LIMIT
        while time.monotonic() < deadline:
            if poll and poll() is not None or not is_alive(pid):
                return
            time.sleep(0.1)


def stop():
    """Stop what this home left running: Odoo servers, then PostgreSQL."""
    stopped = []
    for pid_file in sorted(settings.RUN.glob("odoo-*.pid")):
        pid = int(pid_file.read_text())
        if _is_ours(pid, pid_file):
            terminate(pid)
            stopped.append(f"Odoo on port {pid_file.stem.rsplit('-', 1)[1]}")
        pid_file.unlink(missing_ok=True)
    if postgres.stop():
        stopped.append("PostgreSQL")
    say(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


def _is_ours(pid, pid_file):
    """Whether a process is the Odoo that the file was written for."""
    config = str(settings.RUN / f"run-{pid_file.stem.rsplit('-', 1)[1]}.conf")
    done = subprocess.run(
        ["ps", "-o", "args=", "-ww", "-p", str(pid)], capture_output=True, text=True
    )
    return config in done.stdout
