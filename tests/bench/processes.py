"""Processes of a benchmark: started so that none outlives it, measured by what /proc says of them."""

import ctypes
import os
import signal
import subprocess
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")
# Long-living children die with this program, even when it is killed.
TIED = ["setpriv", "--pdeathsig", "KILL", "--"]


@dataclass
class Usage:
    cpu_seconds: float
    peak_rss_mib: float
    rss_mib: float


PR_SET_PDEATHSIG = 1


def die_with_parent():
    """For a forked process that runs no other program."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command, log):
    with open(log, "ab") as output:
        return subprocess.Popen(TIED + command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                start_new_session=True)


def stop(process, patience=10):
    """Asks, waits, and then insists."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        process.wait()


def kill_group(leader):
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        pass


def family(pid):
    """The process and all that descend from it."""
    members = [pid]
    for member in members:
        try:
            for task in os.listdir(f"/proc/{member}/task"):
                with open(f"/proc/{member}/task/{task}/children", encoding="ascii") as children:
                    members += map(int, children.read().split())
        except OSError:
            continue
    return members


def usage(pid):
    """Sums over the family: sshfs works in two processes."""
    total = Usage(0, 0, 0)
    for member in family(pid):
        try:
            with open(f"/proc/{member}/stat", encoding="utf-8") as stat:
                fields = stat.read().rpartition(")")[2].split()
            with open(f"/proc/{member}/status", encoding="utf-8") as status:
                memory = dict(line.split(":", 1) for line in status if line.startswith("Vm"))
        except OSError:
            continue
        total.cpu_seconds += (int(fields[11]) + int(fields[12])) / TICKS
        total.peak_rss_mib += int(memory.get("VmHWM", "0 kB").split()[0]) / 1024
        total.rss_mib += int(memory.get("VmRSS", "0 kB").split()[0]) / 1024
    return total
