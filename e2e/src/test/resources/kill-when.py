"""Kills a process (SIGKILL) at a step of a message's way, as soon as it can be seen.

Usage: kill-when.py PID HOME stored|claimed|engine
Everything that is there at the beginning does not count. Prints "watching", then "killed".
"""

import os
import signal
import sqlite3
import sys

pid, home, step = int(sys.argv[1]), sys.argv[2], sys.argv[3]
database = sqlite3.connect("file:" + home + "/store/messages.db?mode=ro", uri=True)


def count(query):
    return database.execute(query).fetchone()[0]


def engine_started():
    """The engine's command line names directories of the home."""
    for it in os.listdir("/proc"):
        if it.isdigit():
            try:
                with open("/proc/" + it + "/cmdline", "rb") as file:
                    line = file.read()
            except OSError:
                continue
            if line.startswith(b"podman\0run\0") and home.encode() in line:
                return True
    return False


messages = count("select count(*) from messages")
rows = count("select count(*) from agent_runs")
reached = {
    "stored": lambda: count("select count(*) from messages") > messages,
    "claimed": lambda: count("select count(*) from agent_runs") > rows,
    "engine": engine_started,
}[step]
print("watching", flush=True)
while not reached():
    pass
os.kill(pid, signal.SIGKILL)
print("killed", flush=True)
