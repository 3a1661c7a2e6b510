"""Words between the judge and a child: JSON of bounded length over a socket, read before a deadline.

Nothing that the other end sends is executed: a backend shares its process with the child's end, so
whatever comes from there is a stranger's.
"""

import json
import socket
import struct
import time
from typing import Any, Self

LONGEST = 2**20
"""Bytes of one message; an honest answer has a few thousand."""

HEAD = struct.Struct("!I")


class ForeignMessageError(ValueError):
    """What came is no message: too long, no JSON, or not what was asked for."""


class Channel:
    """One end of a connection."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    @classmethod
    def on(cls, descriptor: int) -> Self:
        """Return the end that a file descriptor of this process is."""
        return cls(socket.socket(fileno=descriptor))

    @property
    def descriptor(self) -> int:
        """The file descriptor, for a process to inherit."""
        return self._end.fileno()

    def send(self, words: Any) -> None:
        """Send a JSON value; ForeignMessageError if it is longer than a message may be."""
        body = json.dumps(words).encode()
        if len(body) > LONGEST:
            raise ForeignMessageError(f"a message has at most {LONGEST} bytes, got {len(body)}")
        self._end.settimeout(None)
        self._end.sendall(HEAD.pack(len(body)) + body)

    def receive(self, seconds: float | None = None) -> Any:
        """Return the next JSON value.

        Raises
        ------
        TimeoutError
            If it is not whole within ``seconds``.
        EOFError
            If the other end is gone.
        ForeignMessageError
            If it is no message.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        (length,) = HEAD.unpack(self._read(HEAD.size, deadline))
        if length > LONGEST:
            raise ForeignMessageError(f"a message has at most {LONGEST} bytes, {length} are announced")
        body = self._read(length, deadline)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ForeignMessageError(f"no JSON: {error}") from error

    def close(self) -> None:
        """Close this end."""
        self._end.close()

    def _read(self, size: int, deadline: float | None) -> bytes:
        parts, left = [], size
        while left:
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                raise TimeoutError
            self._end.settimeout(remaining)
            try:
                part = self._end.recv(left)
            except ConnectionError as error:
                raise EOFError from error
            if not part:
                raise EOFError
            parts.append(part)
            left -= len(part)
        return b"".join(parts)


def make_pair() -> tuple[Channel, Channel]:
    """Return both ends of a new connection."""
    ours, theirs = socket.socketpair()
    return Channel(ours), Channel(theirs)
