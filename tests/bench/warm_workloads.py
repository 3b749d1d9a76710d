"""The same again, when everything is known: the kernel should answer alone."""

from content import require, small_files
from workload import Budget, Measured, Workload, timed


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
