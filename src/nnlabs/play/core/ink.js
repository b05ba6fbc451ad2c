// What is drawn on the pad, and how it becomes an image like those that the networks were trained on.
// MNIST's digits were made so: the ink's box shrunk to fit 20 x 20 with smoothing, then laid on 28 x 28 with the centre
// of mass in the middle.

export const PAD = 168; // pixels of the pad's side
export const SIDE = 28;
const BOX = 20;
const THINNEST = 1.6, THICKEST = 4.6; // how wide strokes are in the small image, pixels
const FAINT = 0.1;
const MIDDLE = 14.5; // where MNIST's centres of mass lie: in the middle of pixel 14, half a pixel from the image's

// Strokes are lists of points [x, y]; ink is 0 to 1 for each of PAD x PAD pixels.
export function draw(strokes, width) {
  const ink = new Float64Array(PAD * PAD), radius = width / 2;
  for (const stroke of strokes) {
    for (let i = 0; i < stroke.length; i++) {
      const [x1, y1] = stroke[Math.max(i - 1, 0)], [x2, y2] = stroke[i];
      segment(ink, x1, y1, x2, y2, radius);
    }
  }
  return ink;
}

function segment(ink, x1, y1, x2, y2, radius) {
  const reach = radius + 1, length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const clip = (value) => Math.min(Math.max(Math.round(value), 0), PAD - 1);
  for (let y = clip(Math.min(y1, y2) - reach); y <= clip(Math.max(y1, y2) + reach); y++) {
    for (let x = clip(Math.min(x1, x2) - reach); x <= clip(Math.max(x1, x2) + reach); x++) {
      const along = length ? Math.min(Math.max(((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length, 0), 1) : 0;
      const far = Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
      ink[y * PAD + x] = Math.max(ink[y * PAD + x], Math.min(Math.max(radius - far + 0.5, 0), 1));
    }
  }
}

// The small image, 0 to 255 for each of SIDE x SIDE pixels; null where there is no ink.
export function prepare(given) {
  const box = boxOf(given);
  if (!box) return null;
  const scale = BOX / Math.max(box.right - box.left + 1, box.bottom - box.top + 1);
  const ink = withWidth(given, scale), after = boxOf(ink);
  return laid(ink, after, BOX / Math.max(after.right - after.left + 1, after.bottom - after.top + 1));
}

function boxOf(ink) {
  let left = PAD, right = -1, top = PAD, bottom = -1;
  for (let y = 0; y < PAD; y++) {
    for (let x = 0; x < PAD; x++) {
      if (ink[y * PAD + x] <= FAINT) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return right < 0 ? null : { left, right, top, bottom };
}

// Strokes that would come out too thin or too thick are made wider or narrower.
function withWidth(ink, scale) {
  const inside = distances(ink, false);
  // across a stroke of width w the distances to its edge are 1, 2, ... w/2 and back, of which the mean is w/4 + 1/2
  let sum = 0, count = 0;
  for (let i = 0; i < ink.length; i++) {
    if (ink[i] > 0.5) {
      sum += inside[i];
      count += 1;
    }
  }
  if (!count) return ink;
  const width = (4 * sum) / count - 2, wanted = Math.min(Math.max(width * scale, THINNEST), THICKEST) / scale;
  const change = (wanted - width) / 2;
  if (Math.abs(change) < 0.5) return ink;
  const outside = distances(ink, true);
  return ink.map((value, i) => {
    const beyond = value > 0.5 ? -inside[i] + 0.5 : outside[i] - 0.5; // from the edge, outwards
    return Math.min(Math.max(change - beyond + 0.5, 0), 1);
  });
}

// Of each pixel of ink the distance to the nearest without, or, `toInk`, the other way round (chamfer, two passes).
function distances(ink, toInk) {
  const far = new Float64Array(PAD * PAD), last = PAD - 1, slant = Math.SQRT2;
  for (let i = 0; i < far.length; i++) far[i] = ink[i] > 0.5 === toInk ? 0 : 1e6;
  for (let y = 0, at = 0; y < PAD; y++) {
    for (let x = 0; x < PAD; x++, at++) {
      let best = far[at];
      if (best === 0) continue;
      if (x > 0) best = Math.min(best, far[at - 1] + 1);
      if (y > 0) best = Math.min(best, far[at - PAD] + 1);
      if (x > 0 && y > 0) best = Math.min(best, far[at - PAD - 1] + slant);
      if (x < last && y > 0) best = Math.min(best, far[at - PAD + 1] + slant);
      far[at] = best;
    }
  }
  for (let y = last, at = PAD * PAD - 1; y >= 0; y--) {
    for (let x = last; x >= 0; x--, at--) {
      let best = far[at];
      if (best === 0) continue;
      if (x < last) best = Math.min(best, far[at + 1] + 1);
      if (y < last) best = Math.min(best, far[at + PAD] + 1);
      if (x < last && y < last) best = Math.min(best, far[at + PAD + 1] + slant);
      if (x > 0 && y < last) best = Math.min(best, far[at + PAD - 1] + slant);
      far[at] = best;
    }
  }
  return far;
}

// Shrunk by the mean over each small pixel's area. The box begins where a small pixel does, and is moved by whole ones
// until the centre of mass is as near to the middle as it can be.
function laid(ink, box, scale) {
  const sums = new Float64Array((PAD + 1) * (PAD + 1)); // of all ink above and to the left
  let mass = 0, across = 0, down = 0;
  for (let y = 0; y < PAD; y++) {
    for (let x = 0; x < PAD; x++) {
      const value = ink[y * PAD + x];
      mass += value;
      across += value * (x + 0.5);
      down += value * (y + 0.5);
      sums[(y + 1) * (PAD + 1) + x + 1] = value + sums[y * (PAD + 1) + x + 1] + sums[(y + 1) * (PAD + 1) + x] - sums[y * (PAD + 1) + x];
    }
  }
  const small = new Float64Array(SIDE * SIDE), size = 1 / scale;
  const begin = (low, centre) => low - Math.round(MIDDLE - (centre - low) * scale) * size;
  const left0 = begin(box.left, across / mass), top0 = begin(box.top, down / mass);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const left = left0 + column * size, top = top0 + row * size;
      const total = upTo(sums, left + size, top + size) - upTo(sums, left, top + size) - upTo(sums, left + size, top) + upTo(sums, left, top);
      small[row * SIDE + column] = 255 * Math.min(Math.max(total / (size * size), 0), 1);
    }
  }
  return small;
}

// The ink above and to the left of a place between pixels.
function upTo(sums, x, y) {
  const column = Math.min(Math.max(x, 0), PAD), row = Math.min(Math.max(y, 0), PAD);
  const c = Math.min(Math.floor(column), PAD - 1), r = Math.min(Math.floor(row), PAD - 1), a = column - c, b = row - r;
  const at = (i, j) => sums[i * (PAD + 1) + j];
  return (1 - b) * ((1 - a) * at(r, c) + a * at(r, c + 1)) + b * ((1 - a) * at(r + 1, c) + a * at(r + 1, c + 1));
}
