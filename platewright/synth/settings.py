"""How strongly drawings vary: every share and range; `preset` reads them from `synth.toml`.

Shares are probabilities, 0-1; angles are degrees; pairs are (low, high) of a range; what says `sd`
is a standard deviation. The file need only hold what differs from the defaults here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = [
    "DEFAULT",
    "DRAWING_VERSION",
    "DecoySettings",
    "LensSettings",
    "LightSettings",
    "PanelSettings",
    "PlateSettings",
    "PoseSettings",
    "SensorSettings",
    "SynthSettings",
    "WindowSettings",
]

Pair = tuple[float, float]
DRAWING_VERSION = 2
"""Counts changes after which the same seed draws other bytes; scenes' records have it."""


@dataclass(frozen=True, kw_only=True)
class PlateSettings:
    """How a plate departs from its region's rule book.

    Attributes:
        any_face: share of plates in a face of no rule book.
        wild: share whose proportions and spacing depart far.
        mono: share set with cells of one width.
        jitter: share whose characters are set unevenly.
        stroke: share with bolder or thinner strokes.
        thin: share of those that tend to be thin.
        small: share with small letters on a large sheet.
        wide_gap: share with a wide gap between groups.
        script: share with writing that is not Latin beside the text.
        lean: share whose characters lean.
        mark: share with a mark beside, between or behind the characters that the region does not
            ask for.
        fill: share whose spacing takes up free width.
        haze: share of faded plates.
        gradient: share with uneven brightness.
        texture: share with a grainy sheet.
        picture: share with a picture behind the text that the region does not ask for.
        emboss: scale of the regions' own probabilities of relief.
        dirt: share of dirty plates.
        wear: share with worn paint.
        bolts: share with bolts.
        stickers: share with stickers.
        frame: share in a holder's frame.
        frame_text: share of the frames that bear a dealer's text.
        frame_cut: share of the frames that hide a part of the characters' tops or feet.
        bow: share of plates bent about the upright axis.
        cover: share that a tow-bar or a strap hides a part of.
    """

    any_face: float = 0.25
    wild: float = 0.3
    mono: float = 0.35
    jitter: float = 0.4
    stroke: float = 0.7
    thin: float = 0.2
    small: float = 0.07
    wide_gap: float = 0.14
    script: float = 0.06
    lean: float = 0.1
    mark: float = 0.15
    fill: float = 0.4
    haze: float = 0.12
    gradient: float = 0.6
    texture: float = 0.4
    picture: float = 0.05
    emboss: float = 0.8
    dirt: float = 0.15
    wear: float = 0.12
    bolts: float = 0.4
    stickers: float = 0.12
    frame: float = 0.3
    frame_text: float = 0.5
    frame_cut: float = 0.15
    bow: float = 0.06
    cover: float = 0.04


@dataclass(frozen=True, kw_only=True)
class PoseSettings:
    """How plates stand before the camera.

    Attributes:
        yaw_sd: of most plates' turn about the upright axis, degrees.
        yaw_wide: share turned anyhow up to `yaw_limit` instead.
        yaw_limit: degrees, at most 75.
        pitch_sd: as `yaw_sd`, about the level axis.
        pitch_wide: as `yaw_wide`.
        pitch_limit: degrees, at most 60.
        roll_sd: as `yaw_sd`, in the picture.
        roll_wide: as `yaw_wide`.
        roll_limit: degrees, at most 45.
        distance: of the camera, in widths of the plate.
    """

    yaw_sd: float = 16.0
    yaw_wide: float = 0.2
    yaw_limit: float = 58.0
    pitch_sd: float = 10.0
    pitch_wide: float = 0.1
    pitch_limit: float = 42.0
    roll_sd: float = 4.0
    roll_wide: float = 0.2
    roll_limit: float = 33.0
    distance: Pair = (2.5, 20.0)


@dataclass(frozen=True, kw_only=True)
class PanelSettings:
    """What plates sit on.

    Attributes:
        share: of plates on a bumper-like panel.
        slats: weight of panels with slats.
        mesh: weight of a grille's mesh.
        lines: weight of a bumper's lines.
        plain: weight of bare ones.
        recess: share of panels with a recess.
        lamps: share of panels with lamps beside the plate.
    """

    share: float = 0.6
    slats: float = 0.25
    mesh: float = 0.1
    lines: float = 0.45
    plain: float = 0.2
    recess: float = 0.3
    lamps: float = 0.15


@dataclass(frozen=True, kw_only=True)
class DecoySettings:
    """How often which decoy is drawn: weights of the kinds, of which one at least is positive."""

    words: float = 1.5
    sign: float = 1.5
    front: float = 0.7
    sticker: float = 0.8
    caption: float = 0.8
    script: float = 1.0
    slats: float = 1.0
    grid: float = 1.0
    barcode: float = 0.7
    shapes: float = 0.8
    mesh: float = 1.0


@dataclass(frozen=True, kw_only=True)
class WindowSettings:
    """What windows show: weights.

    Attributes:
        present: a whole plate at the right scale.
        empty: a background, with or without decoys.
        cut: a plate cut off by the edge.
        small: a plate too small.
        large: a plate too large.
    """

    present: float = 0.62
    empty: float = 0.14
    cut: float = 0.12
    small: float = 0.06
    large: float = 0.06


@dataclass(frozen=True, kw_only=True)
class LightSettings:
    """Light on the scene.

    Attributes:
        shadow: share of scenes with a shadow's edge.
        shadow_weight: how dark it is, 0-1.
        glare: share with glare by day; half of the nights have it.
        vignette: share with dark corners.
        night: share of scenes by night.
        retro: share of the nights in which plates shine in the camera's own light.
        gamma_sd: of the logarithm of gamma.
        exposure_sd: of the logarithm of the exposure.
    """

    shadow: float = 0.28
    shadow_weight: Pair = (0.25, 0.7)
    glare: float = 0.07
    vignette: float = 0.1
    night: float = 0.08
    retro: float = 0.5
    gamma_sd: float = 0.25
    exposure_sd: float = 0.16


@dataclass(frozen=True, kw_only=True)
class LensSettings:
    """What the lens and the camera's hold do.

    Attributes:
        blur: share out of focus.
        blur_px: standard deviation for plates 130 px wide; it grows with them.
        motion: share shaken.
        motion_px: length for plates 130 px wide.
        barrel: share with barrel or pincushion distortion.
        barrel_limit: displacement at the corners, part of the half diagonal.
        drops: share with rain drops.
    """

    blur: float = 0.5
    blur_px: Pair = (0.3, 0.95)
    motion: float = 0.1
    motion_px: Pair = (3.0, 8.0)
    barrel: float = 0.06
    barrel_limit: float = 0.08
    drops: float = 0.04


@dataclass(frozen=True, kw_only=True)
class SensorSettings:
    """What the sensor and the packing do.

    Attributes:
        resample: share of scenes taken smaller than they are stored; fewer close-ups.
        resample_size: size of the smaller picture, part of the stored one.
        noise: share with visible noise.
        noise_mean: its mean standard deviation, grey levels.
        grain: share of the noise that is coarse.
        sharpen: share sharpened.
        jpeg: share packed as JPEG.
        jpeg_quality: 1-100.
    """

    resample: float = 0.35
    resample_size: Pair = (0.3, 0.95)
    noise: float = 0.5
    noise_mean: float = 5.0
    grain: float = 0.4
    sharpen: float = 0.18
    jpeg: float = 0.7
    jpeg_quality: Pair = (20.0, 95.0)


@dataclass(frozen=True, kw_only=True)
class SynthSettings:
    """All of it; each attribute is a table of the file."""

    plate: PlateSettings = field(default_factory=PlateSettings)
    pose: PoseSettings = field(default_factory=PoseSettings)
    panel: PanelSettings = field(default_factory=PanelSettings)
    decoys: DecoySettings = field(default_factory=DecoySettings)
    windows: WindowSettings = field(default_factory=WindowSettings)
    light: LightSettings = field(default_factory=LightSettings)
    lens: LensSettings = field(default_factory=LensSettings)
    sensor: SensorSettings = field(default_factory=SensorSettings)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


DEFAULT = SynthSettings()
"""What is drawn where nothing else is said."""
