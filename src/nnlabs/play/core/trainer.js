// A network that learns to tell points apart, epoch by epoch, in mini-batches of a new order each epoch.

import { ACTIVATIONS, sigmoid } from "./activations.js";
import { Linear } from "./layers.js";
import { binaryCrossEntropy, crossEntropy, softmax } from "./losses.js";
import { Matrix, norm } from "./matrix.js";
import { Network } from "./network.js";
import { optimizer } from "./optimizers.js";
import { Random } from "./random.js";

// Two classes have one output, the logit of the second; more have a logit each.
const outputs = (classes) => (classes === 2 ? 1 : classes);

export class Trainer {
  // `settings`: hidden (sizes), activation, initialisation, batchNorm, dropout, optimizer, lr, l2, batch, seed.
  constructor(settings, train, held) {
    Object.assign(this, { settings, train, held, epochs: 0, history: [], norms: [], firstNorms: null });
    const { hidden, activation, seed } = settings;
    const stream = (purpose) => new Random(seed * 7919 + purpose);
    this.order = stream(1);
    this.network = Network.of(
      { ...settings, sizes: [2, ...hidden, outputs(train.classes)], activation: ACTIVATIONS[activation] }, stream(2), stream(3),
    );
    this.optimizer = optimizer(settings.optimizer, settings.lr, { weightDecay: settings.l2 });
    this.x = Matrix.of(train.x);
    this.note();
  }

  loss(output, labels) {
    if (this.train.classes > 2) return crossEntropy(output, labels);
    return binaryCrossEntropy(output, new Matrix(labels.length, 1, Float64Array.from(labels)));
  }

  // One step on the points of these numbers; returns their loss before it.
  step(rows) {
    const labels = rows.map((row) => this.train.labels[row]);
    const [loss, dy] = this.loss(this.network.forward(this.x.take(rows), true), labels);
    this.network.backward(dy);
    this.norms = this.linears().map((layer) => norm(layer.gradients.weight));
    this.firstNorms ??= this.norms;
    this.optimizer.lr = this.settings.lr;
    this.optimizer.step(this.network.parameters, this.network.gradients);
    return loss;
  }

  // Once through the points; returns the mean loss of its batches.
  epoch() {
    const order = this.order.permutation(this.x.rows), size = this.settings.batch, losses = [];
    for (let at = 0; at < order.length; at += size) {
      const rows = order.slice(at, at + size);
      if (rows.length > 1 || !this.settings.batchNorm) losses.push(this.step(rows)); // one point alone has no variance
    }
    this.epochs += 1;
    this.note();
    return losses.reduce((a, b) => a + b, 0) / losses.length;
  }

  // Loss and accuracy on all points, as they are after training: no dropout, running statistics.
  score({ x, labels }) {
    if (!x.length) return { loss: NaN, accuracy: NaN };
    const output = this.network.forward(Matrix.of(x)), [loss] = this.loss(output, labels);
    const right = labels.filter((label, i) => this.decide(output.row(i)) === label).length;
    return { loss, accuracy: right / labels.length };
  }

  note() {
    this.history.push({ epoch: this.epochs, train: this.score(this.train), held: this.score(this.held) });
    if (this.history.length > 1200) this.history = this.history.filter((_, i) => i % 2 === 0 || i === this.history.length - 1);
  }

  decide(row) {
    return row.length === 1 ? Number(row[0] > 0) : row.indexOf(Math.max(...row));
  }

  // The probability of every class, from one row of outputs.
  probabilities(row) {
    return row.length === 1 ? [sigmoid(-row[0]), sigmoid(row[0])] : softmax(row);
  }

  linears() {
    return this.network.layers.filter((layer) => layer instanceof Linear);
  }
}
