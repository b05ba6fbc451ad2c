// Points in the plane to tell apart, within about -1 to 1: {x: rows of two numbers, labels, classes}.

import { Random } from "./random.js";

const SHAPES = {
  xor: (random) => {
    const x = random.below(2), y = random.below(2);
    return [x * 1.2 - 0.6, y * 1.2 - 0.6, x === y ? 0 : 1];
  },
  circles: (random) => {
    const label = random.below(2), angle = 2 * Math.PI * random.uniform(), radius = label ? 0.85 : 0.35;
    return [radius * Math.cos(angle), radius * Math.sin(angle), label];
  },
  spirals: (random) => {
    const label = random.below(2), share = Math.sqrt(random.uniform()), angle = (3 * share + label) * Math.PI;
    return [share * Math.cos(angle), share * Math.sin(angle), label];
  },
  // counted around the square, as in the lab
  classes: (random) => {
    const x = random.below(2), y = random.below(2);
    return [x * 1.2 - 0.6, y * 1.2 - 0.6, [[0, 1], [3, 2]][x][y]];
  },
};

export const DATASETS = Object.keys(SHAPES);

export function draw(name, count, noise, seed) {
  const random = new Random(seed), x = [], labels = [];
  for (let i = 0; i < count; i++) {
    const [a, b, label] = SHAPES[name](random);
    x.push([a + noise * random.normal(), b + noise * random.normal()]);
    labels.push(label);
  }
  return { x, labels, classes: name === "classes" ? 4 : 2 };
}
