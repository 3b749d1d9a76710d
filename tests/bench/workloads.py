"""All workloads, by name."""

from application_workloads import Git, Sed, Sqlite
from content import own_all
from large_file_workloads import RandomReadsEight, RandomReadsOne, SequentialRead, SequentialWrite
from metadata_workloads import Find, HugeFolder, Idle, LongListing, Mounting, RecursiveListing, StatOne
from servers import UID
from small_file_workloads import (CopyInByCp, CopyInByTar, CopyInWriteback, CopyOutByCp, CopyOutByGrep, CopyOutByTar,
                                  Heads, OpenHead)
from warm_workloads import WarmFind, WarmListing, WarmRead

ALL = {workload.name: workload for workload in (
    Mounting(), LongListing(), StatOne(), Find(), RecursiveListing(), OpenHead(), Heads(), CopyOutByCp(),
    CopyOutByTar(), CopyOutByGrep(), CopyInByCp(), CopyInByTar(), CopyInWriteback(), RandomReadsOne(),
    RandomReadsEight(), Git(), Sqlite(), Sed(), SequentialRead(), SequentialWrite(), WarmFind(), WarmListing(),
    WarmRead(), HugeFolder(), Idle())}


def prepare(workload, root, server):
    """Makes the workload's content on the server's disk."""
    folder = root / workload.name
    workload.prepare(folder, server)
    if not folder.exists():
        folder.mkdir()
    own_all(folder, UID)
