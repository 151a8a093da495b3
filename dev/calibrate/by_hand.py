"""Measures one export without any code of this project: curl for the times, /proc for CPU time and memory.

    python3 by_hand.py PID WARM_UP_URL EXPORT_URL
    python3 by_hand.py PID
    python3 by_hand.py PID EXPORT_URL

Prints a JSON object: with one address only the times, and without one the CPU time that the process has used so far, what
memory it has, and its peak since that was last reset.
"""

import json
import os
import subprocess
import sys

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """A process and its descendants, by the parents that all processes name."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except FileNotFoundError:
            continue
    members = [pid]
    for member in members:
        members += [child for child, parent in parents.items() if parent == member]
    return members


def cpu_seconds(pids):
    """User and system time, with that of children that have ended."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            total += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
    return total / TICKS


def memory(pids, field):
    """A field of /proc/PID/status, in bytes."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as file:
            total += sum(int(line.split()[1]) * 1024 for line in file if line.startswith(field))
    return total


def curl(url):
    form = "%{time_starttransfer} %{time_total} %{size_download} %{http_code}"
    command = ["curl", "-s", "-o", "/dev/null", "-H", "Connection: close", "-w", form, url]
    first_byte, total, size, status = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    if status != "200":
        raise SystemExit(f"{url} answered {status}")
    return float(first_byte), float(total), int(size)


def measure(pids, warm_up_url, url):
    idle = memory(pids, "VmRSS")
    curl(warm_up_url)
    for member in pids:
        with open(f"/proc/{member}/clear_refs", "w") as file:
            file.write("5")
    before = cpu_seconds(pids)
    first_byte, total, size = curl(url)
    after = cpu_seconds(pids)
    peak = memory(pids, "VmHWM")
    return {
        "firstByteSeconds": first_byte,
        "totalSeconds": total,
        "bytes": size,
        "cpuSeconds": after - before,
        "peakOverIdleBytes": peak - idle,
    }


def used(pids):
    return {
        "cpuSeconds": cpu_seconds(pids),
        "residentBytes": memory(pids, "VmRSS"),
        "peakBytes": memory(pids, "VmHWM"),
    }


def times(pids, url):
    first_byte, total, size = curl(url)
    return {"firstByteSeconds": first_byte, "totalSeconds": total, "bytes": size}


urls = sys.argv[2:]
print(json.dumps([used, times, measure][len(urls)](tree(int(sys.argv[1])), *urls)))
