"""./dev run and ./dev stop: Odoo with the addon and demo data on this machine."""

import fcntl
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import databases, odoo, postgres, settings, system
from .environment import ensure_environment
from .steps import Failure, log_path, say, setup_lock, step, tail

HOST = "127.0.0.1"
DEFAULT_PORT = 8069
START_LIMIT = 180
STOP_LIMIT = 15


def free_port(wanted=None, start=DEFAULT_PORT):
    """The wanted port if it is free; without one the first free one from ``start`` on."""
    first, last = (wanted, wanted) if wanted else (start, start + 99)
    for port in range(first, last + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return port
            except OSError:
                continue
    raise Failure(f"no free port from {first} to {last}", "name another --port, or none")


def run(port=None, lang=settings.DEFAULT_LANG, fresh=False, workers=0):
    """Serve Odoo with the addon until Ctrl-C."""
    databases.check_language(lang)
    free_port(port)
    ensure_environment()
    system.ensure_pdf_printer()
    with postgres.server():
        database = prepare_database(lang, fresh)
        serve(database, free_port(port), workers)


def prepare_database(lang, fresh):
    """Have the database kept for a language at the addon's present state; returns its name."""
    name = f"run_{databases.slug(lang)}"
    with setup_lock():
        base = f"{databases.origin()} {lang} "
        wanted = base + databases.addon_hash()
        found = databases.content_of(name)
        if fresh or not found.startswith(base):
            databases.create(name, demo=True, lang=lang)
        elif found != wanted:
            databases.update_addon(name)
        databases.set_content(name, wanted)
    return name


def serve(database, port, workers=0):
    """Run Odoo in the foreground on a database that is ready."""
    options = {"http_port": port, "max_cron_threads": 1, "workers": workers}
    if workers:
        # the bus has a process of its own then; nothing stands in front that would send it there
        options["gevent_port"] = free_port(start=port + 1)
    config = odoo.write_config(database, f"run-{port}", **options)
    log = log_path(f"odoo-{port}")
    with (settings.RUN / f"odoo-{port}.pid").open("a") as pid_file, log.open("wb") as output:
        try:
            fcntl.flock(pid_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failure(f"another ./dev run takes port {port}", "run again") from error
        pid_file.truncate(0)
        print(os.getpid(), file=pid_file, flush=True)
        process = subprocess.Popen(
            # It ends when we do, however that comes.
            ["setpriv", "--pdeathsig=TERM", *odoo.server_command("-c", config)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=odoo.odoo_env(),
            cwd=settings.REPO,
            start_new_session=True,
        )
        try:
            with step("start Odoo"):
                wait_until_served(process, port, log)
            print(f"\n  http://{HOST}:{port}/odoo/action-{settings.BOARD_ACTION}")
            print("  login: admin, password: admin")
            print(f"  log:   {log}")
            print("  Ctrl-C stops it\n", flush=True)
            raise Failure(f"Odoo ended with code {process.wait()}; the end of {log}:\n{tail(log)}")
        except KeyboardInterrupt:
            say("\nstopping ...")
        finally:
            process.terminate()
            try:
                process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_served(process, port, log):
    """Wait until the login page comes."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_LIMIT
    what = f"did not answer in {START_LIMIT} s"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            what = "ended at once"
            break
        try:
            with opener.open(f"http://{HOST}:{port}/web/login", timeout=60):
                return
        except urllib.error.HTTPError as error:
            what = f"answers {error.code} on its login page"
            break
        except OSError:
            time.sleep(0.2)
    raise Failure(f"Odoo {what}; the end of {log}:\n{tail(log)}")


def stop():
    """Stop what this home left running: Odoo servers, then PostgreSQL."""
    stopped = []
    for path in sorted(settings.RUN.glob("odoo-*.pid")):
        with path.open() as pid_file:
            try:
                fcntl.flock(pid_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # the ./dev run that wrote it still runs
                os.kill(int(pid_file.read()), signal.SIGTERM)
                fcntl.flock(pid_file, fcntl.LOCK_EX)
                stopped.append(f"Odoo on port {path.stem.rsplit('-', 1)[1]}")
    if postgres.stop():
        stopped.append("PostgreSQL")
    say(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")
