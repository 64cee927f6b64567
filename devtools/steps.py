"""Progress on the screen, commands with logs, failures with a remedy."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time

from . import settings

_locks = []


class Failure(Exception):
    """A step failed: what, why, and what to do about it."""

    def __init__(self, cause, remedy=None):
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy


def say(text):
    """Print one line at once."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(title):
    """Announce a step, then say how long it took or that it failed."""
    start, outcome = time.monotonic(), "FAILED"
    say(f"==> {title} ...")
    try:
        yield
        outcome = "done"
    finally:
        say(f"    {outcome}: {title} ({time.monotonic() - start:.1f} s)")


def tail(path, count=25):
    """The last lines of a log, indented."""
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return "\n".join(f"    | {line}" for line in lines[-count:])


def run_logged(command, log, remedy=None, **options):
    """Run a command with its output in a log file, named on the screen to follow a long step."""
    path = settings.LOGS / f"{log}.log"
    say(f"    log: {path}")
    with path.open("w") as output:
        print("$", *command, file=output, flush=True)
        streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
        code = subprocess.run(command, **streams, **options).returncode
    if code:
        raise Failure(
            f"{command[0]} ended with code {code}; the end of {path}:\n{tail(path)}", remedy
        )
    return path


def run_foreground(command, **options):
    """Run a command on the terminal; returns its exit code.

    Ctrl-C reaches it as well as us, and it decides: a test run ends, psql goes on.
    """
    with subprocess.Popen(command, **options) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue
            except BaseException:
                process.terminate()
                raise


def capture(command, **options):
    """Run a command and return what it printed, stripped; fail with its errors."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options
    )
    if done.returncode:
        message = (done.stderr or done.stdout).strip()
        raise Failure(f"{command[0]} ended with code {done.returncode}: {message}")
    return done.stdout.strip()


@contextlib.contextmanager
def setup_lock():
    """Let one call at a time set things up in this home; may be nested."""
    with (settings.HOME / "setup.lock").open("w") as handle:
        if not _locks:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("    another ./dev is setting up this home; waiting for it ...")
                fcntl.flock(handle, fcntl.LOCK_EX)
        _locks.append(handle)
        try:
            yield
        finally:
            _locks.pop()


def stamp(name):
    """The value a finished step left behind, or None."""
    path = settings.STAMPS / name
    return path.read_text().strip() if path.exists() else None


def write_stamp(name, value):
    """Remember that a step finished."""
    write(settings.STAMPS / name, f"{value}\n")


def write(path, text):
    """Write a file in one atomic move, unless it says so already."""
    if not path.exists() or path.read_text() != text:
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_text(text)
        partial.replace(path)
