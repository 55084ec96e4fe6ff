"""The server side: HTTP/1.1 from clients, parsed, checked and bounded."""
