// A seeded generator: the same seed gives the same points and weights in every browser.

export class Random {
  // Mulberry32 for uniform numbers, Box and Muller's transform for Gaussian ones.
  constructor(seed) {
    this.state = seed >>> 0;
    this.spare = null;
  }

  // From 0 to below 1, a multiple of 2^-32.
  uniform() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  normal() {
    if (this.spare !== null) {
      const kept = this.spare;
      this.spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform())), angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  // 0 to n - 1.
  below(n) {
    return Math.floor(this.uniform() * n);
  }

  // The numbers 0 to n - 1 in a random order (Fisher and Yates).
  permutation(n) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}
