// Activation functions, each with its derivative beside it, as in nnlabs.scratch.activations.
// None overflows: exp is only ever asked for what is not positive. At a kink the derivative is the left one.
// `shape` is leaky ReLU's slope or ELU's alpha; the others ignore it.

export function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
}

export const ACTIVATIONS = {
  identity: { name: "identity", f: (z) => z, derivative: () => 1 },
  sigmoid: { name: "sigmoid", f: sigmoid, derivative: (z) => sigmoid(z) * sigmoid(-z) },
  tanh: { name: "tanh", f: Math.tanh, derivative: (z) => 1 - Math.tanh(z) ** 2 },
  relu: { name: "ReLU", f: (z) => Math.max(z, 0), derivative: (z) => (z > 0 ? 1 : 0) },
  leaky_relu: {
    name: "leaky ReLU",
    shape: 0.01,
    f: (z, slope = 0.01) => (z > 0 ? z : slope * z),
    derivative: (z, slope = 0.01) => (z > 0 ? 1 : slope),
  },
  elu: {
    name: "ELU",
    shape: 1,
    f: (z, alpha = 1) => (z > 0 ? z : alpha * Math.expm1(Math.min(z, 0))),
    derivative: (z, alpha = 1) => (z > 0 ? 1 : alpha * Math.exp(Math.min(z, 0))),
  },
};
