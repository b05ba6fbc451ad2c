// Losses: each returns the mean over the batch and its gradient by the network's output, as in nnlabs.scratch.losses.

import { sigmoid } from "./activations.js";
import { Matrix } from "./matrix.js";

// Mean of Σ_k (y_k - t_k)²; dL/dy = 2 (y - t) / N.
export function squaredError(output, target) {
  const n = output.rows, error = output.zip(target, (y, t) => y - t);
  return [error.data.reduce((sum, each) => sum + each * each, 0) / n, error.map((each) => (2 * each) / n)];
}

// Mean of -t log s(z) - (1 - t) log(1 - s(z)), in the form that loses nothing at large |z|; dL/dz = (s(z) - t) / N.
export function binaryCrossEntropy(logits, target) {
  const n = logits.rows;
  let sum = 0;
  logits.data.forEach((z, i) => {
    sum += Math.max(z, 0) - z * target.data[i] + Math.log1p(Math.exp(-Math.abs(z)));
  });
  return [sum / n, logits.zip(target, (z, t) => (sigmoid(z) - t) / n)];
}

// e^z_i / Σ_k e^z_k over one row, the largest z taken off first.
export function softmax(row) {
  const largest = Math.max(...row), e = Array.from(row, (z) => Math.exp(z - largest));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((each) => each / sum);
}

// Mean of -log softmax(z)[label]; dL/dz = (softmax(z) - one_hot(label)) / N.
export function crossEntropy(logits, labels) {
  const n = logits.rows, gradient = new Matrix(n, logits.columns);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const row = logits.row(i), largest = Math.max(...row);
    const total = row.reduce((all, z) => all + Math.exp(z - largest), 0);
    sum -= row[labels[i]] - largest - Math.log(total);
    row.forEach((z, k) => {
      gradient.data[i * logits.columns + k] = (Math.exp(z - largest - Math.log(total)) - (k === labels[i] ? 1 : 0)) / n;
    });
  }
  return [sum / n, gradient];
}
