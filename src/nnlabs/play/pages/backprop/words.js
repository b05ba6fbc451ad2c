// The names of all numbers, and how each was computed: in words, in symbols, and with its numbers put in.

import { ACTIVATIONS } from "../../core/activations.js";
import { say } from "../../ui/dom.js";

const LOW = "₀₁₂₃₄₅₆₇₈₉";
const HIGH = "⁰¹²³⁴⁵⁶⁷⁸⁹";
export const low = (...indices) => indices.map((i) => LOW[i + 1]).join("");
export const high = (layer) => `⁽${HIGH[layer]}⁾`;
export const input = (layer, i) => (layer === 0 ? `x${low(i)}` : `a${low(i)}${high(layer)}`);
export const weight = (layer, j, i) => `w${low(j, i)}${high(layer)}`;
export const say4 = (value) => say(value, 4);
const factor = (value) => (value < 0 ? `(${say4(value)})` : say4(value));
const product = ([a, b]) => `${factor(a)}·${factor(b)}`;
const F = { sigmoid: "σ", tanh: "tanh", relu: "ReLU", leaky_relu: "leaky ReLU", elu: "ELU", identity: "id" };

export function symbol({ kind, layer, row, column }) {
  switch (kind) {
    case "L":
      return "L";
    case "delta":
      return `δ${low(row)}${high(layer)}`;
    case "dW":
      return `∂L/∂${weight(layer, row, column)}`;
    case "db":
      return `∂L/∂b${low(row)}${high(layer)}`;
    case "W":
      return `new ${weight(layer, row, column)}`;
    case "b":
      return `new b${low(row)}${high(layer)}`;
    default:
      return `${kind}${low(row)}${high(layer)}`;
  }
}

// What a step is in symbols, and with its numbers put in; a rule in words.
export function written(step, depth) {
  const { kind, layer: l, row: j, column: i, terms } = step;
  switch (kind) {
    case "z":
      return {
        rule: "Each input times its weight, added up, and the bias.",
        symbols: [...terms.products.map((_, k) => `${weight(l, j, k)}·${input(l - 1, k)}`), `b${low(j)}${high(l)}`].join(" + "),
        numbers: [...terms.products.map(product), factor(terms.bias)].join(" + "),
      };
    case "a":
      return { rule: `The activation, ${ACTIVATIONS[terms.activation].name}, of z.`, symbols: `${F[terms.activation]}(z${low(j)}${high(l)})`, numbers: `${F[terms.activation]}(${say4(terms.z)})` };
    case "L":
      return {
        rule: "Half of the squared error: how far the output is from the target y.",
        symbols: terms.outputs.map((_, k) => `½ (${input(l, k)} − y)²`).join(" + "),
        numbers: terms.outputs.map((each) => `½ (${say4(each)} − ${factor(terms.y)})²`).join(" + "),
      };
    case "delta": {
      const slope = `${F[terms.activation]}′(z${low(j)}${high(l)})`, put = `${F[terms.activation]}′(${say4(terms.z)})`;
      const value = `\u2003with ${put} = ${say4(terms.derivative)}`;
      if (l === depth) {
        return {
          rule: "δ is ∂L/∂z. At the output: the error times the slope of the activation.",
          symbols: `(${input(l, j)} − y)·${slope}`, numbers: `(${say4(terms.output)} − ${factor(terms.y)})·${factor(terms.derivative)}`, value,
        };
      }
      return {
        rule: "What comes back through the weights, times the slope of the activation.",
        symbols: `(${terms.products.map((_, k) => `${weight(l + 1, k, j)}·δ${low(k)}${high(l + 1)}`).join(" + ")})·${slope}`,
        numbers: `(${terms.products.map(product).join(" + ")})·${factor(terms.derivative)}`, value,
      };
    }
    case "dW":
      return { rule: "A weight’s gradient: δ at its end times the value at its beginning.", symbols: `δ${low(j)}${high(l)}·${input(l - 1, i)}`, numbers: product([terms.delta, terms.a]) };
    case "db":
      return { rule: "A bias’s gradient is δ itself.", symbols: `δ${low(j)}${high(l)}`, numbers: say4(terms.delta) };
    default: {
      const before = kind === "W" ? weight(l, j, i) : `b${low(j)}${high(l)}`;
      return { rule: "Against the gradient, by the learning rate η.", symbols: `${before} − η·∂L/∂${before}`, numbers: `${say4(terms.before)} − ${product([terms.lr, terms.gradient])}` };
    }
  }
}
