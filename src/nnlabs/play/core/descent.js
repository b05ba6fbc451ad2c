// Minimising a function step by step, with every step kept, as in nnlabs.scratch.descent.
// A function is {value, gradient, hessian} of an array of one or two numbers.

import { optimizer } from "./optimizers.js";

// 3x² - sin x + eˣ - 5; the minimum is at x = 0, and is -4.
export const LECTURE = {
  value: ([x]) => 3 * x ** 2 - Math.sin(x) + Math.exp(x) - 5,
  gradient: ([x]) => [6 * x - Math.cos(x) + Math.exp(x)],
  hessian: ([x]) => [[6 + Math.sin(x) + Math.exp(x)]],
};

// A bowl that is `condition` times steeper along y than along x.
export function quadratic(condition) {
  return {
    value: ([x, y]) => (x ** 2 + condition * y ** 2) / 2,
    gradient: ([x, y]) => [x, condition * y],
    hessian: () => [[1, 0], [0, condition]],
  };
}

// A bent valley; its minimum, 0, is at (1, 1).
export const ROSENBROCK = {
  value: ([x, y]) => (1 - x) ** 2 + 100 * (y - x ** 2) ** 2,
  gradient: ([x, y]) => [-2 * (1 - x) - 400 * x * (y - x ** 2), 200 * (y - x ** 2)],
  hessian: ([x, y]) => [[2 - 400 * y + 1200 * x ** 2, -400 * x], [-400 * x, 200]],
};

// x ← x - |H|⁻¹ g, |H| being H with the absolute values of its eigenvalues: never uphill.
class Newton {
  constructor(f) {
    this.hessian = f.hessian;
  }

  step({ x }, { x: g }) {
    const h = this.hessian(x), tiny = 2.2250738585072014e-308;
    const over = (value) => Math.max(Math.abs(value), tiny);
    if (x.length === 1) {
      x[0] -= g[0] / over(h[0][0]);
      return;
    }
    // of [[a, b], [b, d]]: the first eigenvector is (cos, sin) of half the angle of (a - d, 2 b)
    const a = h[0][0], b = h[0][1], d = h[1][1];
    const angle = Math.atan2(2 * b, a - d) / 2, c = Math.cos(angle), s = Math.sin(angle);
    const first = a * c * c + 2 * b * c * s + d * s * s, second = a * s * s - 2 * b * c * s + d * c * c;
    const along = (c * g[0] + s * g[1]) / over(first), across = (-s * g[0] + c * g[1]) / over(second);
    x[0] -= c * along - s * across;
    x[1] -= s * along + c * across;
  }
}

// By name; every method has a `step` as optimizers have.
export function method(name, f, lr, momentum) {
  return name === "newton" ? new Newton(f) : optimizer(name, lr, { momentum });
}

// Walk until |L_k - L_(k-1)| < tolerance, or for `iterations` steps, or until it has diverged: L or x no longer
// finite, or L above the ceiling and above where it began. Returns {path, values, ended}.
export function minimise(f, start, stepper, tolerance, iterations, ceiling = 1e8) {
  const x = Float64Array.from(start), path = [[...x]], values = [f.value(x)];
  const highest = Math.max(ceiling, values[0]);
  let ended = "limit";
  for (let k = 0; k < iterations; k++) {
    stepper.step({ x }, { x: f.gradient(x) });
    const value = f.value(x);
    if (!(x.every(Number.isFinite) && Number.isFinite(value) && value <= highest)) {
      ended = "diverged";
      break;
    }
    path.push([...x]);
    values.push(value);
    if (Math.abs(values.at(-1) - values.at(-2)) < tolerance) {
      ended = "converged";
      break;
    }
  }
  return { path, values, ended };
}
