"""The document as one page for people: no script, nothing loaded from elsewhere, readable on paper and by ear."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from orderbridge_cli.openapi.errors import CASES, ErrorCase

Json = dict[str, Any]

STYLE = Path(__file__).parent / "page.css"
NEEDS = {0: "Needs no token.", 1: "Needs a token.", 2: "Needs a token and a signature."}

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_JSON_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?|true|false|null)')


def render(document: Json) -> str:
    """The page of a document that `document.build` made."""
    info = document["info"]
    introduction, headings = _introduction(info["description"])
    operations = [
        (operation, method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    tags = [(tag, [each for each in operations if each[0]["tags"] == [tag["name"]]]) for tag in document["tags"]]
    about = f"{escape(info['summary'])} Version {escape(info['version'])}."
    body = "\n".join(
        (
            f"<h1>{escape(info['title'])}</h1>",
            f'<p class="lead">{about} <a href="openapi.json">The same for programs (OpenAPI)</a></p>',
            introduction,
            *(part for tag, listed in tags for part in _tag(document, tag, listed)),
            _errors(),
        )
    )
    return _frame(info["title"], _navigation(headings, tags), body)


def _frame(title: str, navigation: str, body: str) -> str:
    style = STYLE.read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<div class="frame">
<nav aria-label="Contents">
{navigation}
</nav>
<main id="content">
{body}
</main>
</div>
</body>
</html>
"""


def _navigation(headings: list[tuple[str, str]], tags: list[tuple[Json, list[tuple[Json, str, str]]]]) -> str:
    groups = [("Introduction", [(anchor, text) for text, anchor in headings])]
    for tag, listed in tags:
        groups.append((tag["name"], [(operation["operationId"], operation["summary"]) for operation, _, _ in listed]))
    groups.append(("Error codes", [(f"error-{case.code}", case.code) for case in CASES]))
    return "\n".join(
        f"<h2>{escape(name)}</h2>\n<ul>"
        + "".join(f'<li><a href="#{anchor}">{escape(text)}</a></li>' for anchor, text in entries)
        + "</ul>"
        for name, entries in groups
    )


def _introduction(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The introduction as HTML, and its headings with their anchors."""
    headings: list[tuple[str, str]] = []

    def anchored(match: re.Match[str]) -> str:
        heading, content = match[1], match[2]
        anchor = re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
        headings.append((heading, anchor))
        return f'<h2 id="{anchor}">{heading}</h2>' + content.replace("<table>", f'<table aria-labelledby="{anchor}">')

    html = re.sub(r"<h2>(.*?)</h2>((?:(?!<h2>).)*)", anchored, _block(text), flags=re.DOTALL)
    return html, headings


def _tag(document: Json, tag: Json, listed: list[tuple[Json, str, str]]) -> Iterator[str]:
    anchor = re.sub(r"[^a-z0-9]+", "-", tag["name"].lower())
    yield f'<h2 id="{anchor}">{escape(tag["name"])}</h2>\n{_block(tag["description"])}'
    for operation, method, path in listed:
        yield _operation(document, operation, method, path)


def _operation(document: Json, operation: Json, method: str, path: str) -> str:
    anchor = operation["operationId"]
    needed = NEEDS[len(operation["security"][0]) if operation["security"] else 0]
    parts = [
        f'<section id="{anchor}" aria-labelledby="{anchor}-title">',
        f'<h3 id="{anchor}-title">{escape(operation["summary"])}</h3>',
        f'<p class="call"><span class="verb {method}">{method.upper()}</span> {escape(path)}</p>',
        _block(operation["description"]),
        f'<p class="needs">{needed}</p>',
    ]
    if "parameters" in operation:
        rows = [_parameter_row(each) for each in operation["parameters"]]
        if "signature" in (operation["security"] or [{}])[0]:
            rows.append(("<code>X-SIGNATURE</code>", "header, required", _inline(_signature(document))))
        parts.append(_table("Parameters", ("name", "place", "meaning"), rows))
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        fields = list(_fields(document, content["schema"], asked=True))
        if fields:
            parts.append(_table("Body", ("field", "type", "meaning"), fields))
        parts += ["<h4>Example of a body</h4>", _json(content["example"])]
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            parts += _success(document, status, response)
    parts += [_refusals(operation["responses"]), "</section>"]
    return "\n".join(parts)


def _signature(document: Json) -> str:
    description: str = document["components"]["securitySchemes"]["signature"]["description"]
    return description


def _success(document: Json, status: str, response: Json) -> Iterator[str]:
    ((media_type, content),) = response["content"].items()
    extra = [f"<code>{name}: true</code>" for name in response["headers"] if name == "Idempotent-Replay"]
    yield f"<h4>{status}: {_inline(response['description'])} {' '.join(extra)}</h4>"
    fields = list(_fields(document, content["schema"]))
    if fields and "Idempotent-Replay" not in response["headers"]:
        yield _table("Answer", ("field", "type", "meaning"), fields)
    if "example" in content:
        yield _json(content["example"])
    else:
        yield f"<p><code>{escape(media_type)}</code></p>"


def _refusals(responses: Json) -> str:
    rows = []
    for status, response in responses.items():
        content = response["content"].get("application/problem+json")
        if content is not None:
            links = ", ".join(f'<a href="#error-{code}"><code>{code}</code></a>' for code in content["examples"])
            rows.append((f'<span class="error">{status}</span>', links))
    return _table("Errors", ("status", "codes"), rows)


def _parameter_row(parameter: Json) -> tuple[str, str, str]:
    place = parameter["in"] + (", required" if parameter["required"] else "")
    meaning = f"{_inline(parameter['description'])} <span class=needs>{escape(_type({}, parameter['schema']))}</span>"
    return f"<code>{escape(parameter['name'])}</code>", place, meaning


def _fields(document: Json, schema: Json, prefix: str = "", *, asked: bool = False) -> Iterator[tuple[str, str, str]]:
    """Every field of a schema, those of inner objects behind their outer one: ``products[].quantity``.

    What is required is said of a body that is `asked` for; an answer always has all its fields.
    """
    resolved = _resolve(document, schema)
    for name, field in resolved.get("properties", {}).items():
        needed = ", required" if asked and name in resolved.get("required", ()) else ""
        kind = _type(document, field) + needed
        yield f"<code>{escape(prefix + name)}</code>", escape(kind), _inline(field.get("description", ""))
        inner = _resolve(document, field)
        if inner.get("type") == "array":
            yield from _fields(document, inner["items"], f"{prefix}{name}[].", asked=asked)
        elif inner.get("type") == "object":
            yield from _fields(document, inner, f"{prefix}{name}.", asked=asked)


def _resolve(document: Json, schema: Json) -> Json:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def _type(document: Json, schema: Json) -> str:
    """A schema in a few words: ``string, at most 100 characters``."""
    schema = _resolve(document, schema)
    if "anyOf" in schema:
        return " or ".join(_type(document, each) for each in schema["anyOf"])
    if "const" in schema:
        return json.dumps(schema["const"])
    words = [schema.get("type", "any")]
    words += [word.format(schema[name]) for name, word in _CONSTRAINTS.items() if name in schema]
    if "enum" in schema:
        words.append("one of " + ", ".join(schema["enum"]))
    return ", ".join(words)


_CONSTRAINTS: Mapping[str, str] = {
    "format": "{}",
    "minimum": "from {}",
    "maximum": "to {}",
    "maxLength": "at most {} characters",
    "maxItems": "at most {}",
    "default": "{} if absent",
}


def _errors() -> str:
    return "\n".join(
        (
            '<h2 id="error-codes">Error codes</h2>',
            "<p>What every code means and what to do about it. The <code>type</code> is the code as a URI.</p>",
            *(_error(case) for case in CASES),
        )
    )


def _error(case: ErrorCase) -> str:
    headers = {"Content-Type": "application/problem+json", **case.headers}
    lines = "".join(f"{name}: {value}\n" for name, value in headers.items())
    return "\n".join(
        (
            f'<section id="error-{case.code}" aria-labelledby="error-{case.code}-title">',
            f'<h3 id="error-{case.code}-title"><span class="error">{case.status}</span> <code>{case.code}</code></h3>',
            f"<p>{_inline(case.meaning)}</p>",
            f"<p><strong>What to do:</strong> {_inline(case.remedy)}</p>",
            _json(case.problem.body(), escape(f"HTTP/1.1 {case.status} {case.problem.title}\n{lines}\n")),
            "</section>",
        )
    )


def _table(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>"
    )


def _json(value: Any, before: str = "") -> str:
    """JSON as text with its kinds of words marked; `before` is HTML."""

    def marked(match: re.Match[str]) -> str:
        text, colon, other = match.groups()
        if text is None:
            return f'<span class="n">{other}</span>'
        return f'<span class="{"k" if colon else "s"}">{escape(text)}</span>{colon or ""}'

    text = json.dumps(value, ensure_ascii=False, indent=2)
    return f'<pre tabindex="0">{before}{_JSON_TOKEN.sub(marked, text)}</pre>'


def _block(markdown: str) -> str:
    return (
        str(_markdown.render(markdown))
        .replace("<table>", '<div class="scroll"><table>')
        .replace("</table>", "</table></div>")
        .strip()
    )


def _inline(markdown: str) -> str:
    return str(_markdown.renderInline(markdown))
