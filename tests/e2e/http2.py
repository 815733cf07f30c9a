"""A bare HTTP/2 connection, for what an HTTP library hides: trailers and resets."""

import socket

import h2.connection
import h2.errors
import h2.events


class Http2:
    """Prior knowledge, one stream at a time."""

    def __init__(self, port, key):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.connection = h2.connection.H2Connection()
        self.connection.initiate_connection()
        self.key, self.stream = key, 0
        self.status, self.body, self.reset = None, b"", False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def post(self, path, body, trailers=None):
        self.stream = self.connection.get_next_available_stream_id()
        self.connection.send_headers(self.stream, [
            (":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", path),
            ("authorization", "Bearer " + self.key), ("content-type", "application/json")])
        self.connection.send_data(self.stream, body, end_stream=trailers is None)
        if trailers is not None:
            self.connection.send_headers(self.stream, trailers, end_stream=True)
        self.sock.sendall(self.connection.data_to_send())

    def read(self, enough=lambda self: False):
        """Reads until the stream's end, or until `enough` of it is there."""
        while not enough(self):
            for event in self.connection.receive_data(self.sock.recv(65536)):
                if getattr(event, "stream_id", None) != self.stream:
                    continue
                if isinstance(event, h2.events.ResponseReceived):
                    self.status = int(dict(event.headers)[b":status"])
                elif isinstance(event, h2.events.DataReceived):
                    self.body += event.data
                    self.connection.acknowledge_received_data(event.flow_controlled_length, self.stream)
                elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
                    self.reset = isinstance(event, h2.events.StreamReset)
                    enough = lambda self: True  # noqa: E731
            self.sock.sendall(self.connection.data_to_send())

    def cancel(self):
        self.connection.reset_stream(self.stream, h2.errors.ErrorCodes.CANCEL)
        self.sock.sendall(self.connection.data_to_send())
