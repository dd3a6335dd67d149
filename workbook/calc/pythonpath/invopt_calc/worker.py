"""The process that answers the functions: `invopt_xl.adapters.function_server` in InvOpt XL's own Python, over a pipe.

The office stands still while a cell waits, so no wait is without end: an answer that takes longer comes later, and until then cells show #N/A.
A process that ends is started once more; if that ends too, cells do not wait again for a while. `Unavailable` says why, for INV_STATUS.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time

#: How long a cell waits for an answer [s]. The first plan of a large workbook may take longer; it is then ready at the next recalculation.
ANSWER_SECONDS = 20.0
#: After so long a process that has not answered is ended [s].
HANGING_SECONDS = 900.0
#: After the process could not be kept alive, cells ask again only after this time [s].
PAUSE_SECONDS = 60.0

_AGAIN = "press Ctrl+Shift+F9 in Calc"


class Unavailable(Exception):
    """There is no answer; the text says why and what to do."""


class _Ended(Exception):
    """The process is gone."""


class _Process:
    """One process and the thread that talks with it: writing to a pipe may take forever, and the office must not."""

    def __init__(self, command, log):
        self.is_owing = False
        self.offered = {}
        self._asked = 0
        self._requests, self._replies = queue.Queue(), queue.Queue()
        with open(log, "ab") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(os.environ),
                # no black window on Windows
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self):
        process = self._process
        # a broken pipe or half a line: the process is gone, which is what is told
        with contextlib.suppress(OSError, ValueError):
            for request in iter(self._requests.get, None):
                process.stdin.write(request)
                process.stdin.flush()
                line = process.stdout.readline()
                if not line:
                    break
                self._replies.put(json.loads(line.decode("utf-8")))
        self._replies.put(None)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    def ask(self, request, seconds):
        """Return the result of a request."""
        self._asked += 1
        text = json.dumps(dict(request, id=self._asked), ensure_ascii=False) + "\n"
        self._requests.put(text.encode("utf-8", "replace"))
        try:
            reply = self._replies.get(timeout=seconds)
        except queue.Empty:
            self.is_owing = True
            raise TimeoutError from None
        if reply is None:
            raise _Ended
        if "error" in reply:
            raise Unavailable("InvOpt XL's Python could not read the request: {}".format(reply["error"]))
        return reply["result"]

    def still_owes(self):
        """Return whether the answer to an earlier request is still to come; raise `_Ended` when it never will."""
        if not self.is_owing:
            return False
        try:
            reply = self._replies.get_nowait()
        except queue.Empty:
            return True
        self.is_owing = False
        if reply is None:
            raise _Ended
        return False

    def end(self):
        """End the process at once."""
        self._requests.put(None)
        self._process.kill()
        self._process.wait()
        self._thread.join()


def _environment(given):
    """Return an environment without what the office sets for its own Python and libraries."""
    foreign = ("PYTHON", "LD_LIBRARY_PATH", "DYLD_", "URE_", "UNO_")
    return {name: value for name, value in given.items() if not name.startswith(foreign)}


class Worker:
    """Answers of the worker process, which is started by the first one.

    `find` returns the interpreter and raises `Unavailable`; `log` returns the log file.
    """

    def __init__(self, find, log, clock=time.monotonic, seconds=ANSWER_SECONDS):
        self._find, self._log, self._clock, self._seconds = find, log, clock, seconds
        self._process = None
        self._problem, self._pause_until, self._late_since = "", 0.0, 0.0
        self._lock = threading.Lock()

    def call(self, name, arguments, book, with_plan=False, sheets=None):
        """Return what a function answers, in the worker's form.

        `with_plan`: it is answered from the plan of the workbook. `sheets` are (stamp, name, rows by sheet) of that as it is now; None: its file
        is to be read.
        """
        request = {"call": name, "arguments": arguments, "book": book}
        with self._lock:
            try:
                return self._twice(lambda process: self._call(process, request, with_plan, sheets))
            except TimeoutError:
                self._late_since = self._clock()
                self._problem = f"The answer takes longer than {self._seconds:.0f} seconds and is still being worked on; {_AGAIN} in a moment."
                raise Unavailable(self._problem) from None

    def close(self):
        """End the process; the next call starts another."""
        with self._lock:
            self._end()

    def forget(self, book):
        """Drop the plan of a workbook that was closed, if there is a process that may have one."""
        with self._lock:
            if self._process is None or self._process.is_owing:
                return
            try:
                self._forget(self._process, book)
            except _Ended:
                self._end()
            except TimeoutError:
                self._late_since = self._clock()

    def _call(self, process, request, with_plan, sheets):
        book = request["book"]
        if with_plan and sheets is not None:
            stamp, name, rows = sheets
            if process.offered.get(book) != stamp:
                offer = {"sheets": rows, "book": book, "stamp": stamp, "name": name}
                process.ask(offer, self._seconds)
                process.offered[book] = stamp
        elif with_plan and book in process.offered:
            self._forget(process, book)
        return process.ask(request, self._seconds)

    def _forget(self, process, book):
        process.ask({"forget": True, "book": book}, self._seconds)
        process.offered.pop(book, None)

    def _twice(self, work):
        """Do some work with the process; once more with a new one if it ends meanwhile."""
        if self._process is None and self._clock() < self._pause_until:
            raise Unavailable(self._problem)
        for _ in range(2):
            try:
                return work(self._ready())
            except _Ended:
                self._end()
        self._problem = (
            f"InvOpt XL's Python ended twice before it answered; the file {self._log()} says why. Run: invopt doctor"
        )
        self._pause_until = self._clock() + PAUSE_SECONDS
        raise Unavailable(self._problem)

    def _ready(self):
        process = self._process
        if process is not None and process.still_owes():
            if self._clock() - self._late_since < HANGING_SECONDS:
                raise Unavailable(self._problem)
            self._end()
            process = None
        if process is None:
            process = self._process = self._start()
        return process

    def _start(self):
        try:
            log = self._log()
            command = [self._find(), "-I", "-X", "utf8", "-m", "invopt_xl.adapters.function_server", "--log", log]
            return _Process(command, log)
        except OSError as error:
            self._problem = f"InvOpt XL's Python cannot be started: {error}. Run: invopt addin install --host calc"
        except Unavailable as error:
            self._problem = str(error)
        self._pause_until = self._clock() + PAUSE_SECONDS
        raise Unavailable(self._problem)

    def _end(self):
        if self._process is not None:
            self._process.end()
            self._process = None


def log_file():
    """Return the log file, in a folder that exists."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        folder = os.path.join(
            os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local"), "InvOptXL", "logs"
        )
    elif sys.platform == "darwin":
        folder = os.path.join(home, "Library", "Logs", "InvOptXL")
    else:
        folder = os.path.join(os.environ.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state"), "invoptxl")
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, "functions.log")


def find_interpreter(folder):
    """Return InvOpt XL's Python: named by INVOPT_PYTHON, by `invopt addin install`, or where the installer puts it."""
    named = os.environ.get("INVOPT_PYTHON", "")
    if named:
        return named
    written = os.path.join(folder, "interpreter.txt")
    if os.path.exists(written):
        with open(written, encoding="utf-8") as file:
            named = file.read().strip()
        if os.path.exists(named):
            return named
    for place in _usual_places():
        if os.path.exists(place):
            return place
    raise Unavailable(
        "InvOpt XL's Python was not found{}. Run InvOpt XL's installer, or: invopt addin install --host calc".format(
            " at " + named if named else ""
        )
    )


def _usual_places():
    if sys.platform == "win32":
        local = os.path.join(os.environ.get("LOCALAPPDATA", ""), "InvOptXL", "python")
        return [os.path.join(local, "python.exe"), os.path.join(local, "Scripts", "python.exe")]
    home = os.path.expanduser("~")
    if sys.platform == "darwin":
        return [os.path.join(home, "Library", "Application Support", "InvOptXL", "python", "bin", "python3")]
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    return [os.path.join(data, "invoptxl", "python", "bin", "python3")]
