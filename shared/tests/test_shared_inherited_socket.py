import socket

from marquee_shared.cli import send_at_once


def test_what_an_inherited_socket_accepts_sends_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        send_at_once(listener.fileno())
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert listener.fileno() >= 0


def test_a_unix_socket_is_left_alone() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send_at_once(ours.fileno())
        ours.sendall(b"still open")
        assert theirs.recv(20) == b"still open"
