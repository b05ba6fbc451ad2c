// How weights begin: each rule chooses a standard deviation, as in nnlabs.scratch.initialisation.

export const RULES = {
  normal: () => 1,
  xavier: (inputs, outputs) => Math.sqrt(2 / (inputs + outputs)),
  he: (inputs) => Math.sqrt(2 / inputs),
  lecun: (inputs) => Math.sqrt(1 / inputs),
};
