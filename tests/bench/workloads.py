"""What is done on a mount. Each checks that what came out is right, outside of the time that it takes."""

import os
import random
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from content import (NEEDLE, large_file, own_all, require, require_same, require_same_file, small_files)
from servers import MOST_ENTRIES, UID

PAUSE = 0.2  # between actions that are measured one by one, so that each finds the mount at rest


@dataclass
class Budget:
    """`value` of the unit, or times what `peer` needs."""

    limit: float
    peer: str = ""

    def __str__(self):
        return f"{self.limit:g} × {self.peer}" if self.peer else f"{self.limit:g}"


@dataclass
class Measured:
    seconds: float
    operations: int = 1
    details: dict = field(default_factory=dict)


@dataclass
class Place:
    """Where a workload runs: the server's folder as it is on the server's disk, the mount, a local folder of its own,
    and a number that no other run has."""

    root: Path
    mount: Path
    scratch: Path
    run: int
    link: object
    server: object


class Workload:
    name = ""
    title = ""
    unit = "R"  # "R", "R/file", "R/folder", "1/R" (reads in each round trip), "link" (share of what TCP gets through it), "s"
    budget = None
    mode = "plain"
    peers = ("ftpsfs", "rclone", "sshfs")
    limit = 180  # seconds

    def prepare(self, folder, server):
        """Makes content in `folder`, the workload's own one on the server's disk. Once for each server."""

    def run(self, place):
        """On place.mount. The workload's folder is place.mount / self.name. Returns Measured."""
        raise NotImplementedError

    def floor(self, peer, place):
        """The same without a mount, by a peer that has none. Only what `peers` names."""
        raise NotImplementedError

    def here(self, place):
        return place.mount / self.name

    def there(self, place):
        return place.root / self.name


def timed(command, **options):
    begin = time.monotonic()
    result = subprocess.run(command, check=True, capture_output=True, **options)
    return time.monotonic() - begin, result.stdout


def median_of(actions):
    """Does them one by one, each on a mount at rest."""
    seconds = []
    for action in actions:
        time.sleep(PAUSE)
        begin = time.monotonic()
        action()
        seconds.append(time.monotonic() - begin)
    return Measured(statistics.median(seconds), details={"all": seconds})


class Mounting(Workload):
    name = "mount"
    title = "mount until ls of the root works"
    budget = Budget(8)

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
    peers = (*Workload.peers, "lftp")

    def run(self, place):
        source = self.source(place)
        seconds, _ = timed(["cp", "-r", source, place.mount / self.target(place)])
        require_same(place.root / self.target(place), source)
        return Measured(seconds, self.count)

    def floor(self, peer, place):
        source = self.source(place)
        script = f"mirror -R --parallel=4 {source} {self.target(place)}"
        seconds, _ = timed(place.link.at_client(peer.shell(place.server, script)))
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


class RandomReads(Workload):
    unit = "1/R"
    jobs = 1
    seconds = 5
    mebibytes = 64

    def prepare(self, folder, server):
        folder.mkdir()
        large_file(folder / "file", self.mebibytes, 7)

    def run(self, place):
        reads, wrong = [0] * self.jobs, []
        end = time.monotonic() + self.seconds
        threads = [threading.Thread(target=self.job, args=(place, job, end, reads, wrong)) for job in range(self.jobs)]
        begin = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begin
        require(not wrong, f"{len(wrong)} blocks of {sum(reads)} are wrong or failed: {wrong[:1]}")
        return Measured(seconds, sum(reads), {"per_second": sum(reads) / seconds})

    def job(self, place, job, end, reads, wrong):
        places = random.Random(job)
        with open(self.here(place) / "file", "rb", buffering=0) as ours, \
                open(self.there(place) / "file", "rb", buffering=0) as theirs:
            while time.monotonic() < end:
                offset = places.randrange(self.mebibytes << 8) << 12
                try:
                    same = os.pread(ours.fileno(), 4096, offset) == os.pread(theirs.fileno(), 4096, offset)
                except OSError as error:
                    same = wrong.append(str(error))
                if same is False:
                    wrong.append(offset)
                reads[job] += 1


class RandomReadsOne(RandomReads):
    name = "random-1"
    title = "random 4 KiB reads of 64 MiB, 1 job"
    budget = Budget(1.2)


class RandomReadsEight(RandomReads):
    name = "random-8"
    title = "random 4 KiB reads of 64 MiB, 8 jobs"
    budget = Budget(4.8)
    jobs = 8


def git(*arguments, cwd=None):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "b", "GIT_AUTHOR_EMAIL": "b@b",
                   "GIT_COMMITTER_NAME": "b", "GIT_COMMITTER_EMAIL": "b@b"}
    return timed(["git", "-c", "safe.directory=*", *arguments], cwd=cwd, env=environment)


class Applications(Workload):
    unit = "s"
    budget = Budget(1, "sshfs")
    mode = "apps"

    def prepare(self, folder, server):
        folder.mkdir()


class Git(Applications):
    name = "git"
    title = "git clone of 60 files, then git status"

    def run(self, place):
        repository, clone = place.scratch / "repository", self.here(place) / f"run{place.run}"
        small_files(repository, 60, 100, 8000, 8)
        git("init", "-q", cwd=repository)
        git("add", ".", cwd=repository)
        git("commit", "-q", "-m", "all", cwd=repository)
        cloned, _ = git("clone", "-q", f"file://{repository}", str(clone))
        asked, output = git("status", "--porcelain", cwd=clone)
        require(output == b"", f"git status shows changes: {output[:200]}")
        for name in (f"file{i:05}" for i in range(60)):
            require_same_file(repository / name, clone / name)
        return Measured(cloned + asked, details={"clone": cloned, "status": asked})


class Sqlite(Applications):
    name = "sqlite"
    title = "sqlite3: a table with 100 rows, then count them"

    def run(self, place):
        file = self.here(place) / f"run{place.run}.db"
        rows = ",".join(f"({i},'row {i}')" for i in range(100))
        written, _ = timed(["sqlite3", file, f"create table t(a int, b text); insert into t values {rows};"])
        read, output = timed(["sqlite3", file, "select count(*), sum(a) from t;"])
        require(output.strip() == b"100|4950", f"sqlite3 says {output}")
        return Measured(written + read)


class Sed(Applications):
    name = "sed"
    title = "sed -i on a file of 16 KiB"

    def run(self, place):
        name = f"run{place.run}"
        lines = "".join(f"line {i} of the file\n" for i in range(800))
        (self.there(place) / name).write_text(lines, encoding="ascii")
        os.chown(self.there(place) / name, UID, UID)
        seconds, _ = timed(["sed", "-i", "s/line/word/", self.here(place) / name])
        shown = (self.here(place) / name).read_text(encoding="ascii")
        require(shown == lines.replace("line", "word"), "the file is not as sed leaves it")
        return Measured(seconds)


class Sequential(Workload):
    unit = "link"
    budget = Budget(0.95)
    peers = (*Workload.peers, "curl")
    mebibytes = 256

    def megabits(self, seconds):
        return self.mebibytes * (8 << 20) / 1e6 / seconds


class SequentialRead(Sequential):
    name = "seq-read"
    title = "256 MiB, sequential read"

    def prepare(self, folder, server):
        folder.mkdir()
        large_file(folder / "file", self.mebibytes, 9)

    def run(self, place):
        copy = place.scratch / "copy"
        seconds, _ = timed(["dd", f"if={self.here(place)}/file", f"of={copy}", "bs=1M", "status=none"])
        require_same_file(copy, self.there(place) / "file")
        return Measured(seconds, details={"megabits": self.megabits(seconds)})

    def floor(self, peer, place):
        copy = place.scratch / "copy"
        seconds, _ = timed(place.link.at_client(peer.get(place.server, f"{self.name}/file", "-o", str(copy))))
        require_same_file(copy, self.there(place) / "file")
        return Measured(seconds, details={"megabits": self.megabits(seconds)})


class SequentialWrite(Sequential):
    name = "seq-write"
    title = "256 MiB, sequential durable write"

    def prepare(self, folder, server):
        folder.mkdir()

    def source(self, place):
        large_file(place.scratch / "source", self.mebibytes, 10)
        return place.scratch / "source"

    def run(self, place):
        source, name = self.source(place), f"run{place.run}"
        seconds, _ = timed(["dd", f"if={source}", f"of={self.here(place)}/{name}", "bs=1M", "conv=fsync",
                            "status=none"])
        return self.checked(seconds, source, self.there(place) / name)

    def floor(self, peer, place):
        source, name = self.source(place), f"run{place.run}"
        command = peer.get(place.server, f"{self.name}/{name}", "-T", str(source))
        seconds, _ = timed(place.link.at_client(command))
        return self.checked(seconds, source, self.there(place) / name)

    def checked(self, seconds, source, stored):
        require_same_file(source, stored)
        stored.unlink()
        return Measured(seconds, details={"megabits": self.megabits(seconds)})


class Warm(Workload):
    unit = "s"
    budget = Budget(1.5, "bindfs")
    peers = (*Workload.peers, "bindfs")
    folders, files = 50, 20
    command = []

    def prepare(self, folder, server):
        for i in range(self.folders):
            small_files(folder / f"folder{i:03}", self.files, 100, 1000, i)

    def run(self, place):
        commands = self.commands(place)
        _, first = timed(commands)
        seconds, second = timed(commands)
        require(first == second and len(first) > self.folders * self.files, "the second time shows something else")
        return Measured(seconds)

    def commands(self, place):
        return [*self.command, str(self.here(place))]


class WarmFind(Warm):
    name = "warm-find"
    title = "find again, 50 folders × 20 files"
    command = ["find"]


class WarmListing(Warm):
    name = "warm-ls-lR"
    title = "ls -lR again, 50 folders × 20 files"
    command = ["ls", "-lR"]


class WarmRead(Warm):
    name = "warm-read"
    title = "read 100 files again"
    folders, files = 5, 20

    def commands(self, place):
        return ["sh", "-c", 'cat "$1"/*/*', "sh", str(self.here(place))]


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


ALL = {workload.name: workload for workload in (
    Mounting(), LongListing(), StatOne(), Find(), RecursiveListing(), OpenHead(), Heads(), CopyOutByCp(), CopyOutByTar(),
    CopyOutByGrep(), CopyInByCp(), CopyInByTar(), CopyInWriteback(), RandomReadsOne(), RandomReadsEight(), Git(),
    Sqlite(), Sed(), SequentialRead(), SequentialWrite(), WarmFind(), WarmListing(), WarmRead(), HugeFolder(), Idle())}


def prepare(workload, root, server):
    folder = root / workload.name
    workload.prepare(folder, server)
    if not folder.exists():
        folder.mkdir()
    own_all(folder, UID)
