"""Runs one workload on one peer, in a process of its own, so that what hangs can be ended."""

import multiprocessing
import os
import shutil
import subprocess
import time
import traceback
from dataclasses import asdict
from pathlib import Path

import processes
import workloads
from peers import Floor, MountFailed
from workload import Measured, Place

SETTLE = 0.5  # for what a peer does on its own behind a mount and a listing


class Failed(Exception):
    pass


def reason(error):
    text = str(error)
    if isinstance(error, subprocess.CalledProcessError) and error.stderr:
        text = error.stderr.decode(errors="replace")[-300:]
    return f"{type(error).__name__}: {text}".strip()


def in_own_process(action, limit):
    """What `action` returns (a Measured), or Failed."""

    def work(pipe):
        os.setsid()
        processes.die_with_parent()
        try:
            pipe.send(("ok", asdict(action())))
        except Exception as error:  # pylint: disable=broad-except
            pipe.send(("failed", reason(error), traceback.format_exc()))

    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=work, args=(sender,))
    process.start()
    sender.close()
    try:
        if not receiver.poll(limit):
            raise Failed(f"not done after {limit} s")
        outcome = receiver.recv()
    except EOFError as error:
        raise Failed("the workload's process died") from error
    finally:
        processes.kill_group(process.pid)
        process.join()
    if outcome[0] != "ok":
        raise Failed(outcome[1])
    return Measured(**outcome[1])


class Runner:
    """All runs on one link with one FTPS server, beside an sshd that serves the same folder."""

    def __init__(self, link, server, sshd, folder):
        self.link = link
        self.server = server
        self.sshd = sshd
        self.folder = folder
        self._prepared = set()
        self._runs = 0

    def prepare(self, workload):
        if workload.name not in self._prepared:
            workloads.prepare(workload, self.server.root, self.server)
            self._prepared.add(workload.name)

    def run(self, workload, peer):
        """A row of results; it has "error" instead of numbers when that is what came out."""
        self.prepare(workload)
        self._runs += 1
        folder = self.folder / f"run{self._runs}"
        scratch = folder / "scratch"
        scratch.mkdir(parents=True)
        row = {"server": self.server.kind, "rtt_ms": self.link.rtt * 1000, "rate_mbit": self.link.rate / 1e6,
               "workload": workload.name, "title": workload.title, "peer": peer.name, "unit": workload.unit,
               "load": os.getloadavg()[0]}
        try:
            place = Place(self.server.root, folder / "peer" / "mnt", scratch, self._runs, self.link,
                                    self.sshd if peer.wants == "ssh" else self.server)
            row |= self._measured(workload, peer, place, folder)
        except (Failed, MountFailed) as error:
            row["error"] = str(error)
        finally:
            # Never into a mount that would not go away.
            subprocess.run(["rm", "-rf", "--one-file-system", folder], check=False)
        return row

    def _measured(self, workload, peer, place, folder):
        if isinstance(peer, Floor):
            before = self.link.traffic()
            measured = in_own_process(lambda: workload.floor(peer, place), workload.limit)
            return self._row(workload, measured) | self._difference(before)
        before = self.link.traffic()
        mounted = peer.mount(self.link, place.server, workload.mode, folder / "peer")
        cpu = 0
        try:
            time.sleep(SETTLE)
            if not workload.is_the_mount:
                before, cpu = self.link.traffic(), mounted.usage().cpu_seconds
            measured = in_own_process(lambda: workload.run(place), workload.limit)
            traffic, after = self._difference(before), mounted.usage()
            fetched = peer.fetched(mounted)
        finally:
            mounted.close()
        if workload.is_the_mount:
            measured.seconds = mounted.seconds
        return self._row(workload, measured) | traffic | fetched | {
            "mount_seconds": mounted.seconds, "cpu_seconds": after.cpu_seconds - cpu,
            "peak_rss_mib": after.peak_rss_mib, "rss_mib": after.rss_mib}

    def _difference(self, before):
        return {name: value - before[name] for name, value in self.link.traffic().items()}

    def _row(self, workload, measured):
        row = {"seconds": measured.seconds, "operations": measured.operations, "details": measured.details}
        if workload.unit.startswith("R") and self.link.rtt > 0:
            row["value"] = measured.seconds / measured.operations / self.link.rtt
        elif workload.unit == "1/R" and self.link.rtt > 0:
            row["value"] = measured.operations / measured.seconds * self.link.rtt
        elif workload.unit == "link" and self.link.rate > 0:
            row["value"] = workload.megabits(measured.seconds) * 1e6 / self.link.payload_rate
        return row


def fresh_folder(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return Path(folder)
