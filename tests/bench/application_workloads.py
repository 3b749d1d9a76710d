"""Programs that do more than to copy."""

import os

from content import require, require_same_file, small_files
from servers import UID
from workload import Budget, Measured, Workload, timed


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
