"""What a preview is drawn with: the page's colours of the light theme, one font, lines with a rim. Lengths in pixels.

Everything is drawn three times as large and made smaller at the end, so that edges are smooth.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

SCALE = 3
PAPER, INK, MUTED, LINE, HALO = "#f4f6f7", "#15212c", "#52616e", "#d3dae0", "#ffffff"
VARIANTS = ("#b8390e", "#0b5cad", "#00694b", "#8f3f86")
TONES = {"converged": "#00694b", "diverged": "#a83208", "solved": "#00694b"}
HEIGHTS = ((0.775, 0.062, 238), (0.885, 0.04, 205), (0.955, 0.022, 110), (0.93, 0.04, 75))
"""Stops of the height scale in OKLCH, as in the page's palette."""
BANDS = 16

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
"""left, top, right, bottom"""


class Sheet:
    """A picture to be drawn on, in the pixels that it will have at the end."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self.image = Image.new("RGB", (SCALE * width, SCALE * height), PAPER)
        self.draw = ImageDraw.Draw(self.image)

    def finished(self) -> Image.Image:
        """Return the picture at its own size."""
        return self.image.resize(self._size, Image.Resampling.LANCZOS)

    def text(self, x: float, y: float, words: str, size: float, colour: str = INK, room: float = 1e9) -> None:
        """Write one line with its top left corner at (x, y), cut off with an ellipsis where there is no `room`."""
        self.draw.text((SCALE * x, SCALE * y), fitted(words, size, room), fill=colour, font=font(size))

    def text_right(self, x: float, y: float, words: str, size: float, colour: str = INK) -> None:
        """Write one line that ends at x."""
        self.text(x - width_of(words, size), y, words, size, colour)

    def line(self, points: Floats, colour: str, width: float) -> None:
        """Draw through points `(n, 2)`; what is not finite breaks the line."""
        finite = np.asarray(np.isfinite(points).all(axis=1))
        for run in np.split(np.arange(len(points)), np.flatnonzero(~finite)):
            run = np.compress(finite[run], run)
            if len(run) > 1:
                path = [(SCALE * x, SCALE * y) for x, y in np.clip(points[run], -1e4, 1e4)]
                self.draw.line(path, fill=colour, width=round(SCALE * width), joint="curve")

    def box(self, box: Box, fill: str | None = None, outline: str | None = None, radius: float = 0) -> None:
        """Draw a rectangle."""
        corners = [SCALE * value for value in box]
        self.draw.rounded_rectangle(corners, radius=SCALE * radius, fill=fill, outline=outline, width=SCALE)

    def dot(self, x: float, y: float, radius: float, fill: str, rim: str = HALO) -> None:
        """Draw a disc with a rim."""
        for size, colour in ((radius + 1.5, rim), (radius, fill)):
            self.draw.ellipse([SCALE * value for value in (x - size, y - size, x + size, y + size)], fill=colour)

    def paste(self, pixels: npt.NDArray[np.uint8], box: Box) -> None:
        """Put an array `(rows, columns, 3)` into a box."""
        left, top, right, bottom = (round(SCALE * value) for value in box)
        picture = Image.fromarray(pixels, "RGB").resize((right - left, bottom - top), Image.Resampling.BICUBIC)
        self.image.paste(picture, (left, top))


@cache
def font(size: float) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font, which is part of the package and the same everywhere."""
    found = ImageFont.load_default(SCALE * size)
    assert isinstance(found, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return found


def width_of(words: str, size: float) -> float:
    """Return the length of a line."""
    return font(size).getlength(readable(words)) / SCALE


def fitted(words: str, size: float, room: float) -> str:
    """Cut a line off so that it fits."""
    words = readable(words)
    if width_of(words, size) <= room:
        return words
    while words and width_of(words + "...", size) > room:
        words = words[:-1]
    return words.rstrip() + "..."


_REPLACED = str.maketrans({"\u00a0": " ", "\u2009": " ", "−": "-", "–": "-", "—": "-", "…": "...", "≈": "~", "×": "x"})


def readable(words: str) -> str:
    """Replace what the font has no letters for: accents that it lacks are dropped, other scripts become a dot."""
    found = []
    for letter in words.translate(_REPLACED):
        if _has(letter):
            found.append(letter)
        else:
            plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if _has(part))
            found.append(plain or "·")
    return "".join(found)


@cache
def _has(letter: str) -> bool:
    """Say whether the font has a letter, by whether it looks other than one that no font has."""
    if letter.isspace():
        return True
    face = font(20)
    return bytes(face.getmask(letter)) != bytes(face.getmask("\U0010ffff"))


Stops = tuple[tuple[float, float, float], ...]


@cache
def band_colours(heights: Stops = HEIGHTS, count: int = BANDS) -> npt.NDArray[np.uint8]:
    """Return the colours of the bands `(count, 3)`, from low to high, between `heights` in OKLCH."""
    shares = np.linspace(0, 1, count) * (len(heights) - 1)
    lightness, chroma, hue = np.array(heights).T
    lab = np.stack([lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))])
    mixed = np.stack([np.interp(shares, np.arange(len(heights)), channel) for channel in lab])
    return _rgb(mixed)


def _rgb(lab: Floats) -> npt.NDArray[np.uint8]:
    """OKLab `(3, n)` to sRGB `(n, 3)`, Ottosson (2020)."""
    to_lms = np.array([
        [1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]
    ])  # fmt: skip
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.707614701],
        ]
    )
    linear = np.clip(to_linear @ (to_lms @ lab) ** 3, 0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(255 * shown), dtype=np.uint8).T
