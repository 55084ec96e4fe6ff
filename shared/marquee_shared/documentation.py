"""The API's documentation as one page of plain HTML: no script, no request to anyone else."""

import json
import secrets
from collections import defaultdict
from html import escape
from typing import Any, Final

from fastapi.responses import HTMLResponse

STYLE: Final = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
nav a{margin-right:1rem}
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}
summary{cursor:pointer}summary code{font-weight:600}
.m{display:inline-block;min-width:4.2rem;font:600 .8rem ui-monospace,monospace}
.d{opacity:.75;margin-left:.6rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;border-top:1px solid var(--line);padding:.25rem .6rem .25rem 0;
vertical-align:top}
pre{background:var(--soft);padding:.6rem;border-radius:6px;overflow:auto;font-size:.85rem}
"""


def documentation_page(document: dict[str, Any]) -> HTMLResponse:
    """Answer with the page, under a policy that lets nothing but its own style in."""
    nonce = secrets.token_urlsafe(16)
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'"
    return HTMLResponse(render(document, nonce), headers={"Content-Security-Policy": policy})


def render(document: dict[str, Any], nonce: str) -> str:
    """Return the page; its style carries the nonce that the page's policy names."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                tag = (operation.get("tags") or [path.split("/")[2]])[0]
                groups[tag].append(_operation(method, path, operation, item.get("parameters", [])))
    schemas = document["components"]["schemas"]
    info = document["info"]
    body = [
        f"<h1>{escape(info['title'])}</h1>",
        f"<p class=d>version {escape(info['version'])} ·",
        '<a href="/openapi.json">openapi.json</a></p>',
        *(f"<p>{escape(part)}</p>" for part in info["description"].split("\n\n")),
        "<nav>",
        *(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in sorted(groups)),
        '<a href="#schemas">schemas</a></nav>',
    ]
    for tag in sorted(groups):
        body += [f'<h2 id="{escape(tag)}">{escape(tag)}</h2>', *groups[tag]]
    body.append('<h2 id="schemas">Schemas</h2>')
    body += [
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"<pre>{_json(schema)}</pre></details>"
        for name, schema in sorted(schemas.items())
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(info["title"])} API</title><style nonce="{nonce}">{STYLE}</style>'
        f"<body>{''.join(body)}</body></html>"
    )


def _operation(
    method: str, path: str, operation: dict[str, Any], shared: list[dict[str, Any]]
) -> str:
    parameters = [*shared, *operation.get("parameters", [])]
    parts = [
        f"<details><summary><span class=m>{method.upper()}</span><code>{escape(path)}</code>",
        f"<span class=d>{escape(operation.get('summary', ''))}</span></summary>",
    ]
    parts += [f"<p>{escape(p)}</p>" for p in operation.get("description", "").split("\n\n") if p]
    if operation.get("security") == [{"bearer": []}]:
        parts.append("<p>Needs a bearer token.</p>")
    if parameters:
        parts.append("<table><tr><th>parameter<th>in<th>type<th>")
        parts += [
            f"<tr><td><code>{escape(p.get('name', p.get('$ref', '')))}</code>"
            f"{' *' if p.get('required') else ''}<td>{escape(p.get('in', ''))}"
            f"<td>{_type(p.get('schema', {}))}<td>{escape(p.get('description', ''))}"
            for p in parameters
        ]
        parts.append("</table>")
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>Body, {escape(media)}: {_type(content.get('schema', {}))}</p>")
    parts.append("<table><tr><th>status<th>answer<th>")
    for status, response in sorted(operation["responses"].items()):
        types = ", ".join(
            _type(content.get("schema", {})) for content in response.get("content", {}).values()
        )
        text = response.get("description") or response.get("$ref", "").rsplit("/", 1)[-1]
        parts.append(f"<tr><td>{escape(status)}<td>{types}<td>{escape(text)}")
    parts.append("</table></details>")
    return "".join(parts)


def _type(schema: dict[str, Any]) -> str:
    """Return a schema's name, linked where it has one."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#schema-{name}">{name}</a>'
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(_type(each) for each in schema[key])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if "enum" in schema:
        return escape(" | ".join(map(str, schema["enum"])))
    kind = schema.get("type", "any")
    return escape(" | ".join(kind) if isinstance(kind, list) else str(kind))


def _json(value: Any) -> str:
    return escape(json.dumps(value, indent=2, ensure_ascii=False))
