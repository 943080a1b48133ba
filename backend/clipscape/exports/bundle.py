"""One file out of a page: its style sheets, its icon and all modules that its script imports, and nothing to fetch.

The modules become functions of one classic script, in the order in which they need each other; a policy in the file
allows that script and those styles by their hashes and forbids everything else, requests included.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"([^"]+)";\s*$', re.MULTILINE)
_EXPORT = re.compile(r"^export (async function\*?|function\*?|const|class) (\w+)", re.MULTILINE)
_EXPORT_LIST = re.compile(r"^export const \[([^\]]+)\]", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\s|\bimport\(|\bimport\.meta|</script|<!--", re.MULTILINE)
_STYLE = re.compile(r'\s*<link rel="stylesheet" href="([^"]+)">')
_ICON = re.compile(r'<link rel="icon" href="([^"]+)" type="image/svg\+xml">')
_SCRIPT = re.compile(r'\s*<script type="module" src="([^"]+)"></script>')
_TITLE = re.compile(r"<title>[^<]*</title>")


class BundleError(RuntimeError):
    """The page's files cannot be made into one: the message says which one, and why."""


@dataclass(frozen=True)
class Bundle:
    """A page in one piece, but for its title and its data."""

    before: str
    """Up to its title."""
    between: str
    """From there to its data, which stand last."""
    after: str

    def filled(self, title: str, data: bytes) -> bytes:
        """Return the page with its title and its data, JSON that the script finds in the element `run`.

        Both may hold what users wrote. In the JSON every `<` is written as an escape: nothing in it ends the element.
        """
        json = data.replace(b"<", b"\\u003c")
        head = f"{self.before}<title>{html.escape(title)}</title>{self.between}".encode()
        return head + b'<script type="application/json" id="run">' + json + b"</script>" + self.after.encode()


def bundle(folder: Path, page: str) -> Bundle:
    """Make one file of a page in a folder; raise `BundleError` where that is not possible."""
    return _bundle(folder, page, max((file.stat().st_mtime_ns for file in folder.rglob("*.*")), default=0))


@lru_cache(maxsize=4)
def _bundle(folder: Path, page: str, _changed: int) -> Bundle:
    try:
        text = (folder / page).read_text(encoding="utf-8")
        styles = "".join((folder / name).read_text(encoding="utf-8") for name in _STYLE.findall(text))
        [entry] = _SCRIPT.findall(text)
        script = script_of(folder, entry)
        [icon] = _ICON.findall(text)
        picture = base64.b64encode((folder / icon).read_bytes()).decode()
    except OSError as error:
        raise BundleError(f"{error.filename} cannot be read: the page's files are not installed") from error
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(styles)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    text = _SCRIPT.sub("", _STYLE.sub("", text))
    text = _ICON.sub(f'<link rel="icon" href="data:image/svg+xml;base64,{picture}">', text)
    before, after_title = _TITLE.split(text)
    before = before.replace(
        '<meta charset="utf-8">',
        f'<meta charset="utf-8">\n  <meta http-equiv="Content-Security-Policy" content="{policy}">',
    )
    head, body = after_title.split("</head>")
    between, after = body.split("</body>")
    return Bundle(
        before, f"{head}<style>{styles}</style>\n</head>{between}", f"\n<script>{script}</script>\n</body>{after}"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def script_of(folder: Path, entry: str) -> str:
    """Return one classic script that does what the module `entry` does."""
    names: dict[Path, str] = {}
    parts: list[str] = []

    def add(path: Path, above: tuple[Path, ...]) -> str:
        if path in names:
            return names[path]
        if path in above:
            raise BundleError(f"{path.name} imports itself, by way of {above[-1].name}")
        source = path.read_text(encoding="utf-8")
        taken = []
        for wanted, target in _IMPORT.findall(source):
            module = add((path.parent / target).resolve(), (*above, path))
            taken.append(f"const {{{_renamed(wanted)}}} = {module};")
        body = _IMPORT.sub("", source)
        offered = [name for _kind, name in _EXPORT.findall(body)]
        for several in _EXPORT_LIST.findall(body):
            offered += [name.strip() for name in several.split(",")]
        body = re.sub(r"^export (?=async|function|const|class)", "", body, flags=re.MULTILINE)
        left = _LEFT.search(_without_comments(body))
        if left is not None:
            raise BundleError(f"{path.name}: {left[0].strip()} cannot be bundled")
        names[path] = f"_{len(names)}"
        parts.append(
            f"const {names[path]} = (() => {{\n{''.join(taken)}\n{body}\nreturn {{{', '.join(offered)}}};\n}})();"
        )
        return names[path]

    add((folder / entry).resolve(), ())
    return '"use strict";\n(() => {\n' + "\n".join(parts) + "\n})();\n"


def _renamed(wanted: str) -> str:
    """`a, b as c` of an import is `a, b: c` of a constant."""
    return re.sub(r"(\w+) as (\w+)", r"\1: \2", " ".join(wanted.split()))


def _without_comments(source: str) -> str:
    return re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
