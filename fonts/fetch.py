"""Fetch the bundled faces, cut them to what plates need, write `fonts/README.md`.

Build-time only; nothing that draws or reads plates imports this. It needs `fonttools` and `brotli`
(woff2), `npm` for the Fontsource packages, `apt-get` and `dpkg` for the Debian ones, and the
network. Run it as `python fonts/fetch.py`; the same package versions give the same bytes.

Every face is reduced to the letters, digits and marks of plates, without hinting and layout
tables. The copyright and licence records of the
name table stay. The SIL Open Font License, version 1.1, condition 3, forbids a changed font to use
a Reserved Font Name: such a face gets a name of this project's own (`renamed` below).
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from platewright.region import load_region, region_codes
from platewright.region.choice import KINDS

HERE = Path(__file__).resolve().parent
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ÄÖÜ -.·&'/():"
CYRILLIC = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁІЇЄҐ"
MARKED = "ČĆĐŠŽ"
WESTERN = "ÅÆØÑÕ"
# Signs of China's provinces and of kinds of vehicles: GA 36-2018, table 3 and section 5.
CHINESE = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新警学港澳使领挂试超"
# Signs of use on Korean plates: the ministry's notice on registration plates, table 2.
KOREAN = (
    "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주"  # private
    "허하호바사아자배"  # hired, commercial, deliveries
)
WEIGHTS = {400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold"}
CUT_TABLES = (
    "GDEF", "GPOS", "GSUB", "DSIG", "kern", "meta", "STAT", "FFTM", "BASE", "VORG", "vhea", "vmtx",
)  # fmt: skip
# Name records: family, unique id, full name, PostScript name, typographic family, WWS family.
NAMED_BY_FAMILY = (1, 3, 4, 6, 16, 21)
NAMED_BY_STYLE = (17, 18, 20, 22, 25)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One face: where it comes from and what it is called here.

    Attributes:
        family: the family's name as its authors give it.
        package: npm package with `@` in front, or a Debian package.
        version: the package's version.
        weight: 400 to 700, as in CSS.
        path: file inside a Debian package; empty for npm, whose file names follow from the weight.
        cyrillic: whether the package's separate Cyrillic file is merged in.
        signs: (Fontsource package, characters) of what else is merged in, of the same weight.
        renamed: the family's name here, where a Reserved Font Name forbids the authors' one.
        licence: short name of the licence.
        suffix: weight as the file name says it, where the weight's own name won't do.
        folder: where it lies under `fonts/`, `legends` for faces of legends only.
    """

    family: str
    package: str
    version: str
    weight: int = 400
    path: str = ""
    cyrillic: bool = False
    signs: tuple[tuple[str, str], ...] = ()
    renamed: str = ""
    licence: str = "OFL-1.1"
    suffix: str = ""
    folder: str = ""

    @property
    def name(self) -> str:
        """The family's name as this project ships it."""
        return self.renamed or self.family

    @property
    def style(self) -> str:
        """The weight in words, `SemiBold`."""
        return self.suffix or WEIGHTS[self.weight]

    @property
    def stem(self) -> str:
        """File name without its ending, `BarlowCondensed-SemiBold`."""
        return f"{self.name.replace(' ', '')}-{self.style}"


def fontsource(
    name: str,
    weight: int,
    *,
    renamed: str = "",
    cyrillic: bool = False,
    family: str = "",
    folder: str = "",
) -> Source:
    """Return the source of one weight of a Fontsource package, `barlow-condensed`."""
    family = family or name.replace("-", " ").title()
    package = f"@fontsource/{name}"
    return Source(
        family=family, package=package, version="5.3.0", weight=weight, cyrillic=cyrillic,
        renamed=renamed, folder=folder,
    )  # fmt: skip


ROADGEEK = "usr/share/fonts/truetype/roadgeek/RG2014"
ROUTED = "usr/share/fonts/truetype/routed-gothic/routed-gothic"
ROUTED_VERSION = "1.0.0+git20210723.e22ee83+dfsg-2"
SOURCES = (
    fontsource("alumni-sans", 600, cyrillic=True),
    fontsource("antonio", 600),
    fontsource("archivo-narrow", 600),
    fontsource("b612-mono", 700, family="B612 Mono"),
    fontsource("barlow", 600),
    fontsource("barlow-condensed", 600),
    fontsource("barlow-semi-condensed", 500),
    fontsource("barlow-semi-condensed", 700),
    fontsource("bebas-neue", 400),
    fontsource("big-shoulders-display", 700),
    fontsource("black-ops-one", 400),
    fontsource("chakra-petch", 600),
    fontsource("cousine", 700, cyrillic=True),
    fontsource("dosis", 700),
    fontsource("francois-one", 400),
    fontsource("jetbrains-mono", 600, cyrillic=True, family="JetBrains Mono"),
    fontsource("libre-baskerville", 700),
    fontsource("norwester", 400, renamed="Northplate"),
    fontsource("oswald", 500, cyrillic=True),
    fontsource("overpass", 600, cyrillic=True),
    fontsource("overpass-mono", 600, cyrillic=True),
    fontsource("oxanium", 600),
    fontsource("pathway-gothic-one", 400, renamed="Trackplate"),
    fontsource("quantico", 700, renamed="Chamferplate"),
    fontsource("rajdhani", 700),
    fontsource("roboto-condensed", 500, cyrillic=True),
    fontsource("roboto-condensed", 700, cyrillic=True),
    fontsource("russo-one", 400, renamed="Broadplate", cyrillic=True),
    fontsource("saira-extra-condensed", 600, renamed="Roundplate Extra Condensed"),
    fontsource("saira-semi-condensed", 600, renamed="Roundplate Semi Condensed"),
    fontsource("saira-stencil-one", 400, renamed="Roundplate Stencil"),
    fontsource("share-tech-mono", 400, renamed="Fixedplate"),
    fontsource("signika", 600),
    fontsource("staatliches", 400),
    fontsource("teko", 500),
    fontsource("titillium-web", 600),
    fontsource("zilla-slab", 700),
    Source(
        family="Noto Sans SC", package="@fontsource/noto-sans-sc", version="5.3.0", weight=700,
        renamed="Platesign", signs=(
            ("@fontsource/noto-sans-sc", WESTERN + CHINESE),
            ("@fontsource/noto-sans-kr", KOREAN),
            ("@fontsource/noto-sans", MARKED),
        ),
    ),
    Source(
        family="OSP-DIN", package="fonts-opendin", version="1.0-4",
        path="usr/share/fonts/truetype/opendin/OSP-DIN.ttf",
    ),
    Source(
        family="Roadgeek 2014", package="fonts-roadgeek", version="3.1-3", suffix="C",
        path=f"{ROADGEEK}C.ttf", licence="MIT",
    ),
    Source(
        family="Roadgeek 2014", package="fonts-roadgeek", version="3.1-3", suffix="D",
        path=f"{ROADGEEK}D.ttf", licence="MIT",
    ),
    Source(
        family="Roadgeek 2014", package="fonts-roadgeek", version="3.1-3", suffix="EM",
        path=f"{ROADGEEK}EM.ttf", licence="MIT",
    ),
    Source(
        family="Routed Gothic", package="fonts-routed-gothic", version=ROUTED_VERSION,
        path=f"{ROUTED}.ttf", renamed="Pantoplate",
    ),
    Source(
        family="Routed Gothic Narrow", package="fonts-routed-gothic", version=ROUTED_VERSION,
        path=f"{ROUTED}-narrow.ttf", renamed="Pantoplate Narrow",
    ),
    fontsource("courgette", 400, renamed="Penplate", folder="legends"),
    fontsource("kaushan-script", 400, renamed="Brushplate", folder="legends"),
    fontsource("merienda", 700, folder="legends"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ScriptSource:
    """One face of other scripts, for writing beside the registration.

    Attributes:
        stem: file name without its ending, as the package and this project have it.
        kinds: the scripts that are cut out of it, keys of `KINDS`.
        index: of the font in a collection; None for a single font.
    """

    stem: str
    kinds: tuple[str, ...]
    index: int | None = None

    @property
    def package(self) -> str:
        """The Debian package."""
        return "fonts-noto-core" if self.index is None else "fonts-noto-cjk"

    @property
    def version(self) -> str:
        """The package's version."""
        return "20201225-1" if self.index is None else "1:20220127+repack1-1"

    @property
    def path(self) -> str:
        """The file inside the package."""
        folder = "usr/share/fonts/" + ("opentype/noto" if self.index is not None else NOTO)
        return f"{folder}/{self.stem}.{'ttf' if self.index is None else 'ttc'}"

    @property
    def file(self) -> str:
        """The file's name here."""
        return f"{self.stem}.{'ttf' if self.index is None else 'otf'}"

    @property
    def text(self) -> str:
        """The characters that are kept."""
        blocks = {char for kind in self.kinds for char in block_characters(kind)}
        return "".join(sorted(blocks))


NOTO = "truetype/noto"
BLOCKS = {
    "arabic": ((0x0600, 0x06FF), (0xFB50, 0xFBFF), (0xFE70, 0xFEFC)),
    "thai": ((0x0E01, 0x0E5B),),
    "devanagari": ((0x0900, 0x097F),),
    "bengali": ((0x0980, 0x09FF),),
    "cyrillic": ((0x0400, 0x045F), (0x0490, 0x04FF)),
    "greek": ((0x0384, 0x03CE),),
    "hebrew": ((0x05D0, 0x05EA),),
    "khmer": ((0x1780, 0x17DD), (0x17E0, 0x17E9)),
    "burmese": ((0x1000, 0x104F),),
    "lao": ((0x0E81, 0x0EDD),),
    "ethiopic": ((0x1200, 0x135A),),
    "tamil": ((0x0B82, 0x0BEF),),
    "sinhala": ((0x0D82, 0x0DF4),),
    "armenian": ((0x0531, 0x0587),),
    "georgian": ((0x10D0, 0x10F0),),
    "japanese": ((0x3041, 0x3096), (0x30A1, 0x30FC)),
}
"""(first, last) code points that are kept of a script whole."""
# What signs, lorries and the plates of Taiwan, Hong Kong and Macau have beside `KINDS`' words.
COMMON = (
    "一二三四五六七八九十百千万中国人民共和大小上下左右前后内外东西南北春夏秋冬年月日时分秒"
    "省市县区州路街道号店场站门口山水火木金土石田河江湖海花草林米石车東西車門開關電話営業"
    "行走止入出口安全交通運輸物流快速公共学校病院医药銀行工程建設公園酒食品茶餐厅超商"
    "鲜蔬果汁書香竹梅兰风云雨雪光明天地本社员有限责任集团科技专用领使馆港澳試臨時特種軍警"
)
SCRIPT_SOURCES = (
    *(
        ScriptSource(stem=f"Noto{name}-{weight}", kinds=(kind,))
        for kind, names in (
            ("arabic", ("NaskhArabic", "SansArabic")),
            ("thai", ("SansThai", "LoopedThai")),
            ("devanagari", ("SansDevanagari", "SerifDevanagari")),
            ("bengali", ("SansBengali", "SerifBengali")),
            ("hebrew", ("SansHebrew", "SerifHebrew")),
            ("khmer", ("SansKhmer", "SerifKhmer")),
            ("burmese", ("SansMyanmar", "SerifMyanmar")),
            ("lao", ("SansLao",)),
            ("ethiopic", ("SansEthiopic",)),
            ("tamil", ("SansTamil",)),
            ("sinhala", ("SansSinhala",)),
            ("armenian", ("SansArmenian",)),
            ("georgian", ("SansGeorgian",)),
        )
        for name in names
        for weight in (("Bold", "Regular") if kind == "arabic" else ("Bold",))
    ),
    ScriptSource(stem="NotoSans-Bold", kinds=("cyrillic", "greek")),
    ScriptSource(stem="NotoSerif-Bold", kinds=("cyrillic", "greek")),
    *(
        ScriptSource(stem=stem, kinds=("chinese", "japanese", "korean"), index=2)
        for stem in ("NotoSansCJK-Bold", "NotoSansCJK-Regular", "NotoSerifCJK-Bold")
    ),
)


def block_characters(kind: str) -> set[str]:
    """Return what is kept of a script: its block, its words, and those of all regions' files."""
    kept = {chr(code) for low, high in BLOCKS.get(kind, ()) for code in range(low, high + 1)}
    kept |= KINDS[kind].characters
    if kind == "chinese":
        kept |= set(COMMON + CHINESE)
    for code in region_codes():
        for series in load_region(code).series:
            for choice in series.scripts:
                kept |= set("".join(choice.words)) if choice.kind == kind else set()
    return kept - set("|#@{} ")


def paragraph(path: Path) -> str:
    """Return the SIL Open Font License as a Debian copyright file has it, in a paragraph."""
    name = "OFL-1.1" if "\nLicense: OFL-1.1\n" in path.read_text("utf-8") else "SIL-1.1"
    text = path.read_text("utf-8").rpartition(f"\nLicense: {name}\n")[2].split("\nLicense: ")[0]
    lines = ("" if line.strip() == "." else line.removeprefix(" ") for line in text.split("\n"))
    return "\n".join(lines).rstrip() + "\n"


def fetch_scripts(scratch: Path) -> list[str]:
    """Fetch, cut and write the faces of other scripts and their licences; return README rows."""
    folder = HERE / "scripts"
    folder.mkdir(exist_ok=True)
    rows = []
    copyrights: dict[str, dict[str, None]] = {}
    for source in SCRIPT_SOURCES:
        place = fetch_package(source, scratch)
        font = cut(place / source.path, source.text, source.index or 0)
        font.save(folder / source.file, reorderTables=False)
        copyrights.setdefault(source.package, {})[font["name"].getDebugName(0)] = None
        licence_file = f"{source.package.removeprefix('fonts-')}.txt"
        head = f"Noto faces, cut to scripts of plates: {'; '.join(copyrights[source.package])}\n\n"
        licence = paragraph(place / "usr/share/doc" / source.package / "copyright")
        (HERE / "licences" / licence_file).write_text(head + licence, "utf-8")
        rows.append(
            f"| {source.stem.replace('-', ' ')} | scripts/{source.file} | `{source.package}` "
            f"{source.version} | OFL-1.1, [text](licences/{licence_file}) | "
            f"cut to {', '.join(source.kinds)} |"
        )
        print(source.stem)
    return rows


def fetch_package(source: Source | ScriptSource, folder: Path) -> Path:
    """Return the folder with the unpacked package, fetching it when it isn't there yet.

    Args:
        source: the face whose package is wanted.
        folder: where packages are unpacked, one folder each.

    Raises:
        subprocess.CalledProcessError: if the package client fails; it has said why.
    """
    place = folder / source.package.replace("/", "_").lstrip("@")
    if place.exists():
        return place
    download = folder / "download"
    download.mkdir(exist_ok=True)
    npm = source.package.startswith("@")
    command = (
        ["npm", "pack", "--silent", f"{source.package}@{source.version}"]
        if npm
        else ["apt-get", "download", "-q", f"{source.package}={source.version}"]
    )
    subprocess.run(command, cwd=download, check=True, stdout=subprocess.DEVNULL)
    (archive,) = download.iterdir()
    if npm:
        with tarfile.open(archive) as tar:
            tar.extractall(place, filter="data")
    else:
        subprocess.run(["dpkg", "-x", str(archive), str(place)], check=True)
    archive.unlink()
    return place


def pieces(source: Source, folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the font files that make up one face and what to take of each, Latin first."""
    place = fetch_package(source, folder)
    if source.path:
        yield place / source.path, LATIN
        return
    name = source.package.split("/")[1]
    ending = f"{source.weight}-normal.woff2"
    yield place / "package" / "files" / f"{name}-latin-{ending}", LATIN
    if source.cyrillic:
        yield place / "package" / "files" / f"{name}-cyrillic-{ending}", CYRILLIC
    for package, text in source.signs:
        place = fetch_package(replace(source, package=package), folder)
        left = set(text)
        # Large scripts come in many files, a range of Unicode each.
        for path in sorted((place / "package" / "files").glob(f"*-{ending}")):
            with TTFont(path, lazy=True) as font:
                found = left & {chr(code) for code in font.getBestCmap()}
            if found:
                yield path, "".join(sorted(found))
                left -= found
        if left:
            sys.exit(f"fetch.py: {package} has no {' '.join(sorted(left))}")


def cut(path: Path, text: str, index: int = -1) -> TTFont:
    """Return a face, that of an index in a collection, reduced to what it has of `text`."""
    font = TTFont(path, fontNumber=index, recalcTimestamp=False)
    font.flavor = None
    options = Options(
        layout_features=[], hinting=False, name_IDs=["*"], name_languages=["*"], notdef_outline=True
    )
    subsetter = Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    for table in CUT_TABLES:
        if table in font:
            del font[table]
    return font


def join(fonts: list[TTFont]) -> TTFont:
    """Return one font with the glyphs of all, its names those of the first."""
    if len(fonts) == 1:
        return fonts[0]
    streams = []
    for font in fonts:
        stream = io.BytesIO()
        font.save(stream)
        stream.seek(0)
        streams.append(stream)
    merged: TTFont = Merger().merge(streams)
    merged["name"] = fonts[0]["name"]
    for stamp in ("created", "modified"):
        setattr(merged["head"], stamp, getattr(fonts[0]["head"], stamp))
    merged.recalcTimestamp = False
    return merged


def rename(font: TTFont, source: Source) -> None:
    """Give a face the name that this project ships it under."""
    names = font["name"]
    full = f"{source.name} {source.style}"
    values = {
        1: full, 3: f"Platewright: {full}", 4: full, 6: source.stem, 16: source.name,
        21: source.name,
    }  # fmt: skip
    for record in list(names.names):
        if record.nameID in NAMED_BY_FAMILY:
            record.string = values[record.nameID]
        elif record.nameID in NAMED_BY_STYLE:
            names.removeNames(nameID=record.nameID)


def licence_text(source: Source, place: Path, fonts: list[TTFont]) -> str:
    """Return the copyright records of a face's parts and the licence text of its package."""
    if source.path:
        lines = (place / "usr/share/doc" / source.package / "copyright").read_text("utf-8")
        # The packagers' own paragraph (debian/*) licenses files that aren't taken.
        body = lines.split("\nFiles: debian/*")[0].rstrip() + "\n"
    else:
        body = (place / "package" / "LICENSE").read_text("utf-8").rstrip() + "\n"
    records = dict.fromkeys(" ".join((f["name"].getDebugName(0) or "").split()) for f in fonts)
    head = f"{source.family}: {'; '.join(records)}\n"
    head += "".join(f"With characters of {package}.\n" for package, _ in source.signs[1:])
    if source.renamed:
        head += f"Shipped here, cut to the characters of plates, as {source.renamed}.\n"
    return f"{head}\n{body}"


def reserves_name(font: TTFont, licence: str) -> bool:
    """Return whether a font or its licence declares a Reserved Font Name."""
    names = [font["name"].getDebugName(record) or "" for record in (0, 13)]
    declared = " ".join(" ".join([licence, *names]).lower().split())
    # The licence's own clauses say "the Reserved Font Name(s)"; only a declaration says "with".
    return "with reserved font name" in declared


def write_readme(rows: list[str]) -> None:
    """Write `README.md`: its head and the table of all faces."""
    table = "| face | file | source package and version | licence | changed how |\n"
    table += "|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    (HERE / "README.md").write_text(README_HEAD + "\n" + table, "utf-8")


README_HEAD = """\
# Faces

Every face here may be used, changed and passed on; its licence is the file named in its row. The
first ones are this project's own, drawn as strokes in `build.py`; the others were fetched from the
packages named and reduced by `fetch.py`, which also writes this page:

    python fonts/build.py      # the faces of our own; needs fonttools and skia-pathops
    python fonts/fetch.py      # all others and this page; needs brotli, npm, apt-get, the network

"Cut" means: reduced to A-Z, a-z, 0-9, Ä Ö Ü, space and `- . · & ' / ( ) :`, as far as the face has
them, with Cyrillic capitals where the row says so, without hinting and layout tables; outlines,
copyright and licence records are the authors'. Where a licence declares a Reserved Font Name, the
cut face is a Modified Version in the licence's words and has a name of this project's own; the row
says whose face it is.

`scripts/` holds faces of other scripts for what stands beside the registration (`script` in a
region's file), cut to a script's block, or to the signs that `platewright/region/choice.py` and the
regions' files name; they never serve the registration's own characters. `legends/` holds faces that
only legends are set in, such as the names of states (`header_faces`).
"""
OWN_ROWS = [
    f"| Platewright {name} | Platewright{name.replace(' ', '')}-Regular.ttf "
    f"| `fonts/build.py` | OFL-1.1, [text](licences/Platewright.txt) | drawn here, {how} |"
    for name, how in (
        ("Monoline", "one stroke width, British proportions"),
        ("Distinct", "condensed, no two characters alike"),
        ("Die Round", "American die: round strokes, O and 0 alike"),
        (
            "Die Slashed",
            "American die: slashed 0, flat 3, open 4, straight 6 and 9, short T, serif I",
        ),
        ("Die Square", "American die: square shoulders, dotted 0, square O, 1 without flag"),
        ("Die Serif", "American die: bars at stems' ends, 1 with foot, square O"),
        (
            "Die Beaked",
            "American die: serifs, and beaks at the ends of arms as on plates of Virginia",
        ),
        ("Die Narrow", "American die: tall and narrow, slashed 0, short T, serif I"),
        ("Die Bold", "American die: broad strokes, dotted 0, square O, open 4"),
        ("Die Thin", "American die: thin strokes, 1 with foot, serif I"),
        (
            "Die Tall",
            "American die: round, O and 0 alike, wide I, Q's tail inside, as California's",
        ),
    )
]


def main() -> None:
    """Fetch, cut and write every face, its licence and the table of all."""
    rows = list(OWN_ROWS)
    with tempfile.TemporaryDirectory() as scratch:
        for source in SOURCES:
            fonts = [cut(path, text) for path, text in pieces(source, Path(scratch))]
            licence = licence_text(source, fetch_package(source, Path(scratch)), fonts)
            if reserves_name(fonts[0], licence) and not source.renamed:
                sys.exit(f"fetch.py: {source.family}: Reserved Font Name, needs `renamed`")
            font = join(fonts)
            if source.renamed:
                rename(font, source)
            file = f"{source.folder}/{source.stem}.ttf".lstrip("/")
            (HERE / file).parent.mkdir(exist_ok=True)
            font.save(HERE / file, reorderTables=False)
            licence_file = f"{source.name.replace(' ', '')}.txt"
            (HERE / "licences" / licence_file).write_text(licence, "utf-8")
            how = "cut" + (", Cyrillic capitals" if source.cyrillic else "")
            if source.signs:
                names = " and ".join(f"`{package}`" for package, _ in source.signs[1:])
                how += f", Chinese signs; with Korean ones and marked letters of {names}"
            if source.renamed:
                how += f"; is {source.family}, renamed for its Reserved Font Name"
            rows.append(
                f"| {source.name} {source.style} | {file} | `{source.package}` "
                f"{source.version} | {source.licence}, [text](licences/{licence_file}) | {how} |"
            )
            print(source.stem)
        rows += fetch_scripts(Path(scratch))
    write_readme(rows)


if __name__ == "__main__":
    main()
