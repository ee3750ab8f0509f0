// The way of a photo: sizes, scan, two looks at what it found, texts. As Platewright goes it.

import { boxOf, isSound, overlap, squareToQuad, suppress } from "./geometry.js";
import { padded, resized, straighten } from "./picture.js";
import { bestPath, logProbabilities, probability } from "./text.js";

const SMALLEST = { part: 1 / 60, pixels: 5 }; // height of a plate: of the shorter side, at least
const SCAN_PRESENCE = 0.05; // least one of a find that is looked at
const MOST_FINDS = 48; // for each megapixel
const SECOND_LOOK = 0.7; // least presence of what is looked at again, and read
const SAME = 0.5; // finds that overlap by more are one
const VOTE = 0.6; // and those that overlap the best by more say together where it is
const SURE = 0.97; // a text that is less sure is read in further framings ...
const HARDLY = 0.3; // ... unless it is hardly a plate
const FRAMINGS = [0.3, 2];
export const SHOWN = { presence: 0.8, confidence: 0.15 };
export const ACCEPTED = { presence: 0.9, confidence: 0.7, characters: 5 };

const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

export class Reader {
  /** Takes the two models, scan and reading. */
  constructor(scan, reading) {
    [this.scan, this.reading] = [scan, reading];
    this.told = { ...scan.told, ...reading.told };
  }

  /** The plates of a grey picture, the surest first: text, confidence, presence, quad. */
  async read(picture) {
    let quads = await this.find(picture);
    let presence = [];
    for (let look = 0; look < 2 && quads.length; look++) {
      const seen = await this.look(picture, quads, "frame", "find", "frame");
      const kept = suppress(seen.quads.map(boxOf), seen.presence, SAME)
        .filter((k) => seen.presence[k] >= SECOND_LOOK);
      quads = kept.map((k) => seen.quads[k]);
      presence = kept.map((k) => seen.presence[k]);
    }
    if (!quads.length) return [];
    const read = (await this.spell(picture, quads)).map(({ quad, text, confidence, ...plate }, k) => (
      { quad, text, confidence, presence: plate.presence * presence[k] }));
    const shown = read.filter((plate) => (
      plate.text && plate.presence >= SHOWN.presence && plate.confidence >= SHOWN.confidence));
    const worth = shown.map((plate) => plate.presence * plate.confidence);
    return suppress(shown.map(({ quad }) => boxOf(quad)), worth, 0.3, 0.7).map((k) => shown[k]);
  }

  /** Quads that may be plates: the scan slid over the picture at falling sizes. */
  async find(picture) {
    const [height, width] = this.told["scan.window"], [down, right] = this.told["scan.stride"];
    const [low, high] = this.told["scan.extent"];
    const padX = Math.ceil(width * (1 - low) / 2), padY = Math.ceil(height * (1 - low) / 2);
    const shorter = Math.min(picture.width, picture.height);
    const least = 4 * Math.max(shorter * SMALLEST.part, SMALLEST.pixels);
    const last = high * Math.min(width / picture.width, height / picture.height);
    const quads = [], logits = [];
    let current = picture, scale = Math.min(low * width / least, 2);
    for (; ; scale *= this.told["scan.ratio"]) {
      current = resized(current, Math.max(Math.round(picture.width * scale), 1),
        Math.max(Math.round(picture.height * scale), 1));
      const [scaleX, scaleY] = [picture.width / current.width, picture.height / current.height];
      const level = padded(current, padX, padY, width, height);
      const found = await this.scan.run("image", level.data, [1, level.height, level.width, 1],
        ["scan_presence", "scan_corners"]);
      const columns = found.scan_corners.dims[2], corners = found.scan_corners.data;
      found.scan_presence.data.forEach((logit, cell) => {
        if (sigmoid(logit) <= SCAN_PRESENCE) return;
        const x = (cell % columns) * right + width / 2;
        const y = Math.floor(cell / columns) * down + height / 2;
        quads.push(Array.from(corners.subarray(8 * cell, 8 * cell + 8), (offset, k) => (
          k % 2 ? (y + offset * height / 2 - padY) * scaleY : (x + offset * width / 2 - padX) * scaleX)));
        logits.push(logit);
      });
      if (scale <= last) break;
    }
    const boxes = quads.map(boxOf);
    const megapixels = Math.max(picture.width * picture.height / 1e6, 1);
    return suppress(boxes, logits, SAME).slice(0, Math.round(MOST_FINDS * megapixels)).map((k) => {
      const same = boxes.flatMap((box, j) => (overlap(boxes[k], box) > VOTE ? [j] : []));
      const whole = same.reduce((sum, j) => sum + sigmoid(logits[j]), 0);
      return quads[k].map((_, at) => (
        same.reduce((sum, j) => sum + sigmoid(logits[j]) * quads[j][at], 0) / whole));
    });
  }

  /**
   * Look at quads with the frame or the line reader: presences, the quads as they are seen, and
   * what else the network says.
   */
  async look(picture, quads, part, input, prefix, framing = 1) {
    const window = this.told[`${part}.window`], size = window[0] * window[1];
    const margin = this.told[`${part}.margin`].map((share) => share * framing);
    const values = new Float32Array(quads.length * size);
    quads.forEach((quad, k) => (
      straighten(picture, quad, window, margin, values.subarray(k * size, (k + 1) * size))));
    const outputs = [`${prefix}_presence`, `${prefix}_corners`, ...(part === "line" ? ["steps"] : [])];
    const found = await this.reading.run(input, values, [quads.length, ...window, 1], outputs);
    const logits = [...found[outputs[0]].data], corners = found[outputs[1]].data;
    const seen = quads.map((quad, k) => {
      const place = squareToQuad(quad), own = corners.subarray(8 * k, 8 * k + 8);
      const points = [0, 2, 4, 6].flatMap((at) => place(
        ...margin.map((m, axis) => own[at + axis] * (1 + 2 * m) - m)));
      return logits[k] > 0 && isSound(points) ? points : quad;
    });
    return { quads: seen, presence: logits.map(sigmoid), steps: found.steps };
  }

  /** Texts of quads; what is unsure is read in tighter and wider framings too, which count alike. */
  async spell(picture, quads) {
    const first = await this.look(picture, quads, "line", "plate", "plate");
    const plates = first.quads.map((quad, k) => (
      { quad, presence: first.presence[k], framings: [this.stepsOf(first.steps, k)] }));
    // What reads as nothing certain is no plate: the average character counts, the end being one.
    const there = ({ presence, text, confidence }) => presence * confidence ** (1 / (text.length + 1));
    plates.forEach((plate) => Object.assign(plate, this.textOf(plate.framings)));
    const unsure = plates.filter((plate) => plate.confidence < SURE && there(plate) > HARDLY);
    for (const framing of unsure.length ? FRAMINGS : []) {
      const more = await this.look(picture, unsure.map(({ quad }) => quad), "line", "plate", "plate",
        framing);
      unsure.forEach((plate, k) => plate.framings.push(this.stepsOf(more.steps, k)));
    }
    unsure.forEach((plate) => Object.assign(plate, this.textOf(plate.framings)));
    return plates.map((plate) => ({ ...plate, presence: there(plate) }));
  }

  stepsOf({ data, dims: [, steps, classes] }, k) {
    const logits = data.subarray(k * steps * classes, (k + 1) * steps * classes);
    return logProbabilities(logits, classes, this.told["line.temperature"]);
  }

  /** The most probable text of those that a framing spells, and its probability over all. */
  textOf(framings) {
    const alphabet = this.told["line.characters"] + "?"; // the last: what is cut off or hidden
    const classes = alphabet.length + 1;
    let best = { text: "", confidence: -1 };
    for (const logs of framings) {
      const text = bestPath(logs, classes, this.told["line.longest"]);
      const confidence = framings.reduce(
        (sum, other) => sum + probability(other, classes, text), 0) / framings.length;
      if (confidence > best.confidence) {
        best = { text: text.map((k) => alphabet[k - 1]).join(""), confidence };
      }
    }
    return best;
  }
}

/** Whether a text is taken as read. */
export function isAccepted({ text, confidence, presence }) {
  return confidence >= ACCEPTED.confidence && presence >= ACCEPTED.presence
    && text.length >= ACCEPTED.characters && !text.includes("?");
}
