"""The real servers, at the far end of the link. They are those of tests/servers."""

import subprocess
from pathlib import Path

import processes

SCRIPTS = Path(__file__).resolve().parent.parent / "servers"
FTPS_KINDS = ("vsftpd", "proftpd", "pureftpd")
PORT = 2100
USER = "ftpt"
PASSWORD = "secret"
UID = 2001
# Where the account finds the folder when it is not locked into it (sshd).
PATH_INSIDE = "/var/local/root"
# Pure-FTPd ends its listings there.
MOST_ENTRIES = {"pureftpd": 10_000}


class Server:
    """One server of `kind` that serves the folder `root`, as long as the object is open. Its package is unpacked below
    the folder `build`, where the tests look for it, too."""

    def __init__(self, link, kind, build, state, root, tls=None):
        self.kind = kind
        self.address = link.server_address
        self.port = PORT if kind != "sshd" else PORT + 200
        self.root = root
        self.state = state
        fetch = "fetch-sshd" if kind == "sshd" else "fetch"
        folder = build / ("sshd" if kind == "sshd" else "servers")
        subprocess.run([SCRIPTS / fetch, folder], check=True)
        arguments = ["--packages", str(folder), "--state", str(state), "--root", str(root), "--port", str(self.port),
                     "--address", self.address, *(["--tls", tls] if tls and kind != "sshd" else [])]
        state.mkdir(parents=True)
        self._process = processes.start(link.at_server([str(SCRIPTS / "run"), kind, *arguments]), state / "run.log")
        greeting = "SSH-2.0" if kind == "sshd" else "220"
        try:
            subprocess.run(link.at_client([str(SCRIPTS / "wait-ready"), "--address", self.address, "--greeting",
                                           greeting, str(self.port), "30"]), check=True)
        except subprocess.CalledProcessError:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        processes.stop(self._process)

    def fingerprint(self):
        text = subprocess.run(["openssl", "x509", "-in", self.state / "cert.pem", "-noout", "-fingerprint", "-sha256"],
                              check=True, capture_output=True, text=True).stdout
        return text.partition("=")[2].strip().replace(":", "")
