// Trained networks, layer by layer, as `nnlabs.play.networks` writes them down.
// A layer is {kind, ...}: affine (scale and shift a channel), conv, pool, relu, linear; images are as in convolution.js.

import { convolve, image, maxPool } from "./convolution.js";

function affine(x, { scale, shift }) {
  const area = x.height * x.width, y = image(x.channels, x.height, x.width);
  for (let c = 0, i = 0; c < x.channels; c++) {
    for (const end = i + area; i < end; i++) y.data[i] = x.data[i] * scale[c] + shift[c];
  }
  return y;
}

// Of all numbers of an image in one row: outputs x inputs.
function linear(x, { weight, bias }) {
  const y = image(bias.length, 1, 1), inputs = x.data.length;
  for (let o = 0; o < bias.length; o++) {
    let sum = bias[o];
    for (let i = 0; i < inputs; i++) sum += weight[o * inputs + i] * x.data[i];
    y.data[o] = sum;
  }
  return y;
}

function relu(x) {
  const y = image(x.channels, x.height, x.width);
  for (let i = 0; i < y.data.length; i++) y.data[i] = Math.max(x.data[i], 0);
  return y;
}

const KINDS = {
  affine,
  conv: (x, { weight, bias, kernel, padding }) => convolve(x, weight, bias, kernel, 1, padding),
  pool: maxPool,
  relu,
  linear,
};

// The output of every layer, in order; the last is the logits. `pixels` are 0 to 255, height x width.
export function run(layers, pixels, side) {
  let x = image(1, side, side, pixels);
  return layers.map((layer) => (x = KINDS[layer.kind](x, layer)));
}

// Layers whose arrays are places in one list of numbers become layers with their arrays.
export function withArrays(layers, list) {
  return layers.map((layer) => Object.fromEntries(Object.entries(layer).map(([name, value]) =>
    [name, Array.isArray(value) ? list.subarray(value[0], value[0] + value[1]) : value])));
}
