"""What is measured: programs that mount a server, and programs without a mount, which are the floor."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import processes
import servers

MOUNT_LIMIT = 30


class MountFailed(Exception):
    pass


class Mounted:
    """A fresh mount that has shown its root once. `seconds` is how long that took."""

    def __init__(self, command, folder):
        self.path = folder / "mnt"
        self.log = folder / "log"
        self.path.mkdir(parents=True)
        begin = time.monotonic()
        self._process = processes.start(command, self.log)
        try:
            self._wait_until_mounted(begin)
            os.listdir(self.path)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise MountFailed(f"{error}: {self.log.read_text(errors='replace')[-500:]}") from error
            raise
        self.seconds = time.monotonic() - begin

    def _wait_until_mounted(self, begin):
        while f" {self.path} " not in Path("/proc/self/mountinfo").read_text(encoding="utf-8"):
            if self._process.poll() is not None or time.monotonic() > begin + MOUNT_LIMIT:
                raise MountFailed(self.log.read_text(errors="replace")[-500:])
            time.sleep(0.001)

    def usage(self):
        return processes.usage(self._process.pid)

    def close(self):
        subprocess.run(["umount", self.path], stderr=subprocess.DEVNULL, check=False)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            subprocess.run(["umount", "-l", self.path], stderr=subprocess.DEVNULL, check=False)
            processes.stop(self._process)
        subprocess.run(["umount", "-l", self.path], stderr=subprocess.DEVNULL, check=False)


class Peer:
    """A program that mounts. `modes` says what its options are for a kind of workload: "plain"; "apps", which open
    files for reading and writing at once; "writeback", where a close need not wait for the server."""

    name = ""
    program = ""
    wants = "ftps"  # the kind of server

    def __init__(self, program=None):
        self.program = program or self.program

    def version(self):
        """Nothing when the program is missing."""
        if not shutil.which(self.program):
            return None
        said = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=False)
        # sshfs also says the version of fusermount3.
        found = re.search(self.name + r"[^\d\n]*(\d[\w.]*)", said.stdout + said.stderr, re.IGNORECASE)
        return found[1] if found else "unknown version"

    def fetched(self, mounted):  # pylint: disable=unused-argument
        """Bytes of files' contents that it has fetched, and how many of them for nothing, if it tells."""
        return {}

    def command(self, server, mode, folder):
        """The command line that mounts at folder/mnt and stays in the foreground."""
        raise NotImplementedError

    def mount(self, link, server, mode, folder):
        folder.mkdir(parents=True)
        return Mounted(link.at_client(self.command(server, mode, folder)), folder)


class Ftpsfs(Peer):
    name = "ftpsfs"
    program = "ftpsfs"

    def __init__(self, program, options=""):
        super().__init__(program)
        self.options = options

    def fetched(self, mounted):
        ftpsctl = Path(self.program).with_name("ftpsctl")
        told = subprocess.run([ftpsctl, "status", "--json", mounted.path], capture_output=True, text=True, check=True)
        fetched = json.loads(told.stdout)["fetched"]
        return {"bytes_fetched": fetched["bytes"], "bytes_unused": fetched["unused"]}

    def command(self, server, mode, folder):
        credentials = folder / "credentials"
        credentials.write_text(f"username={servers.USER}\npassword={servers.PASSWORD}\n", encoding="ascii")
        credentials.chmod(0o600)
        (folder / "spool").mkdir()
        options = [f"credentials={credentials}", f"tls_pin=sha256:{server.fingerprint()}",
                   f"spool_dir={folder}/spool", f"journal_dir={folder}/journal"]
        if mode == "writeback":
            options.append("writeback=0")
        options += filter(None, [self.options])
        source = f"ftpes://{servers.USER}@{server.address}:{server.port}/"
        return [self.program, "-f", source, str(folder / "mnt"), "-o", ",".join(options)]


class Rclone(Peer):
    name = "rclone"
    program = "rclone"
    # Without its cache rclone uploads at close and cannot open for reading and writing; with it, later and can.
    CACHE = {"plain": ["off"], "apps": ["writes"], "writeback": ["writes", "--vfs-write-back", "0s"]}
    # Its data channels would fail there ("tls: illegal parameter", 1.60).
    WITHOUT_TLS13 = {"vsftpd": ["--ftp-disable-tls13"]}

    def command(self, server, mode, folder):
        secret = subprocess.run([self.program, "obscure", servers.PASSWORD], check=True, capture_output=True, text=True)
        return [self.program, "mount", "--config", "/dev/null", "--cache-dir", str(folder / "cache"), "--ftp-host",
                server.address, "--ftp-port", str(server.port), "--ftp-user", servers.USER, "--ftp-pass",
                secret.stdout.strip(), "--ftp-explicit-tls", "--ftp-no-check-certificate",
                *self.WITHOUT_TLS13.get(server.kind, []), "--vfs-cache-mode", *self.CACHE[mode], ":ftp:", str(folder / "mnt")]


class Sshfs(Peer):
    name = "sshfs"
    program = "sshfs"
    wants = "ssh"

    def command(self, server, mode, folder):
        source = f"{servers.USER}@{server.address}:{servers.PATH_INSIDE}"
        return [self.program, "-f", "-F", "/dev/null", "-p", str(server.port), "-o",
                f"IdentityFile={server.state}/client-key,StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null",
                source, str(folder / "mnt")]


class Bindfs(Peer):
    """A FUSE mount of the local folder: what the kernel and FUSE alone cost."""

    name = "bindfs"
    program = "bindfs"

    def command(self, server, mode, folder):
        return [self.program, "-f", "-o", "kernel_cache,entry_timeout=60,attr_timeout=60,negative_timeout=60",
                str(server.root), str(folder / "mnt")]


class Floor(Peer):
    """A program without a mount. It answers to the workloads that name it."""


class Lftp(Floor):
    name = "lftp"
    program = "lftp"

    def shell(self, server, script):
        return [self.program, "-c", "set ftp:ssl-force true; set ftp:ssl-protect-data true; "
                "set ssl:verify-certificate no; set cmd:fail-exit true; "
                # As fast as it can: many commands at once, and no time of every single file.
                "set ftp:sync-mode off; set ftp:use-mdtm off; "
                f"open -u {servers.USER},{servers.PASSWORD} ftp://{server.address}:{server.port}/; {script}"]


class Curl(Floor):
    name = "curl"
    program = "curl"

    def get(self, server, path, *options):
        return [self.program, "-sS", "-k", "--ssl-reqd", "-u", f"{servers.USER}:{servers.PASSWORD}", *options,
                f"ftp://{server.address}:{server.port}/{path}"]


NAMES = {peer.name: peer for peer in (Ftpsfs, Rclone, Sshfs, Bindfs, Lftp, Curl)}
