// Optimizers: `step` moves parameters, in place, against their gradients, as in nnlabs.scratch.optimizers.
// `parameters` and `gradients` are objects of arrays of numbers with the same names.

class Optimizer {
  constructor(lr, weightDecay = 0) {
    this.lr = lr;
    this.weightDecay = weightDecay;
    this.t = 0;
    this.memory = {};
  }

  step(parameters, gradients) {
    this.t += 1;
    for (const [name, theta] of Object.entries(parameters)) {
      const memory = (this.memory[name] ??= Object.fromEntries(
        this.remembers().map((each) => [each, new Float64Array(theta.length)]),
      ));
      for (let i = 0; i < theta.length; i++) {
        const g = gradients[name][i] + (this.weightDecay ? this.weightDecay * theta[i] : 0);
        theta[i] -= this.change(g, memory, i);
      }
    }
  }

  remembers() {
    return [];
  }
}

// θ ← θ - η g; with momentum v ← μ v + g, θ ← θ - η v; Nesterov's θ ← θ - η (g + μ v).
export class SGD extends Optimizer {
  constructor(lr, { momentum = 0, nesterov = false, weightDecay = 0 } = {}) {
    super(lr, weightDecay);
    this.momentum = momentum;
    this.nesterov = nesterov;
  }

  remembers() {
    return ["v"];
  }

  change(g, memory, i) {
    if (!this.momentum) return this.lr * g;
    const v = (memory.v[i] = this.momentum * memory.v[i] + g);
    return this.lr * (this.nesterov ? g + this.momentum * v : v);
  }
}

// m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², θ ← θ - η m̂ / (√v̂ + ε).
class Adam extends Optimizer {
  constructor(lr, { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = {}) {
    super(lr, weightDecay);
    this.betas = betas;
    this.eps = eps;
  }

  remembers() {
    return ["m", "v"];
  }

  change(g, { m, v }, i) {
    const [beta1, beta2] = this.betas;
    m[i] += (1 - beta1) * (g - m[i]);
    v[i] = v[i] * beta2 + (1 - beta2) * g * g;
    const denominator = Math.sqrt(v[i]) / Math.sqrt(1 - beta2 ** this.t) + this.eps;
    return ((this.lr / (1 - beta1 ** this.t)) * m[i]) / denominator;
  }
}

// m as in Adam; u ← max(β₂ u, |g| + ε); θ ← θ - η / (1 - β₁ᵗ) · m / u.
class AdaMax extends Adam {
  change(g, { m, v }, i) {
    const [beta1, beta2] = this.betas;
    m[i] += (1 - beta1) * (g - m[i]);
    v[i] = Math.max(beta2 * v[i], Math.abs(g) + this.eps);
    return ((this.lr / (1 - beta1 ** this.t)) * m[i]) / v[i];
  }
}

// By the names that params.yaml uses.
export function optimizer(name, lr, { momentum = 0.9, weightDecay = 0 } = {}) {
  switch (name) {
    case "sgd":
      return new SGD(lr, { weightDecay });
    case "momentum":
      return new SGD(lr, { momentum, weightDecay });
    case "nesterov":
      return new SGD(lr, { momentum, nesterov: true, weightDecay });
    case "adam":
      return new Adam(lr, { weightDecay });
    default:
      return new AdaMax(lr, { weightDecay });
  }
}
