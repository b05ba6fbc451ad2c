// A network: layers in a row, as in nnlabs.scratch.network.

import { Activate, BatchNorm, Dropout, Linear } from "./layers.js";

export class Network {
  constructor(layers) {
    this.layers = layers;
  }

  // Fully connected: Linear, (batch normalisation), activation, (dropout) for each hidden layer, then a linear output.
  static of({ sizes, activation, initialisation, batchNorm = false, dropout = 0 }, random, masks = random) {
    const layers = [];
    for (let i = 1; i < sizes.length; i++) {
      layers.push(new Linear(sizes[i - 1], sizes[i], random, initialisation));
      if (i === sizes.length - 1) break;
      if (batchNorm) layers.push(new BatchNorm(sizes[i]));
      layers.push(new Activate(activation));
      if (dropout) layers.push(new Dropout(dropout, masks));
    }
    return new Network(layers);
  }

  forward(x, training = false) {
    return this.layers.reduce((value, layer) => layer.forward(value, training), x);
  }

  // The output of every layer, in order.
  outputs(x) {
    const every = [];
    this.layers.reduce((value, layer) => {
      every.push(layer.forward(value, false));
      return every.at(-1);
    }, x);
    return every;
  }

  backward(dy) {
    return this.layers.reduceRight((slope, layer) => layer.backward(slope), dy);
  }

  // Arrays by name, as in PyTorch's Sequential: `0.weight`.
  gathered(kind) {
    return Object.fromEntries(
      this.layers.flatMap((layer, i) =>
        Object.entries(layer[kind]).map(([name, matrix]) => [`${i}.${name}`, matrix.data]),
      ),
    );
  }

  get parameters() {
    return this.gathered("parameters");
  }

  get gradients() {
    return this.gathered("gradients");
  }

  count() {
    return Object.values(this.parameters).reduce((sum, each) => sum + each.length, 0);
  }
}
