"""`chat.canary.Lines` over libcurl, which every function has with it: no other library is loaded for a socket."""

from __future__ import annotations

import select
import time

import pycurl

from chat.canary import LineError

RECEIVED_BYTES = 65_536


class CurlLines:
    """A client's sockets, as many as were opened. Not for use by several threads."""

    def __init__(self, certificates: str | None) -> None:
        """`certificates`: the file of those that TLS trusts, None for libcurl's own."""
        self._certificates = certificates
        self._lines: list[pycurl.Curl] = []
        self._unfinished: dict[int, bytes] = {}

    def open(self, url: str, within_ms: int) -> int:
        """See `chat.canary.Lines`."""
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.CONNECT_ONLY, 2)  # after the handshake the socket is ours
        curl.setopt(pycurl.TIMEOUT_MS, within_ms)
        curl.setopt(pycurl.NOSIGNAL, 1)
        if self._certificates:
            curl.setopt(pycurl.CAINFO, self._certificates)
        try:
            curl.perform()
        except pycurl.error as error:
            raise LineError(f"the socket did not open: {error.args[1]}") from error
        self._lines.append(curl)
        return len(self._lines) - 1

    def say(self, line: int, frame: bytes) -> None:
        """See `chat.canary.Lines`."""
        try:
            self._lines[line].ws_send(frame, pycurl.WS_TEXT)
        except (pycurl.error, BlockingIOError) as error:
            raise LineError("the frame was not sent") from error

    def hear(self, within_ms: int) -> tuple[int, bytes] | None:
        """See `chat.canary.Lines`."""
        ends_at_s = time.monotonic() + within_ms / 1_000
        while True:
            for line in range(len(self._lines)):
                if (frame := self._receive(line)) is not None:
                    return line, frame
            left_s = ends_at_s - time.monotonic()
            if left_s <= 0:
                return None
            sockets = [curl.getinfo(pycurl.ACTIVESOCKET) for curl in self._lines]
            select.select(sockets, [], [], left_s)

    def close(self) -> None:
        """See `chat.canary.Lines`."""
        for curl in self._lines:
            try:
                curl.ws_close(1000)
            except (pycurl.error, BlockingIOError):
                pass
            finally:
                curl.close()
        self._lines.clear()
        self._unfinished.clear()

    def _receive(self, line: int) -> bytes | None:
        """A whole frame that is there already; None where there is none yet."""
        try:
            while True:
                data, meta = self._lines[line].ws_recv(RECEIVED_BYTES)
                if meta.flags & pycurl.WS_CLOSE:
                    raise LineError("the socket was closed")
                if not meta.flags & (pycurl.WS_TEXT | pycurl.WS_CONT):
                    continue  # libcurl answers pings itself
                whole: bytes = self._unfinished.pop(line, b"") + data
                if not meta.bytesleft and not meta.flags & pycurl.WS_CONT:
                    return whole
                self._unfinished[line] = whole
        except BlockingIOError:
            return None
        except pycurl.error as error:
            raise LineError("the socket broke") from error
