// Programs that write in ways of their own, with default options, and their own checks of what they wrote.

#include "mount/matrix.h"
#include "mount/tree.h"

namespace ftpsfs::mount_test {
namespace {

constexpr Milliseconds kLong = std::chrono::minutes(10);

class Applications : public OnServer {
 protected:
  // $1 is a mount, $2 a local folder, $3 the server's folder.
  void check(const std::string& script) {
    MountedFs mount(endpoint());
    const auto result = run_script(script, {mount.path(), scratch(), root()}, kLong);
    EXPECT_TRUE(result.ok()) << result << mount.log();
    EXPECT_EQ(mount.unmount(), 0) << mount.log();
  }
};

INSTANTIATE_TEST_SUITE_P(Real, Applications, ::testing::Values(ServerChoice{true, "vsftpd", "1.3"}),
                         choice_name);
INSTANTIATE_TEST_SUITE_P(Own, Applications, ::testing::Values(ServerChoice{false, "permissive", ""}),
                         choice_name);

// Each transaction commits, and its commit is an upload.
std::string sqlite_script(const std::string& journal, int transactions) {
  return "journal=" + journal + " transactions=" + std::to_string(transactions) + R"sh(
    {
      echo "PRAGMA journal_mode=$journal; CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT);"
      for i in $(seq "$transactions"); do
        echo "BEGIN; INSERT INTO t (text) VALUES ('line $i'); UPDATE t SET text = text || '!' WHERE id = $i / 2; COMMIT;"
      done
    } >"$2/sql"
    sqlite3 -bail "$1/database" <"$2/sql" >"$2/out"
    test "$(head -n 1 "$2/out")" = "${journal,,}"
    test "$(sqlite3 "$1/database" 'PRAGMA integrity_check')" = ok
    cp "$3/database" "$2/copy"
    test "$(sqlite3 "$2/copy" 'PRAGMA integrity_check; SELECT count(*) FROM t')" = $'ok\n'"$transactions"
  )sh";
}

int many() { return Applications::GetParam().real ? 100 : 1000; }

TEST_P(Applications, SqliteCommitsWithADeletedJournal) { check(sqlite_script("DELETE", many())); }
TEST_P(Applications, SqliteCommitsWithATruncatedJournal) { check(sqlite_script("TRUNCATE", many())); }

// Its index is a mapped file with locks, shared by the processes of one machine.
TEST_P(Applications, SqliteCommitsWithAWriteAheadLog) { check(sqlite_script("WAL", 100)); }

TEST_P(Applications, GitCollectsGarbageAndClones) {
  check(R"sh(
    export HOME=$2 GIT_CONFIG_NOSYSTEM=1
    mkdir "$2/origin" && cd "$2/origin" && git init -q
    git config user.name Tester && git config user.email tester@example.org
    for i in 1 2 3; do echo "line $i" >"file $i"; git add . && git commit -q -m "commit $i"; done
    git clone -q "$2/origin" "$1/clone"
    cd "$1/clone"
    git config user.name Tester && git config user.email tester@example.org
    echo more >>"file 2" && git commit -q -a -m changed
    git mv "file 1" renamed && git commit -q -m renamed
    git gc -q
    git fsck --full --strict 2>&1
    test -z "$(git status --porcelain)"
    git push -q origin HEAD:elsewhere
    git -C "$3/clone" -c safe.directory='*' fsck --full 2>&1
    test "$(git -C "$2/origin" log --format=%s elsewhere | wc -l)" = 5
  )sh");
}

TEST_P(Applications, RsyncUpdatesInPlaceAndAppends) {
  check(R"sh(
    mkdir "$2/tree"
    head -c 400000 /dev/urandom >"$2/tree/big"
    head -c 5000 /dev/urandom >"$2/tree/small"
    touch -d '2020-01-01 00:00:01' "$2/tree/"*
    rsync -a "$2/tree/" "$1/tree/"
    printf changed | dd of="$2/tree/big" bs=1 seek=200000 conv=notrunc status=none
    rsync -a --inplace --no-whole-file "$2/tree/" "$1/tree/"
    cmp "$2/tree/big" "$3/tree/big"
    head -c 30000 /dev/urandom >>"$2/tree/big"
    rsync -a --append-verify "$2/tree/" "$1/tree/"
    printf shrunk >"$2/tree/small"
    rsync -a "$2/tree/" "$1/tree/"
    diff -r "$2/tree" "$3/tree"
    test -z "$(rsync -a --itemize-changes "$2/tree/" "$1/tree/" | grep -v '^\.d')"
  )sh");
}

TEST_P(Applications, EditorsKeepBackupsAndReplace) {
  check(R"sh(
    printf 'one\ntwo\n' >"$1/text"
    vim -es -u NONE -i NONE -c 'set backup writebackup backupdir=.' -c '%s/two/zwei/' -c wq "$1/text" </dev/null
    test "$(cat "$3/text")" = $'one\nzwei'
    vim -es -u NONE -i NONE -c 'set backupcopy=no' -c '%s/one/eins/' -c wq "$1/text" </dev/null
    test "$(cat "$3/text")" = $'eins\nzwei'
    # As LibreOffice saves: a lock file, a temporary one beside the document, fsync, and a rename over it.
    printf lock >"$1/.~lock.text#"
    printf 'drei\n' | dd of="$1/lu1234.tmp" conv=fsync status=none
    mv "$1/lu1234.tmp" "$1/text"
    rm "$1/.~lock.text#"
    test "$(cat "$3/text")" = drei
    test ! -e "$3/lu1234.tmp" -a ! -e "$3/.~lock.text#"
  )sh");
}

// nano has no batch mode: something has to be its terminal, and to look at its screen.
TEST_P(Applications, NanoSaves) {
  check(R"sh(
    printf 'two\n' >"$1/text"
    cat >"$2/terminal.py" <<'END'
import os, pty, sys
process, terminal = pty.fork()
if process == 0:
    os.environ["TERM"] = "linux"
    os.execvp("nano", ["nano", "--ignorercfiles", sys.argv[1]])
def expect(text):
    screen = b""
    while text not in screen:
        screen += os.read(terminal, 4096)
expect(b"two")
os.write(terminal, b"one \x0f")  # ^O, which asks for the name
expect(b"Write")
os.write(terminal, b"\r")
expect(b"Wrote")
os.write(terminal, b"\x18")  # ^X
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
END
    timeout 60 python3 "$2/terminal.py" "$1/text"
    test "$(cat "$3/text")" = 'one two'
  )sh");
}

TEST_P(Applications, DdWritesInTheMiddle) {
  check(R"sh(
    head -c 300000 /dev/urandom >"$2/local"
    cp "$2/local" "$1/remote"
    for file in "$2/local" "$1/remote"; do
      head -c 10000 /dev/zero | tr '\0' x | dd of="$file" bs=4096 seek=7 conv=notrunc status=none
      printf end | dd of="$file" oflag=append conv=notrunc,fsync status=none
      printf far | dd of="$file" bs=1 seek=500000 conv=notrunc status=none
    done
    cmp "$2/local" "$3/remote"
  )sh");
}

TEST_P(Applications, ArchiversUpdateTheirArchives) {
  check(R"sh(
    mkdir "$2/in" && cd "$2/in"
    head -c 100000 /dev/urandom >first
    tar cf "$1/archive.tar" first && zip -q "$1/archive.zip" first
    echo second >second && echo changed >first && touch -d tomorrow first second
    tar uf "$1/archive.tar" first second && zip -q -u "$1/archive.zip" first second
    zip -q -d "$1/archive.zip" second
    zip -q -T "$3/archive.zip"
    test "$(tar tf "$3/archive.tar" | tr '\n' ' ')" = 'first first second '
    mkdir "$2/out" && tar xf "$3/archive.tar" -C "$2/out" && diff -r "$2/in" "$2/out"
  )sh");
}

// The load of an office's file server, with every operation's success checked.
TEST_P(Applications, DbenchFinishesItsLoad) {
  check(R"sh(
    dbench --directory="$1" --loadfile=/usr/share/dbench/client.txt --timelimit=5 2 >"$2/log" 2>&1 ||
      { cat "$2/log"; exit 1; }
    grep -q '^Throughput' "$2/log"
    ! grep -i -E 'error|failed|mismatch' "$2/log"
  )sh");
}

TEST_P(Applications, FioFindsWhatItWrote) {
  check(R"sh(
    cd "$2"
    for pattern in write randwrite randrw; do
      fio --name="$pattern" --directory="$1" --rw="$pattern" --bs=4k --size=512k --numjobs=2 --ioengine=psync \
        --verify=crc32c --do_verify=1 --verify_fatal=1 --fsync_on_close=1 --randseed=7 --output="$2/$pattern.log" ||
        { cat "$2/$pattern.log"; exit 1; }
    done
    fio --name=mapped --directory="$1" --rw=randwrite --bs=4k --size=256k --ioengine=mmap --verify=crc32c \
      --verify_fatal=1 --output="$2/mapped.log" || { cat "$2/mapped.log"; exit 1; }
  )sh");
}

}  // namespace
}  // namespace ftpsfs::mount_test
