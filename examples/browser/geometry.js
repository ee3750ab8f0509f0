// Points, quads and boxes. A quad is [x0, y0, ..., x3, y3]: top left, top right, bottom right,
// bottom left as the plate is read; a box is [x0, y0, x1, y1].

/** The projective map from the unit square to a quad (Heckbert 1989): (x, y) to photo pixels. */
export function squareToQuad([x0, y0, x1, y1, x2, y2, x3, y3]) {
  const dx1 = x1 - x2, dx2 = x3 - x2, dx3 = x0 - x1 + x2 - x3;
  const dy1 = y1 - y2, dy2 = y3 - y2, dy3 = y0 - y1 + y2 - y3;
  const whole = dx1 * dy2 - dx2 * dy1;
  const g = (dx3 * dy2 - dx2 * dy3) / whole, h = (dx1 * dy3 - dx3 * dy1) / whole;
  const [a, b] = [x1 - x0 + g * x1, x3 - x0 + h * x3];
  const [d, e] = [y1 - y0 + g * y1, y3 - y0 + h * y3];
  return (x, y) => {
    const depth = g * x + h * y + 1;
    return [(a * x + b * y + x0) / depth, (d * x + e * y + y0) / depth];
  };
}

/** Whether a quad is convex, clockwise on the screen and no sliver. */
export function isSound(quad) {
  const turns = [0, 2, 4, 6].map((k) => {
    const [ax, ay, bx, by, cx, cy] = [0, 1, 2, 3, 4, 5].map((n) => quad[(k + n) % 8]);
    return (bx - ax) * (cy - by) - (by - ay) * (cx - bx);
  });
  const most = Math.max(...turns);
  return most > 4 && turns.every((turn) => turn > 1e-3 * most);
}

export function boxOf(quad) {
  const xs = quad.filter((_, k) => k % 2 === 0), ys = quad.filter((_, k) => k % 2);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

const area = ([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0);

function common(a, b) {
  const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const tall = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return Math.max(wide, 0) * Math.max(tall, 0);
}

/** Intersection over union of two boxes. */
export function overlap(a, b) {
  const both = common(a, b);
  return both / (area(a) + area(b) - both);
}

/**
 * The indices of the boxes that stay, best first: one goes when a better one overlaps it by more
 * than `most`, or when more than `inside` of the smaller of the two lies in the other.
 */
export function suppress(boxes, scores, most, inside = 1) {
  const order = scores.map((_, k) => k).sort((a, b) => scores[b] - scores[a]);
  const kept = [];
  for (const k of order) {
    const beaten = kept.some((j) => {
      const small = Math.min(area(boxes[j]), area(boxes[k]));
      return overlap(boxes[j], boxes[k]) > most || common(boxes[j], boxes[k]) > inside * small;
    });
    if (!beaten) kept.push(k);
  }
  return kept;
}
