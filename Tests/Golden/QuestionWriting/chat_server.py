"""A chat completions server that misbehaves on demand, for tests. Loopback only; ends with its standard input.

The first word of line A1 of the user's message is what to do, the rest of the line names the clip. Every request is a
line in the log: clip, its number, what was sent; a line is written before the response is.
usage: chat_server.py LOG [SECONDS A GOOD ANSWER TAKES [CERTIFICATE AND KEY, FOR HTTPS]]; prints its port.
"""
import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

log = open(sys.argv[1], "a")
pause = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
lock = threading.Lock()
counts = {}
busiest = [0, 0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, *words):
        with lock:
            log.write("\t".join(str(word) for word in words) + "\n")
            log.flush()

    def send(self, status, body, headers=(), declared=None):
        data = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(declared or len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def answer(self, content, finish="stop"):
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        self.send(200, json.dumps({"choices": [choice], "usage": usage}))

    def do_POST(self):
        with lock:
            busiest[0] += 1
            busiest[1] = max(busiest)
        try:
            self.respond()
        finally:
            with lock:
                busiest[0] -= 1

    def respond(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.split("?")[0] != "/v1/chat/completions":
            self.note("-", 0, 404)
            return self.send(404, "not found")
        if self.headers.get("Authorization") != "Bearer secret":
            self.note("-", 0, 401)
            return self.send(401, json.dumps({"error": {"message": "who are you?"}}))
        instruction, user = (message["content"] for message in body["messages"])
        what, clip = user.split("\n")[0].removeprefix("A1: ").split(" ", 1)
        with lock:
            number = counts[clip] = counts.get(clip, 0) + 1
        good = {"question_text": f"What is heard first in {clip}?",
                "multi_choice": [f"a bell of {clip}", "two dogs", "rain", "a car"], "answer": 0}
        text = json.dumps(good)
        if what == "busy" and number == 1:
            self.note(clip, number, 429)
            return self.send(429, json.dumps({"error": {"message": "slower"}}), [("Retry-After", "1")])
        if what == "error" and number <= 2:
            self.note(clip, number, 500)
            return self.send(500, "oops")
        if what == "dropped" and number == 1:
            self.note(clip, number, "dropped")
            self.close_connection = True
            return self.connection.close()
        if what == "cut" and number == 1:
            self.note(clip, number, "cut")
            self.close_connection = True
            self.send(200, '{"choices": [', declared=5000)
            return self.connection.close()
        if what == "page" and number == 1:
            self.note(clip, number, "page")
            return self.send(200, "<html>busy</html>")
        if what == "hangs" and number == 1:
            self.note(clip, number, "hangs")
            time.sleep(6)
            self.close_connection = True
            return self.connection.close()
        if what == "huge" and number == 1:
            self.note(clip, number, "huge")
            return self.send(200, json.dumps({"choices": [{"message": {"content": "x" * (5 << 20)}}]}))
        if what == "thoughts" and number == 1:
            self.note(clip, number, 200)
            return self.answer("<think>" + text, "length")
        if what == "tells":
            self.note(clip, number, 500)
            return self.send(500, json.dumps({"error": "your key is " + self.headers["Authorization"]}))
        if what == "gone":
            self.note(clip, number, 503)
            return self.send(503, "")
        if what == "refused":
            self.note(clip, number, 400)
            return self.send(400, json.dumps({"error": {"message": "against our policy"}}))
        if what == "moved":
            self.note(clip, number, 302)
            return self.send(302, "", [("Location", "http://127.0.0.1:9/elsewhere")])
        if what == "slow":
            time.sleep(0.5)
        texts = {
            "fenced": f"Here you are:\n```json\n{json.dumps(good, indent=1)}\n```\nAnything else?",
            "nested": json.dumps({"output": good}),
            "lettered": json.dumps(good | {"multi_choice": ["(A) bell " + clip, "(B) dog", "(C) rain", "(D) car"]}),
            "prose": "I would rather not.",
            "broken": '{"question_text": "What is heard?", "multi_choice": ["a", "b", "c", "d"], "answer": }',
            "wrong-index": json.dumps(good | {"answer": 4}),
            "negative": json.dumps(good | {"answer": -1}),
            "letter": json.dumps(good | {"answer": "A"}),
            "three": json.dumps(good | {"multi_choice": ["a bell", "a dog", "rain"]}),
            "same": json.dumps(good | {"multi_choice": ["a bell", "a dog", "A bell.", "rain"]}),
            "blank": json.dumps(good | {"multi_choice": ["a bell", " ", "a cat", "rain"]}),
            "no-list": json.dumps(good | {"multi_choice": "a bell"}),
            "control": json.dumps(good | {"question_text": "What\u0000?"}),
            "caption": json.dumps(good | {"question_text": "What does the caption say?"}),
            "sight": json.dumps(good | {"question_text": "What colour is the dog?"}),
            "told": json.dumps(good | {"question_text": f"How loud is a bell of {clip}?"}),
            "above": json.dumps(good | {"multi_choice": ["a bell", "a dog", "rain", "all of the above"]}),
            "example": instruction[instruction.rindex('{"question_text"'):],
            "repeat": json.dumps(good | {"question_text": "What barks?", "multi_choice": ["dog", "cat", "cow", "owl"]}),
            "long": json.dumps(good | {"question_text": "What is heard " + "very " * 60 + f"early in {clip}?"}),
            "empty": None if number == 1 else text,
        }
        if what in ("good", "slow"):
            time.sleep(pause)
        self.note(clip, number, 200)
        self.answer(texts.get(what, text))


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    # Handshakes in the threads of the connections: one that fails stops no other.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
with lock:
    log.write(f"busiest\t{busiest[1]}\tend\n")
    log.flush()
