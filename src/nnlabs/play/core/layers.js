// Layers: `forward` computes the output, `backward` the gradients, as in nnlabs.scratch.layers.
// In every `backward` the argument is dL/dy; it keeps dL/dW in `gradients` and returns dL/dx.

import { RULES } from "./initialisation.js";
import { columnSums, Matrix, times, timesTransposed, transposedTimes } from "./matrix.js";

// y = x Wᵀ + b; x is N x inputs, W outputs x inputs, b 1 x outputs.
export class Linear {
  constructor(inputs, outputs, random, initialisation = "he") {
    this.inputs = inputs;
    this.outputs = outputs;
    const std = RULES[initialisation](inputs, outputs);
    const weight = new Matrix(outputs, inputs).map(() => std * random.normal());
    this.parameters = { weight, bias: new Matrix(1, outputs) };
    this.gradients = {};
  }

  forward(x) {
    this.x = x;
    const { weight, bias } = this.parameters, y = timesTransposed(x, weight);
    for (let i = 0; i < y.data.length; i++) y.data[i] += bias.data[i % this.outputs];
    return y;
  }

  backward(dy) {
    this.gradients = { weight: transposedTimes(dy, this.x), bias: columnSums(dy) };
    return times(dy, this.parameters.weight);
  }
}

// y = f(x), each element alone.
export class Activate {
  constructor(activation) {
    this.activation = activation;
    this.parameters = {};
    this.gradients = {};
  }

  forward(x) {
    this.x = x;
    return x.map((z) => this.activation.f(z));
  }

  backward(dy) {
    return dy.zip(this.x, (slope, z) => slope * this.activation.derivative(z));
  }
}

// While training, each value is zero with probability p, else divided by 1 - p.
export class Dropout {
  constructor(p, random) {
    this.p = p;
    this.random = random;
    this.parameters = {};
    this.gradients = {};
  }

  forward(x, training) {
    this.scale = x.map(() => (training ? (this.random.uniform() >= this.p ? 1 / (1 - this.p) : 0) : 1));
    return x.zip(this.scale, (value, scale) => value * scale);
  }

  backward(dy) {
    return dy.zip(this.scale, (slope, scale) => slope * scale);
  }
}

// y = γ (x - μ) / √(σ² + ε) + β for each feature; after training the running μ and σ² serve.
export class BatchNorm {
  constructor(features, momentum = 0.1, eps = 1e-5) {
    this.features = features;
    this.momentum = momentum;
    this.eps = eps;
    this.parameters = { weight: new Matrix(1, features).map(() => 1), bias: new Matrix(1, features) };
    this.buffers = { running_mean: new Float64Array(features), running_var: new Float64Array(features).fill(1) };
    this.batches = 0;
    this.gradients = {};
  }

  forward(x, training) {
    const { weight, bias } = this.parameters, k = this.features, n = x.rows;
    let mean = this.buffers.running_mean, variance = this.buffers.running_var;
    if (training) {
      mean = columnSums(x).data.map((sum) => sum / n);
      variance = columnSums(x.map((value, i) => (value - mean[i % k]) ** 2)).data.map((sum) => sum / n);
      this.track(this.buffers.running_mean, mean);
      this.track(this.buffers.running_var, variance.map((value) => (value * n) / (n - 1)));
      this.batches += 1;
    }
    this.training = training;
    this.std = variance.map((value) => Math.sqrt(value + this.eps));
    this.normal = x.map((value, i) => (value - mean[i % k]) / this.std[i % k]);
    return this.normal.map((value, i) => weight.data[i % k] * value + bias.data[i % k]);
  }

  backward(dy) {
    const { weight } = this.parameters, k = this.features, n = dy.rows;
    this.gradients = {
      weight: columnSums(dy.zip(this.normal, (slope, normal) => slope * normal)),
      bias: columnSums(dy),
    };
    const mean = this.gradients.bias.data.map((sum) => sum / n);
    const slope = this.gradients.weight.data.map((sum) => sum / n);
    const through = this.training
      ? dy.map((value, i) => value - mean[i % k] - this.normal.data[i] * slope[i % k])
      : dy;
    return through.map((value, i) => (value * weight.data[i % k]) / this.std[i % k]);
  }

  track(running, values) {
    for (let i = 0; i < running.length; i++) running[i] += this.momentum * (values[i] - running[i]);
  }
}
