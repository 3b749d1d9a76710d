"""What a workload is: content, work on a mount, a check of what came out (outside of the time that it takes), and
a budget."""

import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

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
    # "R", "R/file", "R/folder"; "1/R": reads in each round trip; "link": share of what TCP gets through it; "s"
    unit = "R"
    budget = None
    mode = "plain"
    peers = ("ftpsfs", "rclone", "sshfs")
    limit = 180  # seconds
    is_the_mount = False  # measured before `run`, which only checks

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
