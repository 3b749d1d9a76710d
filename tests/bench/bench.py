"""Measures ftpsfs and its peers over an emulated link. Started by scripts/bench; see docs/benchmarks.md."""

import argparse
import contextlib
import datetime
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import report
import workloads
from link import Link
from peers import NAMES, Ftpsfs
from runner import Runner, fresh_folder
from servers import FTPS_KINDS, Server

SOURCE = Path(__file__).resolve().parent.parent.parent


def comma_list(allowed):
    def parse(text):
        names = text.split(",")
        unknown = set(names) - set(allowed)
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))} (known: {', '.join(allowed)})")
        return names

    return parse


def numbers(text):
    return [float(number) for number in text.split(",")]


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--rtt", type=numbers, default=[20.0], help="round-trip times in ms, separated by commas (20)")
    parser.add_argument("--rate", type=float, default=200.0, help="Mbit/s in each direction, 0: no limit (200)")
    parser.add_argument("--peer", type=comma_list(NAMES), default=list(NAMES), help=", ".join(NAMES))
    parser.add_argument("--server", type=comma_list(FTPS_KINDS), default=["vsftpd"], help=", ".join(FTPS_KINDS))
    parser.add_argument("--workload", type=comma_list(workloads.ALL), default=list(workloads.ALL),
                        help=", ".join(workloads.ALL))
    parser.add_argument("--tls", choices=("1.2", "1.3"), help="the only version that the server takes")
    parser.add_argument("--ftpsfs-options", default="", help="more of what follows -o")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each, the median of which counts (1)")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    parser.add_argument("--build", type=Path, default=SOURCE / "build", help="folder of the build (build)")
    return parser.parse_args()


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        model = next((line.partition(":")[2].strip() for line in info if line.startswith("model name")), "unknown CPU")
    with open("/proc/sys/net/ipv4/tcp_congestion_control", encoding="ascii") as file:
        congestion = file.read().strip()
    commit = subprocess.run(["git", "-C", SOURCE, "describe", "--always", "--dirty"], capture_output=True, text=True,
                            check=False).stdout.strip()
    return {"date": datetime.date.today().isoformat(), "CPU": f"{os.cpu_count()} × {model}",
            "kernel": platform.release(), "congestion control": congestion, "commit": commit}


def chosen_peers(options):
    programs = {"ftpsfs": lambda: Ftpsfs(str(options.build / "src" / "ftpsfs"), options.ftpsfs_options)}
    return [programs.get(name, NAMES[name])() for name in options.peer]


def median(rows):
    good = sorted((row for row in rows if "error" not in row), key=lambda row: row["seconds"])
    return good[len(good) // 2] if good else rows[0]


def run_all(options, peers, folder):
    """Rows as they come."""
    for rtt in options.rtt:
        for kind in options.server:
            place = fresh_folder(folder / f"{kind}-{rtt:g}")
            with contextlib.ExitStack() as stack:
                link = stack.enter_context(Link(emulator(options), rtt, options.rate))
                root = place / "root"
                server = stack.enter_context(Server(link, kind, options.build, place / "state", root, options.tls))
                sshd = None
                if any(peer.wants == "ssh" for peer in peers):
                    sshd = stack.enter_context(Server(link, "sshd", options.build, place / "ssh-state", root))
                runner = Runner(link, server, sshd, place)
                for name in options.workload:
                    for peer in peers:
                        if peer.name in workloads.ALL[name].peers:
                            yield median([runner.run(workloads.ALL[name], peer) for _ in range(options.repeat)])


def emulator(options):
    return str(options.build / "tests" / "support" / "link_emulator" / "link_emulator")


def save(results, file):
    report.with_verdicts(results["rows"])
    if file:
        file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    peers = chosen_peers(options)
    results = {"machine": machine(), "peers": {peer.name: peer.version() for peer in peers}, "rows": []}
    here = [peer for peer in peers if results["peers"][peer.name]]
    with tempfile.TemporaryDirectory(prefix="ftpsfs-bench-") as folder:
        os.chmod(folder, 0o755)
        try:
            for row in run_all(options, here, Path(folder)):
                results["rows"].append(row)
                print(f"{row['server']} {row['rtt_ms']:g} ms  {row['workload']:12} {row['peer']:8} "
                      f"{row.get('error') or report.cell(row)}", file=sys.stderr, flush=True)
                save(results, options.json)
        except KeyboardInterrupt:
            print("interrupted; this is what there is", file=sys.stderr)
    save(results, options.json)
    print(report.text(results))


if __name__ == "__main__":
    main()
