"""Mounting, listings, and attributes."""

import os
import time

from content import require, small_files
from servers import MOST_ENTRIES
from workload import Budget, Measured, Workload, median_of, timed


class Mounting(Workload):
    name = "mount"
    title = "mount until ls of the root works"
    budget = Budget(8)
    is_the_mount = True

    def run(self, place):
        require("mount" in os.listdir(place.mount), "the root's listing is wrong")
        return Measured(0)


class LongListing(Workload):
    name = "ls-l-1000"
    title = "ls -l, fresh folder of 1,000 files"
    budget = Budget(3)
    peers = (*Workload.peers, "lftp", "curl")
    count = 1000

    def prepare(self, folder, server):
        small_files(folder, self.count, 0, 100, 1)

    def run(self, place):
        seconds, output = timed(["ls", "-l", self.here(place)])
        shown = {line.split()[-1]: int(line.split()[4]) for line in output.decode().splitlines()[1:]}
        require(shown == {e.name: e.stat().st_size for e in os.scandir(self.there(place))}, "ls -l shows other files")
        return Measured(seconds)

    def floor(self, peer, place):
        if peer.name == "lftp":
            command = peer.shell(place.server, f"cls -l {self.name}")
        else:
            command = peer.get(place.server, self.name + "/")
        seconds, output = timed(place.link.at_client(command))
        require(len(output.splitlines()) == self.count, f"{peer.name} lists {len(output.splitlines())} files")
        return Measured(seconds)


class StatOne(Workload):
    name = "stat"
    title = "stat of one name in an unlisted folder"
    budget = Budget(1)
    folders = 9

    def prepare(self, folder, server):
        for i in range(self.folders):
            small_files(folder / f"folder{i}", 200, 0, 100, i)

    def run(self, place):
        os.listdir(self.here(place))
        names = [f"folder{i}/file{7 * i:05}" for i in range(self.folders)]
        sizes = {}

        def ask(name):
            sizes[name] = os.stat(self.here(place) / name).st_size

        measured = median_of([lambda n=name: ask(n) for name in names])
        require(sizes == {name: (self.there(place) / name).stat().st_size for name in names}, "a size is wrong")
        return measured


class Walk(Workload):
    unit = "R/folder"
    budget = Budget(0.6)
    folders, files = 100, 20
    command = []

    def prepare(self, folder, server):
        for i in range(self.folders):
            small_files(folder / f"folder{i:03}", self.files, 0, 100, i)

    def run(self, place):
        seconds, output = timed([*self.command[:1], self.here(place), *self.command[1:]])
        self.check(output.decode())
        return Measured(seconds, self.folders + 1)

    def check(self, output):
        expected = 1 + self.folders * (1 + self.files)
        require(len(output.splitlines()) == expected, f"{len(output.splitlines())} names of {expected}")


class Find(Walk):
    name = "find"
    title = "find, 100 folders × 20 files"
    command = ["find"]


class RecursiveListing(Walk):
    name = "ls-lR"
    title = "ls -lR, 100 folders × 20 files"
    command = ["ls", "-lR"]

    def run(self, place):
        seconds, output = timed(["ls", "-lR", self.here(place)])
        self.check(output.decode())
        return Measured(seconds, self.folders + 1)

    def check(self, output):
        files = sum(line.startswith("-") for line in output.splitlines())
        require(files == self.folders * self.files, f"{files} files")


class HugeFolder(Workload):
    name = "entries"
    title = "100,000 entries: list, then stat all (Pure-FTPd: 10,000)"
    unit = "s"
    budget = Budget(1.3, "curl")
    peers = (*Workload.peers, "curl")

    def prepare(self, folder, server):
        folder.mkdir()
        for i in range(self.count(server)):
            os.close(os.open(folder / f"entry-{i:06}", os.O_CREAT | os.O_WRONLY, 0o644))

    @staticmethod
    def count(server):
        # The listing also counts "." and "..".
        return min(100_000, MOST_ENTRIES.get(server.kind, 100_002) - 2)

    def run(self, place):
        begin = time.monotonic()
        with os.scandir(self.here(place)) as entries:
            names = [entry.name for entry in entries]
        listed = time.monotonic() - begin
        for name in names:
            os.stat(self.here(place) / name)
        seconds = time.monotonic() - begin
        require(len(names) == self.count(place.server), f"{len(names)} entries")
        return Measured(seconds, details={"listed": listed})

    def floor(self, peer, place):
        seconds, output = timed(place.link.at_client(peer.get(place.server, self.name + "/")))
        require(output.count(b"entry-") == self.count(place.server), "curl lists another number of entries")
        return Measured(seconds)


class Idle(Workload):
    name = "idle"
    title = "idle for 30 s: CPU and memory"
    unit = "s"

    def run(self, place):
        time.sleep(30)
        return Measured(30)
