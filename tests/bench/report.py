"""Results as a table, and whether they keep the budgets."""

import workloads

MORE_IS_BETTER = ("1/R", "link")
MOUNTED = ("ftpsfs", "rclone", "sshfs", "bindfs")


def key(row):
    return row["server"], row["rtt_ms"], row["rate_mbit"], row["workload"], row["peer"]


def verdict(row, rows):
    """True or False, or nothing where there is no budget or nothing to compare with."""
    budget = workloads.ALL[row["workload"]].budget
    if budget is None or row["peer"] != "ftpsfs":
        return None
    if "error" in row:
        return False
    if budget.peer:
        other = rows.get((*key(row)[:4], budget.peer), {})
        return row["seconds"] <= budget.limit * other["seconds"] if "seconds" in other else None
    if "value" not in row:
        return None
    return row["value"] >= budget.limit if row["unit"] in MORE_IS_BETTER else row["value"] <= budget.limit


def with_verdicts(rows):
    found = {key(row): row for row in rows}
    for row in rows:
        row["budget"] = str(workloads.ALL[row["workload"]].budget or "")
        row["met"] = verdict(row, found)
    return rows


def short(number):
    if number >= 100:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}" if number >= 0.1 else f"{number:.3f}"


def cell(row):
    if row is None:
        return "–"
    if "error" in row:
        return "failed"
    text = short(row["seconds"]) + " s"
    if row["unit"] == "1/R":
        text = short(row["operations"] / row["seconds"]) + " /s"
    if "value" in row:
        text += f" ({short(row['value'])})"
    if row.get("met") is not None:
        text += " ✓" if row["met"] else " ✗"
    return text


def lines_of(header, body):
    widths = [max(len(line[i]) for line in [header, *body]) for i in range(len(header))]
    yield "| " + " | ".join(text.ljust(width) for text, width in zip(header, widths)) + " |"
    yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    for line in body:
        yield "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |"


def budget_cell(workload):
    if workload.budget is None:
        return ""
    sign = "≥" if workload.unit in MORE_IS_BETTER else "≤"
    return f"{sign} {workload.budget}" + ("" if workload.budget.peer else f" {workload.unit}")


def times(rows, peers):
    found = {(row["workload"], row["peer"]): row for row in rows}
    body = []
    for workload in workloads.ALL.values():
        cells = [cell(found.get((workload.name, peer))) for peer in peers]
        if any(text != "–" for text in cells):
            body.append([f"{workload.name}: {workload.title}", budget_cell(workload), *cells])
    return lines_of(["workload", "budget", *peers], body)


def unused(row):
    if not row.get("bytes_fetched"):
        return "–"
    return f"{row['bytes_unused'] / row['bytes_fetched']:.0%} of {row['bytes_fetched'] / 2**20:.2f} MiB"


def costs(rows):
    body = [[row["workload"], row["peer"], str(row["flights"]), str(row["connections"]),
             f"{row['bytes_to_server'] / 2**20:.2f}", f"{row['bytes_to_client'] / 2**20:.2f}", str(row["dropped"]),
             f"{row['cpu_seconds']:.2f}", f"{row['peak_rss_mib']:.0f}", unused(row)]
            for row in rows if "cpu_seconds" in row]
    return lines_of(["workload", "peer", "flights", "connections", "MiB to server", "MiB from server",
                     "packets dropped", "CPU s", "peak RSS MiB", "fetched for nothing"], body)


def text(results):
    """The whole report, in Markdown."""
    out = [f"{name}: {value}" for name, value in results["machine"].items()]
    out += [f"{name}: {version or 'not measured, it is not installed'}"
            for name, version in results["peers"].items()]
    links = {(row["server"], row["rtt_ms"], row["rate_mbit"]) for row in results["rows"]}
    for server, rtt, rate in sorted(links):
        rows = [row for row in results["rows"] if key(row)[:3] == (server, rtt, rate)]
        peers = [name for name in results["peers"] if any(row["peer"] == name for row in rows)]
        speed = f"{rate:g} Mbit/s" if rate else "no limit of the rate"
        out += ["", f"## {server}, {rtt:g} ms, {speed}", "", *times(rows, peers), "", *costs(rows)]
        out += ["", *(f"{row['workload']} on {row['peer']} failed: {row['error']}" for row in rows if "error" in row)]
    return "\n".join(out).rstrip() + "\n"
