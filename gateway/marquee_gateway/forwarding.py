"""What passes through: which headers go to a service, and which come back to the client."""

from typing import Final

from marquee_gateway.edge.exchange import Exchange
from marquee_gateway.routes import Cache
from marquee_gateway.upstream.connection import UpstreamResponse

HOP_BY_HOP: Final = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization",
        b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip

NOT_FORWARDED: Final = HOP_BY_HOP | {
    # The edge writes these anew.
    b"host", b"content-length", b"expect", b"x-request-id", b"traceparent", b"http2-settings",
    # The edge compresses; services answer plainly.
    b"accept-encoding",
    # Nobody outside may speak in the edge's name.
    b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto",
    b"x-forwarded-port", b"x-forwarded-prefix", b"x-real-ip", b"x-original-url", b"x-rewrite-url",
    b"x-http-method-override",
}  # fmt: skip

NOT_RETURNED: Final = HOP_BY_HOP | {
    b"content-length", b"date", b"server", b"x-request-id", b"traceparent", b"cache-tag",
    b"cache-purge", b"x-powered-by", b"x-content-type-options", b"referrer-policy",
    b"x-frame-options", b"strict-transport-security", b"ratelimit", b"ratelimit-policy",
}  # fmt: skip

INTERNAL_PREFIX: Final = b"marquee-"
CONDITIONS: Final = frozenset({b"if-none-match", b"if-match"})


def request_head(exchange: Exchange, after: bytes = b"") -> bytes:
    """Return request line and headers for the service, the caller's own among them.

    `after` are the ids of events that the answer should reflect.
    """
    method = "GET" if exchange.method == "HEAD" else exchange.method
    lines = [
        b"%b %b HTTP/1.1\r\nx-request-id: %b\r\ntraceparent: %b\r\nx-forwarded-for: %b\r\n"
        % (
            method.encode(),
            exchange.target,
            exchange.request_id,
            exchange.traceparent,
            exchange.address.encode(),
        )
    ]
    fields = exchange.fields
    dropped = _named_by_connection(fields)
    for name, value in fields.items():
        if (
            name in NOT_FORWARDED
            or name in dropped
            or name.startswith(INTERNAL_PREFIX)
            or b"_" in name  # some servers read `a_b` as `a-b`
        ):
            continue
        if name in CONDITIONS:
            # The compressed form's ETag is the edge's own invention.
            lines.append(b"%b: %b\r\n" % (name, value.replace(b'-gzip"', b'"')))
        else:
            lines.append(b"%b: %b\r\n" % (name, value))
    if after:
        lines.append(b"marquee-after: %b\r\n" % after)
    return b"".join(lines)


def public_request_head(exchange: Exchange, policy: Cache) -> bytes:
    """Return request line and headers for an answer that everyone may be given.

    Only what the cache key holds goes along, so nothing else can change the answer.
    """
    vary = policy.vary
    language = b"accept-language: %b\r\n" % exchange.language.encode() if "lang" in vary else b""
    accept = exchange.fields.get(b"accept", b"*/*") if "accept" in vary else b"*/*"
    return b"GET %b HTTP/1.1\r\nx-request-id: %b\r\ntraceparent: %b\r\naccept: %b\r\n%b" % (
        exchange.target,
        exchange.request_id,
        exchange.traceparent,
        accept,
        language,
    )


def response_lines(response: UpstreamResponse, *, private: bool) -> bytes:
    """Return the header lines for the client, without framing and the edge's own.

    `private` says what `Cache-Control` becomes where the service gives none.
    """
    lines = [
        b"%b: %b\r\n" % (name, value)
        for name, value in response.fields.items()
        if name not in NOT_RETURNED and not name.startswith(INTERNAL_PREFIX)
    ]
    if response.repeated:
        lines += [
            b"%b: %b\r\n" % (name, value)
            for name, value in response.repeated
            if name not in NOT_RETURNED and not name.startswith(INTERNAL_PREFIX)
        ]
    if b"cache-control" not in response.fields:
        lines.append(
            b"cache-control: private, no-cache\r\n" if private else b"cache-control: no-cache\r\n"
        )
    return b"".join(lines)


def _named_by_connection(fields: dict[bytes, bytes]) -> frozenset[bytes]:
    connection = fields.get(b"connection")
    if connection is None or connection.lower() in {b"keep-alive", b"close"}:
        return frozenset()
    return frozenset(token.strip().lower() for token in connection.split(b","))
