# A program of which only a second thread is left: its leader has ended, as after a KILL that the other threads have not noticed yet. The
# thread holds the database, under a lock when told so, until it is ended.
import ctypes
import platform
import sqlite3
import sys
import threading


def work():
    database = sqlite3.connect(sys.argv[1])
    database.execute("select count(*) from sqlite_master").fetchone()
    if sys.argv[2] == "locked":
        database.execute("begin exclusive")
    print("done", flush=True)
    sys.stdin.readline()


threading.Thread(target=work).start()
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[platform.machine()], 0)
