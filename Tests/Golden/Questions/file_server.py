"""A server of files that misbehaves on demand, for tests. Loopback only; ends with its standard input.

Files lie in FOLDER under the asked path; the first part of the path says what the server does with them:
  good      knows Range
  plain     knows no Range: sends all of it, whatever was asked
  drop      breaks off in the middle of every answer, but for the last bytes; knows Range
  wrong     sends other bytes of the same length
  piece     answers a Range with another piece than the one asked for
  status-N  answers with status N;  status-N-once does so once a path, then good
  slow      says nothing
  lfs, page, empty, endless   sends a pointer of Git LFS, a web page, nothing, bytes without end
Every request is a line in the log: path, Range, status.
usage: file_server.py FOLDER LOG; prints its port.
"""
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder, log = sys.argv[1], open(sys.argv[2], "a")
seen = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", declared=None, headers=()):
        log.write(f"{self.path}\t{self.headers.get('Range') or '-'}\t{status}\n")
        log.flush()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if declared is None else declared))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if declared is not None and declared != len(body):
            self.close_connection = True

    def do_GET(self):
        kind, _, rest = self.path.lstrip("/").partition("/")
        if kind == "slow":
            time.sleep(20)
            return
        if kind.startswith("status-"):
            parts = kind.split("-")
            if parts[-1] != "once" or rest not in seen:
                seen.add(rest)
                return self.answer(int(parts[1]), b"no")
            kind = "good"
        if kind == "lfs":
            return self.answer(200, b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
        if kind == "page":
            return self.answer(200, b"<!DOCTYPE html><html>Please sign in</html>")
        if kind == "empty":
            return self.answer(200)
        path = os.path.join(folder, rest)
        if not os.path.isfile(path):
            return self.answer(404, b"no")
        data = open(path, "rb").read()
        if kind == "wrong":
            return self.answer(200, b"x" * len(data))
        start = 0
        if self.headers.get("Range") and kind != "plain":
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                return self.answer(416, b"", headers=[("Content-Range", f"bytes */{len(data)}")])
        rest_of = data[start:]
        if kind == "piece" and start:
            start -= 1
            rest_of = data[start:]
        sent = rest_of[: max(len(rest_of) // 2, 1000)] if kind == "drop" else rest_of
        headers = [("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")] if start else []
        self.answer(206 if start else 200, sent, declared=len(rest_of), headers=headers)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
