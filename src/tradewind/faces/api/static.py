"""The files of the built web page. Knows one folder; must not serve anything beside it."""

import hashlib
import mimetypes
from pathlib import Path

from starlette.responses import Response

from tradewind.faces.api.problems import SENTENCES, problem

INDEX = "index.html"
ASSETS = "assets/"
FOREVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
UNBUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tradewind</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:10vh auto;padding:0 1rem;
color-scheme:light dark}code{font-family:ui-monospace,monospace}</style></head><body>
<h1>The desk runs; its page is not built yet.</h1>
<p>In a clone, <code>./tradewind demo</code> and <code>./tradewind up</code> build it first; what
kept them from it stands in their terminal. Mend that and start again. An installed Tradewind brings
its page along.</p>
<p>The API is here already: <a href="/api/docs">/api/docs</a>.</p>
</body></html>
"""


def serve_file(folder: Path | None, path: str, known: str) -> Response:
    """Return a file of the folder; addresses of the page itself, which are no files, its index.

    Raises for a file that is not there. `known` is the If-None-Match of whoever asks.
    """
    if folder is None or not (folder / INDEX).is_file():
        if path in ("", INDEX) or "." not in path.rpartition("/")[2]:
            return Response(UNBUILT, 200, {"Cache-Control": ASK_FIRST}, "text/html")
        raise problem("not_found", SENTENCES["not_found"])
    found = _find(folder, path)
    if found is None:
        if path.startswith(ASSETS) or "." in path.rpartition("/")[2]:
            raise problem("not_found", SENTENCES["not_found"])
        found = folder / INDEX
    data = found.read_bytes()
    tag = f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'
    cache = FOREVER if path.startswith(ASSETS) else ASK_FIRST
    headers = {"Cache-Control": cache, "ETag": tag}
    if tag in {each.strip() for each in known.split(",")}:
        return Response(status_code=304, headers=headers)
    media = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    return Response(data, 200, headers, media)


def _find(folder: Path, path: str) -> Path | None:
    """Return a file below the folder, None for anything else, wherever links and dots lead."""
    try:
        found = (folder / path.lstrip("/")).resolve()
        inside = found.is_relative_to(folder.resolve())
        return found if inside and found.is_file() else None
    except (OSError, ValueError):
        return None
