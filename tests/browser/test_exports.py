"""Taking a comparison away, and bringing one."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
from acting import MAIN, Visit, experiment, settled
from mapping import SMALL as MAP
from mapping import SWEEP, mapped
from PIL import Image
from playwright.sync_api import Page, expect
from training import SMALL as TRAINING
from training import asked as lab_asked
from training import document as lab_document
from training import trained

import clipscape
from clipscape.preview_ink import VARIANTS

SVG = "{http://www.w3.org/2000/svg}"

OPEN_FILE = "Scenario file (JSON)"


def opened(page: Page) -> None:
    page.get_by_role("button", name="Export pictures, numbers and code").click()
    expect(page.locator(".export-code")).to_contain_text("import numpy as np", timeout=20_000)


def bring(page: Page, link: str) -> None:
    page.get_by_label("A link of any form").fill(link)
    page.get_by_role("button", name="Open", exact=True).click()


def taken(page: Page, button: str) -> tuple[str, Path]:
    """Press a button of the dialog; return the name and the place of the file that comes."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value.suggested_filename, Path(download.value.path())


def points_of(line: ElementTree.Element) -> Any:
    return np.array([place.split(",") for place in line.get("points", "").split()], dtype=float)


def path_of(panel: ElementTree.Element, colour: str) -> Any:
    """Return the points of the path that was walked: `(n, 2)`, where the map is 0 .. 1 across and up."""
    [field] = list(panel.iter(f"{SVG}use"))
    name = field.get("{http://www.w3.org/1999/xlink}href", "").removeprefix("#")
    lines = [
        line
        for line in panel.iter(f"{SVG}polyline")
        if (line.get("stroke"), line.get("stroke-width")) == (colour, "1.5")
    ]
    [walked] = lines
    return points_of(walked), np.array([float(field.get("x", "")), float(field.get("y", ""))]), name


def test_a_picture_shows_the_numbers_of_the_moment_on_screen(page: Page) -> None:
    page.evaluate(f"async () => ({MAIN}).playback.seek(40)")
    opened(page)
    name, file = taken(page, "Drawing (SVG)")
    assert name == "clipscape-cliff-step-40-light.svg"
    drawing = ElementTree.parse(file).getroot()
    texts = {text.text for text in drawing.iter(f"{SVG}text")}
    result = clipscape.run("?")
    assert {"The cliff", "step 40 of 300", *result, *(variant.headline for variant in result.variants)} <= texts
    assert (
        clipscape.Scenario.read(re.search(r"#1\.\S+", drawing.findtext(f"{SVG}desc"))[0]).document.experiment
        == result.scenario.document.experiment
    )
    (left, right), (bottom, top) = result.problem.window
    for index, variant in list(enumerate(result.variants))[1:]:
        [panel] = [group for group in drawing.iter(f"{SVG}g") if group.get("id") == f"panel-{index}"]
        drawn, corner, picture = path_of(panel, VARIANTS[index])
        [field] = [image for image in drawing.iter(f"{SVG}image") if image.get("id") == picture]
        size = np.array([float(field.get("width", "")), float(field.get("height", ""))])
        share = (variant.params[:41] - [left, bottom]) / [right - left, top - bottom]
        expected = corner + size * np.stack([share[:, 0], 1 - share[:, 1]], axis=1)
        off = np.linalg.norm(expected[:, None] - drawn[None], axis=2).min(axis=1)
        assert off.max() < 0.3, "every step is on the line"
        assert np.allclose(drawn[0], expected[0], atol=0.01)
        assert np.allclose(drawn[-1], expected[-1], atol=0.01)
    [curve] = [group for group in drawing.iter(f"{SVG}g") if group.get("id") == "curve-loss"]
    lines = [
        points_of(line)
        for line in curve.iter(f"{SVG}polyline")
        if line.get("stroke") == VARIANTS[1] and line.get("fill") == "none"
    ]
    heights = np.log(result["Norm"].loss)
    slope, shift = np.polyfit(heights, lines[0][:, 1], 1)
    assert np.allclose(slope * heights + shift, lines[0][:, 1], atol=0.02), (
        "the loss of every step, on a logarithmic axis"
    )

    page.get_by_label("Colours").select_option("dark")
    page.get_by_label("Size of PNG").select_option("1")
    name, file = taken(page, "Picture (PNG)")
    assert name == "clipscape-cliff-step-40-dark-1280px.png"
    with Image.open(file) as picture:
        assert picture.format == "PNG"
        assert picture.width == 1280
        assert picture.height == float(drawing.get("height", ""))
        colours = {
            "#{:02x}{:02x}{:02x}".format(*colour[:3]) for _count, colour in picture.convert("RGB").getcolors(2**24)
        }
    assert {"#ff8a5c", "#74b8ff", "#4fd6a5"} <= colours, "the variants in the colours of the dark theme"
    expect(page.locator(".export-state")).to_have_text(f"Saved as {name}.")


def drawing_of(page: Page) -> tuple[str, ElementTree.Element]:
    page.get_by_role("button", name="Export pictures, numbers and code").click()
    name, file = taken(page, "Drawing (SVG)")
    return name, ElementTree.parse(file).getroot()


def group_of(drawing: ElementTree.Element, name: str) -> ElementTree.Element:
    [group] = [group for group in drawing.iter(f"{SVG}g") if group.get("id") == name]
    return group


def test_a_training_is_taken_away_as_a_picture_of_its_gradients_matrix_and_curves_and_as_a_script(
    visit: Visit, site: Any
) -> None:
    page = visit(TRAINING, wait=False)
    trained(page)
    [start], chunks, [end] = (
        lab_asked(site.url, lab_document(page)["experiment"])[name] for name in ("start", "chunk", "end")
    )
    page.wait_for_selector(".lab-plane-map:not(.is-empty)")
    name, drawing = drawing_of(page)
    assert name == f"clipscape-tanh_rnn-update-{start['n_steps']}-light.svg"
    texts = [text.text for text in drawing.iter(f"{SVG}text")]
    assert [one["outcome"]["headline"] in texts for one in end["variants"]] == [True] * 3
    for index in range(3):
        gauge = group_of(drawing, f"gauge-{index}")
        [line] = [one for one in gauge.iter(f"{SVG}polyline") if one.get("stroke-width") == "1.75"]
        matrix = np.concatenate([chunk["variants"][index]["probes"]["largest_singular_value"] for chunk in chunks])
        heights = points_of(line)[:, 1]
        assert len(heights) == len(matrix)
        slope, shift = np.polyfit(matrix, heights, 1)
        assert np.allclose(slope * matrix + shift, heights, atol=0.02)
        assert slope < 0
        assert len(list(group_of(drawing, f"heat-{index}").iter(f"{SVG}use"))) == 1
    assert {f"curve-{name}" for name in ("loss", "norm", "ratio")} <= {
        group.get("id") for group in drawing.iter(f"{SVG}g")
    }
    assert len(list(group_of(drawing, "plane").iter(f"{SVG}use"))) == 1
    expect(page.get_by_role("button", name="Animation (GIF)")).to_be_visible()
    expect(page.locator(".export-code")).to_contain_text("def tanh_step_backward(", timeout=20_000)
    page.get_by_label("PyTorch").check()
    expect(page.locator(".export-code")).to_contain_text("torch.nn.RNN(6, HIDDEN)")
    expect(page.locator(".export-state")).to_have_text("")


def test_a_picture_of_a_map_counts_what_the_cells_show(visit: Visit) -> None:
    page = visit(MAP, wait=False)
    mapped(page)
    counted = page.evaluate(
        f"""async () => {{
          const {{ countsOf }} = await import('./js/plots/mapWords.js');
          const {{ inksFor }} = await import('./js/plots/inks.js');
          const sweep = {SWEEP};
          const {{ inks, special }} = inksFor('light', 1);
          const {{ fill }} = inks[special.converged];
          const colour = [fill & 255, (fill >> 8) & 255, (fill >> 16) & 255];
          return {{ colour, counts: sweep.variants.map((_, variant) => countsOf(sweep, variant)) }};
        }}"""
    )
    converging = tuple(counted["colour"])
    name, drawing = drawing_of(page)
    assert name == "clipscape-cliff-map-outcome-light.svg"
    pictures = {image.get("id"): image for image in drawing.iter(f"{SVG}image")}
    for variant, counts in enumerate(counted["counts"]):
        group = group_of(drawing, f"map-{variant}")
        words = [text.text for text in group.iter(f"{SVG}text")]
        assert f"{round(100 * counts['converged'] / 144)} %" in words
        reference = next(group.iter(f"{SVG}use")).get("{http://www.w3.org/1999/xlink}href", "")
        data = pictures[reference.removeprefix("#")].get("{http://www.w3.org/1999/xlink}href", "")
        with Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))) as picture:
            colours = picture.convert("RGB").getcolors(2**24)
        assert colours is not None
        total = sum(count for count, _colour in colours)
        converged = sum(count for count, colour in colours if colour == converging)
        assert abs(converged / total - counts["converged"] / 144) < 0.01, "as much of the map as of its cells"


def test_an_animation_can_be_stopped_and_a_server_that_is_away_is_told(visit: Visit, complaints: list[str]) -> None:
    page = visit("/?n_steps=5")
    opened(page)
    make = page.get_by_role("button", name="Animation (GIF)")
    page.route("**/export/gif/stream*", lambda _route: None)
    make.click()
    expect(page.get_by_role("progressbar", name="Frames drawn")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    expect(make).to_be_focused()
    expect(page.locator(".export-state")).to_have_text("")
    page.unroute("**/export/gif/stream*")
    page.route("**/export/csv", lambda route: route.abort())
    page.get_by_role("button", name="Table (CSV)").click()
    expect(page.locator(".export-state")).to_contain_text("The server cannot be reached; it is asked again")
    with page.expect_download():
        page.unroute("**/export/csv")
    expect(page.locator(".export-state")).to_have_text("Saved as clipscape-cliff.csv.")
    complaints[:] = [one for one in complaints if "Failed to load resource" not in one]
    name, file = taken(page, "Animation (GIF)")
    assert name == "clipscape-cliff-light.gif"
    assert file.read_bytes() == clipscape.run("?n_steps=5").to_gif()
    name, file = taken(page, "Page that plays (HTML)")
    assert name == "clipscape-cliff-playing.html"
    assert b'<script type="application/json" id="run">' in file.read_bytes()


def test_code_and_numbers_are_taken_away_and_files_and_links_brought_or_refused(page: Page, tmp_path: Path) -> None:
    opened(page)
    scenario = clipscape.Scenario.read("?")
    assert page.locator(".export-code").inner_text().strip() == scenario.code("numpy").strip()
    page.get_by_label("Lines to paste").check()
    expect(page.locator(".export-code")).to_contain_text("optax.chain(")
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (CSV)").click()
    assert download.value.suggested_filename == "clipscape-cliff.csv"
    assert Path(download.value.path()).read_bytes().decode() == clipscape.run(scenario).to_csv()

    broken = tmp_path / "broken.json"
    broken.write_text('{"version": 1,')
    page.get_by_label(OPEN_FILE).set_input_files(broken)
    expect(page.locator(".export-state")).to_contain_text("This file is not JSON, or was cut off")
    for link, words in (
        ("nonsense", "neither a scenario file nor a link"),
        ("#1.AAAA", "damaged"),
        ("https://elsewhere.example/s/7hq2mzkd94tw", "kept by another server"),
    ):
        bring(page, link)
        expect(page.locator(".export-state")).to_contain_text(words)
    assert experiment(page)["problem"]["kind"] == "cliff"

    page.get_by_label("numpy").check()
    file = tmp_path / "run.json"
    clipscape.run("ravine-turn", n_steps=20).save(file)
    page.get_by_label(OPEN_FILE).set_input_files(file)
    expect(page.locator("dialog[open]")).to_have_count(0)
    settled(page)
    assert experiment(page)["problem"]["kind"] == "ravine"
    for link, kind in (("?preset=canyon-bends", "canyon"), (clipscape.Scenario.read("?problem=beale").link(), "beale")):
        opened(page)
        bring(page, link)
        expect(page.locator("dialog[open]")).to_have_count(0)
        settled(page)
        assert experiment(page)["problem"]["kind"] == kind
