// The points, and a network that learns to tell them apart.

import { draw } from "../../core/points.js";
import { Trainer } from "../../core/trainer.js";

export const EDGE = 1.3; // the picture goes from -EDGE to EDGE
export const POINTS = 150;
export const CLASSES = ["blue", "orange", "green", "pink"];

function ownPoints({ own }) {
  const x = [], labels = [];
  for (let i = 0; i + 2 < own.length; i += 3) {
    x.push([own[i], own[i + 1]]);
    labels.push(Math.min(Math.max(Math.round(own[i + 2]), 1), CLASSES.length) - 1);
  }
  return { x, labels, classes: Math.max(2, ...labels.map((label) => label + 1)) };
}

export function newTrainer(values) {
  const given = values.data === "own" ? ownPoints(values) : draw(values.data, POINTS, values.noise, 2 * values.seed);
  const held = values.data === "own" ? { x: [], labels: [], classes: 2 } : draw(values.data, POINTS, values.noise, 2 * values.seed + 1);
  const train = given.x.length ? given : { x: [[0, 0]], labels: [0], classes: 2 };
  const settings = {
    hidden: values.hidden.map(Math.round), activation: values.activation, initialisation: values.init, batchNorm: values.norm,
    dropout: values.dropout, optimizer: values.optimizer, lr: values.lr, l2: values.l2, batch: Math.max(values.batch, values.norm ? 2 : 1),
    seed: values.seed,
  };
  return { trainer: new Trainer(settings, train, held), train: given, held };
}
