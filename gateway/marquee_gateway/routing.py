"""Finds the route of a request in a tree of segments: literal before parameter before `*`."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from marquee_gateway.problems import MethodNotAllowed, RouteNotFound
from marquee_gateway.routes import Route


@dataclass(slots=True)
class _Node:
    literals: dict[bytes, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    routes: dict[str, Route] = field(default_factory=dict)
    rest: dict[str, Route] = field(default_factory=dict)


class RouteTable:
    """The table compiled for lookup; a path costs one dictionary access per segment."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        segments = route.pattern.encode().split(b"/")[1:]
        for segment in segments:
            if segment == b"*":
                _put(node.rest, route)
                return
            if segment.startswith(b"{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        _put(node.routes, route)

    def match(self, method: str, path: bytes) -> Route:
        """Return the route of a request; HEAD finds its GET.

        Raises:
            RouteNotFound: the path stands in no line.
            MethodNotAllowed: it does, with other methods.
        """
        methods = self._find(path)
        if not methods:
            raise RouteNotFound
        found = methods.get("GET" if method == "HEAD" else method)
        if found is None:
            raise MethodNotAllowed(headers={"Allow": allow_header(methods)})
        return found

    def methods(self, path: bytes) -> str:
        """Return the `Allow` of a path, empty where there is none."""
        methods = self._find(path)
        return allow_header(methods) if methods else ""

    def _find(self, path: bytes) -> dict[str, Route] | None:
        """Go straight down, as nearly every path allows; where that fails, search."""
        segments = path.split(b"/")
        node: _Node | None = self._root
        for segment in segments[1:]:
            if node is None or not segment:
                break
            node = node.literals.get(segment) or node.parameter
        else:
            if node is not None and node.routes:
                return node.routes
        return _search(self._root, segments, 1)


def allow_header(methods: Iterable[str]) -> str:
    """Return an `Allow` value; what can be read can be asked for by HEAD, anything by OPTIONS."""
    known = set(methods)
    return ", ".join(sorted(known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set())))


def _put(methods: dict[str, Route], route: Route) -> None:
    if route.method in methods:
        raise ValueError(f"two lines for {route.method} {route.pattern}")
    methods[route.method] = route


def _search(node: _Node, segments: list[bytes], at: int) -> dict[str, Route] | None:
    if at == len(segments):
        return node.routes or None
    literal = node.literals.get(segments[at])
    if literal is not None and (found := _search(literal, segments, at + 1)):
        return found
    if not segments[at]:
        return None
    if node.parameter is not None and (found := _search(node.parameter, segments, at + 1)):
        return found
    return node.rest or None
