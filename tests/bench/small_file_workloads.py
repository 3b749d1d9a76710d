"""Many small files, out and in."""

import os
import random
import subprocess
import time

from content import NEEDLE, require, require_same, small_files
from workload import Budget, Measured, Workload, median_of, timed


class OpenHead(Workload):
    name = "open-4k"
    title = "open and read 4 KiB of a fresh file (median)"
    budget = Budget(2.3)
    count = 21

    def prepare(self, folder, server):
        small_files(folder, self.count, 256 << 10, 256 << 10, 2)

    def run(self, place):
        names = sorted(os.listdir(self.here(place)))
        random.Random(3).shuffle(names)
        heads = {}

        def read(name):
            with open(self.here(place) / name, "rb", buffering=0) as file:
                heads[name] = file.read(4096)

        measured = median_of([lambda n=name: read(n) for name in names])
        for name in names:
            require(heads[name] == (self.there(place) / name).read_bytes()[:4096], f"{name} begins wrong")
        return measured


class Heads(Workload):
    name = "heads"
    title = "head of 100 files of 256 KiB, without a pause"
    unit = "R/file"
    count = 100

    def prepare(self, folder, server):
        small_files(folder, self.count, 256 << 10, 256 << 10, 4)

    def run(self, place):
        names = sorted(os.listdir(self.here(place)))
        seconds, output = timed(["head", "-q", "-c", "4096", *names], cwd=self.here(place))
        expected = b"".join((self.there(place) / name).read_bytes()[:4096] for name in names)
        require(output == expected, "a head is wrong")
        return Measured(seconds, self.count)


class CopyOut(Workload):
    unit = "R/file"
    budget = Budget(0.7)
    count = 300

    def prepare(self, folder, server):
        small_files(folder, self.count, 1 << 10, 32 << 10, 5, needle_in_each=10)


class CopyOutByCp(CopyOut):
    name = "out-cp"
    title = "cp -r out, 300 files of 1–32 KiB"
    peers = (*Workload.peers, "lftp")

    def run(self, place):
        seconds, _ = timed(["cp", "-r", self.here(place), place.scratch / "out"])
        require_same(place.scratch / "out", self.there(place))
        return Measured(seconds, self.count)

    def floor(self, peer, place):
        script = f"mirror --parallel=4 {self.name} {place.scratch}/out"
        seconds, _ = timed(place.link.at_client(peer.shell(place.server, script)))
        require_same(place.scratch / "out", self.there(place))
        return Measured(seconds, self.count)


class CopyOutByTar(CopyOut):
    name = "out-tar"
    title = "tar c, 300 files of 1–32 KiB"

    def run(self, place):
        archive = place.scratch / "out.tar"
        seconds, _ = timed(["tar", "cf", archive, "-C", place.mount, self.name])
        subprocess.run(["tar", "xf", archive, "-C", place.scratch], check=True)
        require_same(place.scratch / self.name, self.there(place))
        return Measured(seconds, self.count)


class CopyOutByGrep(CopyOut):
    name = "out-grep"
    title = "grep -r, 300 files of 1–32 KiB"

    def run(self, place):
        seconds, output = timed(["grep", "-rl", NEEDLE.decode().strip(), self.here(place)])
        require(len(output.splitlines()) == self.count // 10, "grep finds other files")
        return Measured(seconds, self.count)


class CopyIn(Workload):
    unit = "R/file"
    budget = Budget(2.6)
    count = 300

    def prepare(self, folder, server):
        folder.mkdir()

    def source(self, place):
        source = place.scratch / "source"
        small_files(source, self.count, 1 << 10, 32 << 10, 6)
        return source

    def target(self, place):
        return f"{self.name}/run{place.run}"


class CopyInByCp(CopyIn):
    name = "in-cp"
    title = "cp -r in, the same, durable at close"

    def run(self, place):
        source = self.source(place)
        seconds, _ = timed(["cp", "-r", source, place.mount / self.target(place)])
        require_same(place.root / self.target(place), source)
        return Measured(seconds, self.count)


class CopyInByTar(CopyIn):
    name = "in-tar"
    title = "tar x in, the same, durable at close"

    def run(self, place):
        source = self.source(place)
        subprocess.run(["tar", "cf", place.scratch / "in.tar", "-C", source, "."], check=True)
        target = place.mount / self.target(place)
        target.mkdir()
        seconds, _ = timed(["tar", "xf", place.scratch / "in.tar", "-C", target])
        require_same(place.root / self.target(place), source)
        return Measured(seconds, self.count)


class CopyInWriteback(CopyIn):
    name = "in-writeback"
    title = "cp -r in with write-back, until all is on the server"
    budget = Budget(0.7)
    mode = "writeback"

    def run(self, place):
        source = self.source(place)
        sizes = {entry.name: entry.stat().st_size for entry in os.scandir(source)}
        begin = time.monotonic()
        subprocess.run(["cp", "-r", source, place.mount / self.target(place)], check=True, capture_output=True)
        returned = time.monotonic() - begin
        while self.sizes_at(place.root / self.target(place)) != sizes:
            time.sleep(0.01)
        seconds = time.monotonic() - begin
        require_same(place.root / self.target(place), source)
        return Measured(seconds, self.count, {"returned": returned})

    @staticmethod
    def sizes_at(folder):
        sizes = {}
        try:
            for entry in os.scandir(folder):
                sizes[entry.name] = entry.stat().st_size
        except FileNotFoundError:
            pass  # renamed while it was looked at
        return sizes
