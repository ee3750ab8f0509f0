// Grey pictures, {width, height, data: Float32Array of 0-1}: made, resized, padded, straightened.

import { squareToQuad } from "./geometry.js";

/** The grey picture of a canvas' pixels (ImageData). */
export function greyOf({ width, height, data }) {
  const grey = new Float32Array(width * height);
  for (let k = 0, at = 0; k < grey.length; k++, at += 4) {
    grey[k] = (0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]) / 255;
  }
  return { width, height, data: grey };
}

/** For each new pixel of a row of `from`: its first old pixel, and the weights of that and the next. */
function taps(from, to) {
  const step = from / to;
  return Array.from({ length: to }, (_, k) => {
    if (step <= 1) { // between two pixels
      const place = Math.min(Math.max((k + 0.5) * step - 0.5, 0), from - 1);
      const first = Math.min(Math.floor(place), Math.max(from - 2, 0));
      return { first, weights: from > 1 ? [1 - place + first, place - first] : [1] };
    }
    const low = k * step, high = Math.min(low + step, from); // the average of what it covers
    const first = Math.floor(low), weights = [];
    for (let at = first; at < high; at++) {
      weights.push((Math.min(at + 1, high) - Math.max(at, low)) / step);
    }
    return { first, weights };
  });
}

/** A picture in another size: averaged where it shrinks, interpolated where it grows. */
export function resized(picture, width, height) {
  const across = taps(picture.width, width), down = taps(picture.height, height);
  const rows = new Float32Array(width * picture.height);
  for (let y = 0; y < picture.height; y++) {
    const row = y * picture.width;
    for (let x = 0; x < width; x++) {
      const { first, weights } = across[x];
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * picture.data[row + first + k];
      rows[y * width + x] = sum;
    }
  }
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const { first, weights } = down[y];
    for (let k = 0; k < weights.length; k++) {
      const from = (first + k) * width, weight = weights[k];
      for (let x = 0; x < width; x++) data[y * width + x] += weight * rows[from + x];
    }
  }
  return { width, height, data };
}

/** A picture with its edge repeated around it, and at least as large as a window. */
export function padded(picture, padX, padY, leastWidth, leastHeight) {
  const width = Math.max(picture.width + 2 * padX, leastWidth);
  const height = Math.max(picture.height + 2 * padY, leastHeight);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.min(Math.max(y - padY, 0), picture.height - 1) * picture.width;
    for (let x = 0; x < width; x++) {
      data[y * width + x] = picture.data[row + Math.min(Math.max(x - padX, 0), picture.width - 1)];
    }
  }
  return { width, height, data };
}

/** The level of a picture at a point, between its pixels, with its edge repeated. */
function levelAt({ width, height, data }, x, y) {
  const u = Math.min(Math.max(x - 0.5, 0), width - 1), v = Math.min(Math.max(y - 0.5, 0), height - 1);
  const left = Math.floor(u), top = Math.floor(v);
  const right = Math.min(left + 1, width - 1), bottom = Math.min(top + 1, height - 1);
  const upper = data[top * width + left] * (left + 1 - u) + data[top * width + right] * (u - left);
  const lower = data[bottom * width + left] * (left + 1 - u) + data[bottom * width + right] * (u - left);
  return upper * (top + 1 - v) + lower * (v - top);
}

/**
 * Write a quad of a picture, with a margin around it, into a window of a batch. Large plates are
 * averaged: each pixel of the window is then the mean of several points.
 */
export function straighten(picture, quad, [height, width], [marginX, marginY], target) {
  const place = squareToQuad(quad);
  const side = (a, b) => Math.hypot(quad[a] - quad[b], quad[a + 1] - quad[b + 1]);
  const shrink = Math.min(Math.max(side(0, 2), side(4, 6)) / width,
    Math.max(side(2, 4), side(6, 0)) / height);
  const points = Math.min(Math.max(Math.round(shrink), 1), 8);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let k = 0; k < points * points; k++) {
        const x = (column + ((k % points) + 0.5) / points) / width;
        const y = (row + (Math.floor(k / points) + 0.5) / points) / height;
        sum += levelAt(picture,
          ...place(x * (1 + 2 * marginX) - marginX, y * (1 + 2 * marginY) - marginY));
      }
      target[row * width + column] = sum / (points * points);
    }
  }
}
