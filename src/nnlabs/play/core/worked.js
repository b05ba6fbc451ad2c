// A small network computed number by number, forward, backward and one step of descent, each with its substitution.
// `worked` is {x, y (or null), weights (a matrix a layer, outputs x inputs), biases, activations}, as in params.yaml.

import { ACTIVATIONS } from "./activations.js";
import { Activate, Linear } from "./layers.js";
import { Matrix } from "./matrix.js";
import { Network } from "./network.js";

function networkOf({ weights, biases, activations }) {
  const layers = weights.flatMap((weight, l) => {
    const linear = new Linear(weight[0].length, weight.length, { normal: () => 0 });
    linear.parameters = { weight: Matrix.of(weight), bias: Matrix.of([biases[l]]) };
    return [linear, new Activate(ACTIVATIONS[activations[l]])];
  });
  return new Network(layers);
}

// Every quantity by the name that the lab gives its array: z1, a1, ..., L, delta1, dW1, db1, "W1 after", "b1 after".
export function quantities(worked, lr) {
  const network = networkOf(worked), depth = worked.weights.length, every = network.outputs(Matrix.of([worked.x])), named = {};
  for (let l = 1; l <= depth; l++) {
    named[`z${l}`] = every[2 * l - 2].nested();
    named[`a${l}`] = every[2 * l - 1].nested();
  }
  if (worked.y === null) return named;
  const error = every.at(-1).map((each) => each - worked.y);
  named.L = [[error.data.reduce((sum, each) => sum + each * each, 0) / 2]];
  let slope = error;
  for (let l = depth; l >= 1; l--) {
    const linear = network.layers[2 * l - 2], { weight, bias } = linear.parameters;
    slope = network.layers[2 * l - 1].backward(slope);
    named[`delta${l}`] = slope.nested();
    slope = linear.backward(slope);
    named[`dW${l}`] = linear.gradients.weight.nested();
    named[`db${l}`] = linear.gradients.bias.nested();
    named[`W${l} after`] = weight.zip(linear.gradients.weight, (w, g) => w - lr * g).nested();
    named[`b${l} after`] = bias.zip(linear.gradients.bias, (b, g) => b - lr * g).nested();
  }
  return named;
}

// The quantities one by one, in the order in which one computes them:
// {phase, kind, layer, row, column, value, terms}; terms is what the substitution is made of.
export function steps(worked, lr) {
  const found = quantities(worked, lr), depth = worked.weights.length, list = [];
  const a = (layer, i) => (layer === 0 ? worked.x[i] : found[`a${layer}`][0][i]);
  const sizes = [worked.x.length, ...worked.biases.map((bias) => bias.length)];
  const add = (phase, kind, layer, row, column, value, terms) => list.push({ phase, kind, layer, row, column, value, terms });
  const each = (n, f) => Array.from({ length: n }, (_, i) => f(i));
  for (let l = 1; l <= depth; l++) {
    each(sizes[l], (j) => add("forward", "z", l, j, null, found[`z${l}`][0][j], {
      products: each(sizes[l - 1], (i) => [worked.weights[l - 1][j][i], a(l - 1, i)]), bias: worked.biases[l - 1][j],
    }));
    each(sizes[l], (j) => add("forward", "a", l, j, null, a(l, j), { activation: worked.activations[l - 1], z: found[`z${l}`][0][j] }));
  }
  if (worked.y === null) return list;
  add("forward", "L", depth, 0, null, found.L[0][0], { outputs: found[`a${depth}`][0], y: worked.y });
  for (let l = depth; l >= 1; l--) {
    each(sizes[l], (j) => {
      const z = found[`z${l}`][0][j], activation = worked.activations[l - 1], derivative = ACTIVATIONS[activation].derivative(z);
      const back = l === depth
        ? { output: a(l, j), y: worked.y }
        : { products: each(sizes[l + 1], (k) => [worked.weights[l][k][j], found[`delta${l + 1}`][0][k]]) };
      add("backward", "delta", l, j, null, found[`delta${l}`][0][j], { ...back, activation, z, derivative });
    });
    each(sizes[l], (j) => each(sizes[l - 1], (i) => add("backward", "dW", l, j, i, found[`dW${l}`][j][i], {
      delta: found[`delta${l}`][0][j], a: a(l - 1, i),
    })));
    each(sizes[l], (j) => add("backward", "db", l, j, null, found[`db${l}`][0][j], { delta: found[`delta${l}`][0][j] }));
  }
  for (let l = depth; l >= 1; l--) {
    each(sizes[l], (j) => each(sizes[l - 1], (i) => add("step", "W", l, j, i, found[`W${l} after`][j][i], {
      before: worked.weights[l - 1][j][i], lr, gradient: found[`dW${l}`][j][i],
    })));
    each(sizes[l], (j) => add("step", "b", l, j, null, found[`b${l} after`][0][j], {
      before: worked.biases[l - 1][j], lr, gradient: found[`db${l}`][0][j],
    }));
  }
  return list;
}
