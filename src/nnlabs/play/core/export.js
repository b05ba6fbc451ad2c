// The network as Python code that runs with nnlabs.scratch.

import { Activate, BatchNorm, Dropout, Linear } from "./layers.js";

function array(matrix, asVector) {
  const rows = matrix.nested().map((row) => `[${row.join(", ")}]`);
  return asVector ? `np.array(${rows[0]})` : `np.array([\n        ${rows.join(",\n        ")},\n    ])`;
}

function layerCode(layer, activation) {
  if (layer instanceof Linear) return `Linear(${layer.inputs}, ${layer.outputs}, rng)`;
  if (layer instanceof BatchNorm) return `BatchNorm(${layer.features})`;
  if (layer instanceof Dropout) return `Dropout(${layer.p}, rng)`;
  return layer instanceof Activate ? `Activate(activation("${activation}"))` : "";
}

export function pythonCode(trainer, points) {
  const { network, settings } = trainer, state = [];
  network.layers.forEach((layer, i) => {
    for (const [name, matrix] of Object.entries(layer.parameters)) {
      state.push(`    "${i}.${name}": ${array(matrix, matrix.rows === 1 && !(layer instanceof Linear && name === "weight"))},`);
    }
    for (const [name, values] of Object.entries(layer.buffers ?? {})) state.push(`    "${i}.${name}": np.array([${[...values].join(", ")}]),`);
    if (layer.buffers) state.push(`    "${i}.num_batches_tracked": np.array(${layer.batches}),`);
  });
  const kinds = [...new Set(network.layers.map((layer) => layer.constructor.name))].sort();
  const last = trainer.train.classes === 2
    ? "print((output[:, 0] > 0).astype(int))  # the class of each point: whether its logit is positive"
    : "print(output.argmax(axis=1))  # the class of each point: the largest logit";
  return `"""A network from the playground, after ${trainer.epochs} epochs. Needs nnlabs: run it in a clone after \`make setup\`."""

import numpy as np
${kinds.includes("Activate") ? "from nnlabs.scratch.activations import activation\n" : ""}from nnlabs.scratch.layers import ${kinds.join(", ")}
from nnlabs.scratch.network import Network

rng = np.random.default_rng(0)
network = Network(
${network.layers.map((layer) => `    ${layerCode(layer, settings.activation)},`).join("\n")}
)
state = {
${state.join("\n")}
}
network.set_state(state)

points = np.array([
${points.map((row) => `    [${row.join(", ")}],`).join("\n")}
])
output = network.forward(points)
print(output)
${last}
`;
}
