"""The gallery of the web client's components (`web/gallery`), built and served by itself."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILT = ROOT / "web" / "dist-gallery"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and tells nobody."""

    def log_message(self, *_: object) -> None:
        """Nothing: the base class would print every request."""


@contextmanager
def gallery() -> Iterator[str]:
    """Builds it; its URL, as long as the block runs. Raises CalledProcessError where it can't be built."""
    subprocess.run(
        ["npm", "run", "--silent", "build-gallery", "--workspace", "web", "--", "--logLevel", "warn"],
        cwd=ROOT,
        check=True,
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(BUILT))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
