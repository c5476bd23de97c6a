"""The server: loopback only, every request checked before anything is looked at, one fixed list of files."""

from __future__ import annotations

import hmac
import json
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dlx.desk.page._answers import Answers, Reply

__all__ = ["Server"]

_HOST = "127.0.0.1"
_STATIC = Path(__file__).parent / "static"
_MIMES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
#: All that the page consists of; no other file is ever opened.
_FILES = {file.name: file for file in sorted(_STATIC.iterdir()) if file.suffix in _MIMES}
#: Names of this machine. A page elsewhere whose name was made to point here (DNS rebinding) comes with another one;
#: any port, for one that is forwarded over ssh has its own number.
_NAMES = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_LARGEST = 1_000_000
_HEADERS = {
    # nothing is run or fetched but the page's own files, and no text can become markup
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Referrer-Policy": "no-referrer",  # the address holds the secret
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Server:
    """A bound server; ``run`` serves.

    Args:
        answers: what is said to each question.
        port: where to listen; 0 for any free one.
        secret: the first part of every path.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, answers: Answers, port: int, secret: str):
        self.secret = secret
        self._http = _Threads((_HOST, port), _handler(answers, secret, self._finish))
        self._finished = False

    @property
    def port(self) -> int:
        return self._http.server_address[1]

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.port}/{self.secret}/"

    def run(self) -> bool:
        """Serve; returns True when the page said that the work is done."""
        self._http.serve_forever(poll_interval=0.1)
        return self._finished

    def close(self) -> None:
        self._http.server_close()

    def _finish(self) -> None:
        self._finished = True
        threading.Thread(target=self._http.shutdown, daemon=True).start()  # it waits for the loop to end


class _Threads(ThreadingHTTPServer):
    daemon_threads = True  # a picture that is being read keeps nobody waiting at the end

    def handle_error(self, request, client_address) -> None:
        """A browser that goes away in the middle is no fault; anything else keeps its traceback."""
        import sys

        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


def _handler(answers: Answers, secret: str, finish) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "dlx", ""
        disable_nagle_algorithm = True
        timeout = 120

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > _LARGEST:
                self.close_connection = True
                self._send(Reply.fault(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too much was said at once"))
                return
            self._answer(self.rfile.read(int(length)))

        def _answer(self, body: bytes | None) -> None:
            path = self._allowed()
            if path is None:
                self.close_connection = True
                self._send(Reply.fault(HTTPStatus.FORBIDDEN, "This is not the address that was printed."))
            elif body is None and (path in _FILES or not path):
                self._send(_file(path or "index.html"))
            elif body is None:
                self._send(answers.get(path, urlsplit(self.path).query))
            else:
                self._post(path, body)

        def _post(self, path: str, body: bytes) -> None:
            said = _document(body) if self.headers.get_content_type() == "application/json" else None
            if said is None:
                self._send(Reply.fault(HTTPStatus.BAD_REQUEST, "This is no JSON document."))
            elif path == "finish":
                self._send(Reply.json({"finished": True}))
                finish()
            else:
                self._send(answers.post(path, said))

        def _allowed(self) -> str | None:
            """The path after the secret; None for whoever may not ask."""
            host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
            if not _NAMES.fullmatch(host) or (origin is not None and origin.lower() != f"http://{host}".lower()):
                return None
            if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
                return None
            word, slash, path = urlsplit(self.path).path.removeprefix("/").partition("/")
            return path if hmac.compare_digest(word.encode(), secret.encode()) and slash else None

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Type", reply.mime)
            self.send_header("Content-Length", str(len(reply.body)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the terminal is for people, and the path is a secret."""

    return Handler


def _file(name: str) -> Reply:
    file = _FILES[name]
    return Reply(HTTPStatus.OK, file.read_bytes(), f"{_MIMES[file.suffix]}; charset=utf-8")


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        made = json.loads(body)
    except ValueError:
        return None
    return made if isinstance(made, dict) else None
