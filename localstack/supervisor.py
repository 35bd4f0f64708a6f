"""Runs one command and ends its whole process group when standard input ends.

The parent keeps the write end of the pipe on standard input. When the parent goes away, however it goes, the kernel
closes that end, and everything started here is ended: first SIGTERM, then SIGKILL.

The first line of standard input is the order, one JSON object:
  command      list: the program and its arguments
  environment  object: the command's whole environment
  state        folder to make, to run in, and to remove at the end; its `home` and `tmp` are made too
  log          file for the command's output
  grace        seconds between SIGTERM and SIGKILL
  at_end       list of commands to run at the end, each a list

On standard output: `exited STATUS` once the command has ended by itself, `failed MESSAGE` when it could not be started.
Either way the state folder stays until standard input ends, so that the parent can read the log.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def report(line):
    """Tells the parent, if there still is one."""
    try:
        os.write(1, (line + "\n").encode())
    except OSError:
        pass


def read_order():
    """The order, or None where the parent is gone already."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return None
        line += byte
    return json.loads(line)


def group_lives(child):
    child.poll()
    try:
        os.killpg(child.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def signal_group(child, number):
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def end_group(child, grace):
    signal_group(child, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while group_lives(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    # Nothing survives SIGKILL; the second deadline is for processes the kernel does not let go of.
    signal_group(child, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while group_lives(child) and time.monotonic() < deadline:
        time.sleep(0.02)


def watch(child, wakeup):
    """Returns when standard input has ended or a signal asks for the end."""
    told = False
    while True:
        if not told and child.poll() is not None:
            report("exited %d" % child.returncode)
            told = True
        readable, _, _ = select.select([0, wakeup], [], [])
        if 0 in readable and not os.read(0, 4096):
            return
        if wakeup in readable and any(number in ENDING for number in os.read(wakeup, 4096)):
            return


def run(order, wakeup):
    state = order["state"]
    child = None
    try:
        try:
            os.makedirs(state, mode=0o700)
            for name in ("home", "tmp"):
                os.makedirs(os.path.join(state, name))
        except OSError as error:
            report("failed no folder to run in: %s (TMPDIR can name another place)" % error)
            return
        try:
            with open(order["log"], "ab") as log:
                child = subprocess.Popen(
                    order["command"],
                    env=order["environment"],
                    cwd=state,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError as error:
            report("failed %s" % error)
            while os.read(0, 4096):
                pass
            return
        watch(child, wakeup)
    finally:
        if child is not None:
            end_group(child, order["grace"])
            for command in order["at_end"]:
                try:
                    subprocess.run(
                        command,
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                        timeout=30,
                    )
                except (OSError, subprocess.TimeoutExpired):
                    pass
        shutil.rmtree(state, ignore_errors=True)


def main():
    wakeup, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in ENDING + (signal.SIGCHLD,):
        # The handler does nothing: the number arrives through the pipe.
        signal.signal(number, lambda *_: None)
    order = read_order()
    if order is not None:
        run(order, wakeup)


if __name__ == "__main__":
    try:
        main()
    except Exception:
        report("failed " + traceback.format_exc().strip().replace("\n", " | "))
        sys.exit(1)
