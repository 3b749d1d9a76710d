"""The emulated link between the peers and the servers."""

import json
import subprocess

MTU = 1500
TCP_PAYLOAD = MTU - 20 - 32  # headers of IP, and of TCP with its time stamps


class Link:
    """Two network namespaces with a slow link between them, for as long as the object is open."""

    def __init__(self, emulator, rtt_ms, rate_mbit):
        self.rtt = rtt_ms / 1000
        self.rate = rate_mbit * 1e6
        self.payload_rate = self.rate * TCP_PAYLOAD / MTU
        self._process = subprocess.Popen([emulator, "--rtt", str(rtt_ms), "--rate", str(rate_mbit),
                                          "--mtu", str(MTU)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the link emulator does not start")
        self._where = json.loads(line)
        self.server_address = self._where["server_address"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(10)

    def at_client(self, command):
        return ["nsenter", "--net=" + self._where["client_namespace"], "--", *command]

    def at_server(self, command):
        return ["nsenter", "--net=" + self._where["server_namespace"], "--", *command]

    def traffic(self):
        self._process.stdin.write("report\n")
        self._process.stdin.flush()
        report = json.loads(self._process.stdout.readline())
        to_server, to_client = report["to_server"], report["to_client"]
        return {
            "connections": to_server["connections"],
            "flights": to_server["flights"],
            "bytes_to_server": to_server["tcp_payload_bytes"],
            "bytes_to_client": to_client["tcp_payload_bytes"],
            "dropped": to_server["dropped_queue"] + to_client["dropped_queue"],
        }
