"""One process per run file, held by the operating system.

The lock is an advisory lock on a file beside the run file. The system lets go of it when its
holder dies, however it dies, so a left-over file is no obstacle and a process number that was
given to someone else cannot deceive. The number written inside only names the holder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from pathlib import Path

from dikast.errors import StoreBusy, StoreError

if sys.platform == "win32":  # pragma: no cover
    import msvcrt
else:
    import fcntl

_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_BEYOND = 1 << 20
"""Byte that is locked on Windows, past the text, which must stay readable."""


class RunLock:
    """The right to write one run file, from construction until `release`.

    Args:
        path: The run file, links resolved.

    Raises:
        StoreBusy: A living process (perhaps this one) holds it.
        StoreError: The folder cannot be written, or its file system knows no locks.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(path.name + ".lock")
        self._run = path
        self._handle: int | None = self._take()

    def release(self) -> None:
        """Let go and remove the file beside the run file. Twice does no harm."""
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        # Removed while still held: whoever opened it before sees that its name is gone and
        # starts again (`_take`), so no two processes hold two files of one name.
        if sys.platform != "win32":
            self.path.unlink(missing_ok=True)
        os.close(handle)
        if sys.platform == "win32":  # pragma: no cover
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _take(self) -> int:
        while True:
            try:
                handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError as error:
                raise StoreError(
                    f"`{self._run}` cannot be written: {error.strerror}: `{self.path}`. "
                    "Choose another place with --out."
                ) from None
            try:
                self._lock(handle)
                if self._still_named(handle):
                    os.ftruncate(handle, 0)
                    os.lseek(handle, 0, os.SEEK_SET)
                    os.write(handle, f"{os.getpid()}\n".encode())
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)

    def _lock(self, handle: int) -> None:
        try:
            if sys.platform == "win32":  # pragma: no cover
                os.lseek(handle, _BEYOND, os.SEEK_SET)
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise StoreError(
                    f"`{self._run}` cannot be locked ({error.strerror}); "
                    "keep run files on a local disk."
                ) from None
            raise self._busy(_holder(handle)) from None

    def _busy(self, pid: int | None) -> StoreBusy:
        if pid == os.getpid():
            return StoreBusy(
                f"`{self._run}` is already open in this process (pid {pid}); close it first.",
                pid=pid,
            )
        who = "another process" if pid is None else f"process {pid}"
        return StoreBusy(
            f"`{self._run}` is in use by {who}. Wait until it ends, or choose another --out; "
            "`dikast show` can read it meanwhile.",
            pid=pid,
        )

    def _still_named(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self.path.stat())
        except OSError:
            return False


def _holder(handle: int) -> int | None:
    """Number of the process that holds the lock; None if it cannot be told.

    A holder writes its number just after it took the lock, so what stands there may for a
    moment be nothing, or the number of a dead one.
    """
    for _ in range(20):
        os.lseek(handle, 0, os.SEEK_SET)
        text = os.read(handle, 32).strip()
        if text.isdigit() and _alive(int(text)):
            return int(text)
        time.sleep(0.01)
    return None


def _alive(pid: int) -> bool:
    if sys.platform == "win32":  # pragma: no cover
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
