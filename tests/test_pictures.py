"""What pictures are drawn with has one source: the page's style sheet."""

from __future__ import annotations

import json
import re
from pathlib import Path

from clipscape.exports.animation.look import LOOKS

FRONTEND = Path(__file__).parents[1] / "frontend"


def test_pictures_have_the_shades_of_the_page() -> None:
    sheet = (FRONTEND / "css" / "tokens.css").read_text()
    shades = (FRONTEND / "js" / "plots" / "plate" / "words.js").read_text()
    blocks = {"light": r":root \{(.*?)\}", "dark": r":root\[data-theme=\"dark\"\] \{(.*?)\}"}
    for theme, block in blocks.items():
        tokens = dict(re.findall(r"--([\w-]+): (#\w{6});", re.search(block, sheet, re.DOTALL)[1]))
        table = dict(
            re.findall(r"\"?([\w-]+)\"?: \"(#\w{6})\"", re.search(rf"{theme}: \{{(.*?)\}}", shades, re.DOTALL)[1])
        )
        assert table.pop("sheet") == tokens["paper"]
        assert len(table) > 5
        assert table == {name: tokens[name] for name in table}


def test_animations_have_the_colours_of_the_page() -> None:
    sheet = (FRONTEND / "css" / "tokens.css").read_text()
    palette = (FRONTEND / "js" / "plots" / "palette.js").read_text()
    blocks = {"light": r":root \{(.*?)\}", "dark": r":root\[data-theme=\"dark\"\] \{(.*?)\}"}
    for theme, block in blocks.items():
        tokens = dict(re.findall(r"--([\w-]+): (#\w{6});", re.search(block, sheet, re.DOTALL)[1]))
        look = LOOKS[theme]
        assert (look.sheet, look.paper, look.good, look.bad) == tuple(
            tokens[n] for n in ("paper", "surface", "good", "bad")
        )
        assert (look.ink, look.muted, look.accent) == tuple(tokens[n] for n in ("ink", "muted", "accent"))
        found = re.findall(rf"{theme}: (\[.*?\]),\n", palette)
        assert list(look.variants) == json.loads(found[0])
        assert [list(stop) for stop in look.heights] == json.loads(found[1])
