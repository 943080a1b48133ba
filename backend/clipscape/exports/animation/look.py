"""What an animation is drawn with: the page's colours in both themes; text, lines, shapes, drawn twice as large."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import cos, hypot, pi, sin

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor, ImageDraw, ImageFont

from clipscape.preview_ink import HEIGHTS, VARIANTS, band_colours, readable

SCALE = 2
"""Everything is drawn so many times as large and made smaller at the end, so that edges are smooth."""

Floats = npt.NDArray[np.float64]
Colour = tuple[int, int, int]
Place = Sequence[float] | Floats
"""x and y on the picture."""


@dataclass(frozen=True)
class Look:
    """The colours of a theme, under the names of the page's palette and style sheet."""

    sheet: str
    paper: str
    ink: str
    muted: str
    line: str
    halo: str
    good: str
    bad: str
    accent: str
    variants: tuple[str, ...]
    heights: tuple[tuple[float, float, float], ...]
    """Stops of the height scale in OKLCH."""
    heat: tuple[tuple[float, float, float], ...]
    """Likewise of the scale of gradients: what vanishes fades into the page."""


LOOKS = {
    "light": Look(
        "#f4f6f7", "#ffffff", "#15212c", "#52616e", "#d3dae0", "#ffffff", "#00694b", "#a83208", "#14506b",
        VARIANTS, HEIGHTS,
        ((0.965, 0.012, 215), (0.87, 0.07, 210), (0.73, 0.115, 230), (0.57, 0.155, 270), (0.43, 0.17, 320),
         (0.27, 0.11, 5)),
    ),
    "dark": Look(
        "#0e1318", "#141b22", "#e9eef2", "#a3b1bd", "#33404c", "#0e1318", "#4fd6a5", "#ff9a75", "#8fd0ee",
        ("#ff8a5c", "#74b8ff", "#4fd6a5", "#e79be0"),
        ((0.2, 0.045, 250), (0.275, 0.045, 225), (0.345, 0.035, 180), (0.43, 0.03, 95)),
        ((0.215, 0.025, 250), (0.33, 0.09, 280), (0.47, 0.16, 320), (0.63, 0.185, 15), (0.79, 0.15, 65),
         (0.95, 0.08, 100)),
    ),
}  # fmt: skip
_UNUSED = (255, 0, 255)
"""What the rest of a palette holds: nothing that is drawn is near it, so its places are never taken."""
UNCHANGED = 255
"""The place in the palette that stands for a pixel of the frame before."""
SHAPES = ("circle", "square", "triangle", "diamond")


def bands_of(look: Look) -> npt.NDArray[np.uint8]:
    """Return the colours of the height bands, low to high `(16, 3)`."""
    return band_colours(look.heights)


def heat_colours(look: Look) -> npt.NDArray[np.uint8]:
    """Return the colours of gradients, low to high `(40, 3)`."""
    return band_colours(look.heat, 40)


@cache
def palette_of(theme: str, *, heat: bool = False) -> Image.Image:
    """Return a picture whose palette holds every colour of a theme, and what their edges need: at most 255.

    With `heat` the colours are those of networks instead of those of landscapes.
    """
    look = LOOKS[theme]
    bands = [tuple(int(part) for part in band) for band in (heat_colours(look) if heat else bands_of(look))]
    exact = [_rgb(name) for name in (look.sheet, look.paper, look.ink, look.muted, look.line, look.halo, look.good,
                                     look.bad, look.accent, *look.variants)]  # fmt: skip
    mixed: list[Colour] = []
    paper, sheet, halo = _rgb(look.paper), _rgb(look.sheet), _rgb(look.halo)
    for name, share in product((look.ink, look.muted, look.good, look.bad, *look.variants), (0.25, 0.5, 0.75)):
        mixed += [_between(_rgb(name), paper, share), _between(_rgb(name), sheet, share)]
    for name, share in product(look.variants, (0.15, 0.35, 0.5, 0.65, 0.85)):
        mixed.append(_between(_rgb(name), halo, share))
    below = [] if heat else bands  # nothing is drawn over the colours of gradients
    for name, band in product(look.variants, below[::2]):
        mixed.append(_between(_rgb(name), band, 0.5))
    for band in below:
        mixed += [_between(halo, band, 0.5), _between(_rgb(look.ink), band, 0.5)]
    colours = list(dict.fromkeys([*exact, *bands, *mixed]))[:255]
    picture = Image.new("P", (1, 1))
    unused = [_UNUSED] * (256 - len(colours))
    picture.putpalette([part for colour in (*colours, *unused) for part in colour])
    return picture


def _rgb(name: str) -> Colour:
    red, green, blue = ImageColor.getrgb(name)[:3]
    return red, green, blue


def _between(one: Sequence[int], other: Sequence[int], share: float) -> Colour:
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def faded(colour: str, ground: str, share: float) -> str:
    """Return a colour that lets the ground through."""
    return "#{:02x}{:02x}{:02x}".format(*_between(_rgb(colour), _rgb(ground), share))


@cache
def font(size: float) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font, the same everywhere."""
    found = ImageFont.load_default(SCALE * size)
    assert isinstance(found, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return found


class Canvas:
    """A picture to be drawn on, in the pixels that it will have at the end."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.draw = ImageDraw.Draw(image)

    @classmethod
    def blank(cls, width: float, height: float, colour: str) -> Canvas:
        """Return an empty one."""
        return cls(Image.new("RGB", (round(SCALE * width), round(SCALE * height)), colour))

    def copy(self) -> Canvas:
        """Return one that begins with the same picture."""
        return Canvas(self.image.copy())

    def paste(self, other: Canvas, x: float, y: float) -> None:
        """Put a picture into this one."""
        self.image.paste(other.image, (round(SCALE * x), round(SCALE * y)))

    def text(
        self, x: float, y: float, words: str, size: float, colour: str, anchor: str = "ls", room: float = 1e9
    ) -> float:
        """Write one line on the baseline y, from x or (anchor "rs") up to it; return its width."""
        face, words = font(size), readable(words)
        while words and face.getlength(words) > SCALE * room:
            words = words[:-4] + "..." if words.endswith("...") else words[:-1] + "..."
        self.draw.text((SCALE * x, SCALE * y), words, fill=colour, font=face, anchor=anchor)
        return face.getlength(words) / SCALE

    def line(self, points: Iterable[Place], colour: str, width: float) -> None:
        """Draw through points; far away ones are brought near, what is not finite breaks the line."""
        run: list[tuple[float, float]] = []
        for x, y in [*points, (float("nan"), 0.0)]:
            if abs(x) < float("inf") and abs(y) < float("inf"):
                run.append((SCALE * max(-1e4, min(1e4, x)), SCALE * max(-1e4, min(1e4, y))))
                continue
            if len(run) > 1:
                self.draw.line(run, fill=colour, width=max(1, round(SCALE * width)), joint="curve")
            run = []

    def dashes(self, start: Place, end: Place, colour: str, width: float, dash: float = 5) -> None:
        """Draw a dashed line."""
        length = hypot(end[0] - start[0], end[1] - start[1])
        for place in np.arange(0, length, 2 * dash):
            parts = [place / length, min(1.0, (place + dash) / length)]
            points = [[start[axis] + (end[axis] - start[axis]) * part for axis in (0, 1)] for part in parts]
            self.line(points, colour, width)

    def box(
        self, x: float, y: float, width: float, height: float, fill: str | None, outline: str | None, radius: float = 0
    ) -> None:
        """Draw a rectangle."""
        corners = [SCALE * value for value in (x, y, x + width, y + height)]
        self.draw.rounded_rectangle(corners, radius=SCALE * radius, fill=fill, outline=outline, width=SCALE)

    def polygon(self, points: Iterable[Place], fill: str) -> None:
        """Fill a shape."""
        self.draw.polygon([(SCALE * x, SCALE * y) for x, y in points], fill=fill)

    def marker(self, index: int, x: float, y: float, radius: float, look: Look, rim: float = 1.5) -> None:
        """Draw the shape of a variant with a rim."""
        for size, colour in ((radius + rim, look.paper), (radius, look.variants[index])):
            self._shape(SHAPES[index], x, y, size, colour)

    def _shape(self, shape: str, x: float, y: float, r: float, colour: str) -> None:
        if shape == "circle":
            self.draw.ellipse([SCALE * value for value in (x - r, y - r, x + r, y + r)], fill=colour)
            return
        corners = {"square": 4, "triangle": 3, "diamond": 4}[shape]
        turn = pi / 4 if shape == "square" else -pi / 2
        size, down = (1.25 * r, 0.15 * r if shape == "triangle" else 0)
        angles = [turn + 2 * pi * corner / corners for corner in range(corners)]
        self.polygon([(x + size * cos(angle), y + down + size * sin(angle)) for angle in angles], colour)

    def ring(self, x: float, y: float, radius: float, look: Look) -> None:
        """Mark a start."""
        for size, colour in (
            (radius + 1.5, look.halo),
            (radius, look.ink),
            (radius - 1.75, look.halo),
            (1.6, look.ink),
        ):
            self.draw.ellipse([SCALE * value for value in (x - size, y - size, x + size, y + size)], fill=colour)

    def cross(self, x: float, y: float, radius: float, look: Look) -> None:
        """Mark a minimum."""
        for width, colour in ((4.0, look.halo), (1.75, look.ink)):
            self.line([(x - radius, y), (x + radius, y)], colour, width)
            self.line([(x, y - radius), (x, y + radius)], colour, width)

    def arrow(
        self,
        start: Place,
        end: Place,
        colour: str,
        width: float,
        look: Look,
        *,
        dashed: bool = False,
    ) -> None:
        """Draw an arrow with a rim."""
        length = hypot(end[0] - start[0], end[1] - start[1])
        if not 1 < length < 1e4:
            return
        ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
        tip = min(3 + 3 * width, 0.6 * length)
        neck = (end[0] - 0.8 * tip * ux, end[1] - 0.8 * tip * uy)
        self.line([start, neck], look.halo, width + 2.5)
        if dashed:
            self.dashes(start, neck, colour, width, 4)
        else:
            self.line([start, neck], colour, width)
        for size, ink in ((tip + 2, look.halo), (tip, colour)):
            front = (end[0] + (size - tip) * ux * 0.5, end[1] + (size - tip) * uy * 0.5)
            sides = [
                (front[0] - size * ux + side * size * uy / 2, front[1] - size * uy - side * size * ux / 2)
                for side in (-1, 1)
            ]
            self.polygon([front, *sides], ink)

    def reduced(self) -> Image.Image:
        """Return the picture at its own size."""
        return self.image.reduce(SCALE)
