"""One large file: from end to end, and here and there."""

import os
import random
import threading
import time

from content import large_file, require, require_same_file
from workload import Budget, Measured, Workload, timed


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
