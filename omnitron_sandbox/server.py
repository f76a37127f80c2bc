"""HTTP by hand on the standard library: routing, keep-alive, and a socket that faults can reach."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from . import control_door, panel
from .api import Api
from .control import Control
from .faults import Scene, cut, misbehave
from .problems import Problem
from .wire import Reply, Request, reply_for

MAX_BODY = 64 * 1024 * 1024
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Server(ThreadingHTTPServer):
    """One thread per connection; knows its connections so that it can cut or close them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], *, control: Control, api: Api) -> None:
        self.control = control
        self.api = api
        self.stopping = threading.Event()
        self._guard = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self.speaking_api: set[socket.socket] = set()
        self.to_reset: set[socket.socket] = set()
        super().__init__(address, Handler)
        control.on_power_off = self.cut_api_connections

    def server_bind(self) -> None:
        # Not HTTPServer's: it asks the name service for our own name, which can take seconds.
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._guard:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.pop(request, None)
            self.speaking_api.discard(request)
            reset = request in self.to_reset
            self.to_reset.discard(request)
        if reset:
            with contextlib.suppress(OSError):
                request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Callers who leave in the middle are everyday life here; anything else is our own bug.
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def cut_api_connections(self) -> None:
        """Reset every connection that has spoken to the API, idle ones too."""
        with self._guard:
            for connection in list(self.speaking_api):
                self.to_reset.add(connection)
                with contextlib.suppress(OSError):
                    # Wakes the reading thread without telling the caller; closing then resets.
                    connection.shutdown(socket.SHUT_RD)

    def stop(self) -> None:
        """Stop listening and end all connections, waiting ones too, within a second."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._guard:
            left = dict(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + 0.9
        for thread in left.values():
            thread.join(timeout=max(0.0, deadline - time.monotonic()))


class Handler(BaseHTTPRequestHandler):
    """One connection: requests in, replies or faults out."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # `wfile` stays unbuffered: each reply is one piece already.

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the journal remembers the calls."""

    def serve(self) -> None:
        """Read one request and answer it by the door its path names."""
        try:
            request = self._read()
        except Problem as problem:
            self.close_connection = True
            self.send(reply_for(problem))
            return
        if request is None:
            self.close_connection = True
            return
        door = request.segments[:1]
        if door == ["api"]:
            self._serve_api(request)
            return
        if request.method != "GET" and request.headers.get("sec-fetch-site") == "cross-site":
            # A page elsewhere, in a browser on this machine, must not work our panel.
            self.send(Reply(status=403, json={"detail": "Cross-site requests are refused."}))
        elif door == ["sandbox"]:
            self.send(self._guarded(lambda: control_door.answer(self.server.control, request)))
        else:
            self.send(self._guarded(lambda: panel.answer(self.server.control, request)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815 - the parent's names
    do_HEAD = do_OPTIONS = serve  # noqa: N815

    def _serve_api(self, request: Request) -> None:
        control, api = self.server.control, self.server.api
        self.server.speaking_api.add(self.connection)
        if not control.power_is_on:
            self.reset()
            return
        call = api.understand(request)
        fault = control.faults.take(operation=call.operation, order_number=call.order_number, method=request.method)
        entry = control.journal.arrived(
            operation=call.operation,
            method=request.method,
            path=self.path,
            order_number=call.order_number,
            fault=fault.kind if fault else None,
        )

        def note(status: int) -> None:
            control.journal.answered(entry, status)

        if fault is None:
            reply = self._guarded(call.answer)
            note(reply.status)
            self.send(reply)
            return
        scene = Scene(
            produce=lambda: self._guarded(call.answer),
            another=lambda: control.another_order(call.order_number),
            revoke=lambda: api.revoke(request),
            note=note,
            hands=self,
        )
        misbehave(fault, scene)

    def _guarded(self, answer: Callable[[], Reply]) -> Reply:
        try:
            return answer()
        except Exception as error:  # noqa: BLE001
            # A bug of ours must look like Omnitron's own 500, and be seen on the terminal.
            sys.excepthook(type(error), error, error.__traceback__)
            return Reply(status=500, json={"detail": "Internal server error.", "code": "error"})

    def _read(self) -> Request | None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "transfer-encoding" in headers:
            raise Problem(411, {"detail": "Content-Length is required.", "code": "length_required"})
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            raise Problem(413, {"detail": "Too large.", "code": "too_large"})
        body = self.rfile.read(int(length)) if length != "0" else b""
        if len(body) < int(length):
            return None  # the caller left in the middle of the request
        return Request(
            method=self.command,
            path=unquote(parts.path),
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            headers=headers,
            body=body,
        )

    # -- hands -----------------------------------------------------------------------------------

    def send(self, reply: Reply) -> None:
        """Send a reply in one piece."""
        self._write(self._head(reply, len(reply.encoded())) + self._body(reply))

    def send_part(self, reply: Reply) -> None:
        """Promise the whole body, send half of it, end the connection."""
        content = reply.encoded()
        self._write(self._head(reply, max(len(content), 2)) + cut(content))
        self.close_connection = True

    def send_slowly(self, reply: Reply, pause: float) -> None:
        """Send the body byte by byte."""
        content = self._body(reply)
        self._write(self._head(reply, len(content)))
        for index in range(len(content)):
            if not self.wait(pause):
                self.close_connection = True
                return
            self._write(content[index : index + 1])

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.server.to_reset.add(self.connection)
        self.close_connection = True

    def hang_up(self) -> None:
        """End the connection; nothing was said."""
        self.close_connection = True

    def wait(self, seconds: float) -> bool:
        """Wait; False as soon as the caller has left, power is cut or the server stops."""
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self.connection, select.POLLRDHUP)
        while (left := deadline - time.monotonic()) > 0:
            if self.server.stopping.is_set() or self.connection in self.server.to_reset:
                return False
            if poll.poll(min(left, 0.05) * 1000):
                return False
        return True

    def _head(self, reply: Reply, length: int) -> bytes:
        lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}"]
        if reply.status != 204:
            lines += [f"Content-Type: {reply.content_type}", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in reply.headers]
        lines += ["Server: omnitron-sandbox", f"Date: {self.date_time_string()}"]
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _body(self, reply: Reply) -> bytes:
        return b"" if self.command == "HEAD" else reply.encoded()

    def _write(self, data: bytes) -> None:
        # Who stops while a fault waits ends the wait, not the fault: its answer never comes.
        if self.connection in self.server.to_reset or self.server.stopping.is_set():
            self.close_connection = True
            return
        self.connection.sendall(data)
