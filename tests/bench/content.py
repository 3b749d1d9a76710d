"""Files with known content, and comparisons of folders."""

import os
import random
from pathlib import Path

NEEDLE = b"a needle in a haystack\n"


class WrongContent(Exception):
    pass


def require(condition, what):
    if not condition:
        raise WrongContent(what)


def small_files(folder, count, least, most, seed, needle_in_each=0):
    """`count` files of `least` to `most` bytes; each `needle_in_each`-th holds NEEDLE."""
    folder.mkdir(parents=True)
    source = random.Random(seed)
    for i in range(count):
        data = source.randbytes(source.randint(least, most))
        if needle_in_each and i % needle_in_each == 0:
            data = NEEDLE + data[len(NEEDLE):]
        (folder / f"file{i:05}").write_bytes(data)


def large_file(file, mebibytes, seed):
    source = random.Random(seed)
    block = source.randbytes(1 << 20)
    with open(file, "wb") as out:
        for i in range(mebibytes):
            out.write(i.to_bytes(8, "big") + block[8:])


def own_all(folder, uid):
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            os.lchown(os.path.join(parent, name), uid, uid)
    os.chown(folder, uid, uid)


def tree(folder):
    """{relative path: content or None for a folder}"""
    found = {}
    for parent, folders, files in os.walk(folder):
        base = Path(parent).relative_to(folder)
        found.update({str(base / name): None for name in folders})
        found.update({str(base / name): (Path(parent) / name).read_bytes() for name in files})
    return found


def require_same(one, other):
    left, right = tree(one), tree(other)
    different = sorted(name for name in left.keys() | right.keys() if left.get(name, 0) != right.get(name, 0))
    require(not different, f"{one} and {other} differ in {len(different)} names: {different[:3]}")


def require_same_file(one, other):
    with open(one, "rb") as left, open(other, "rb") as right:
        while True:
            a, b = left.read(1 << 20), right.read(1 << 20)
            require(a == b, f"{one} and {other} differ")
            if not a:
                return
