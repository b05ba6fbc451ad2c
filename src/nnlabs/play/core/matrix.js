// Matrices, row by row in one Float64Array, and the few operations that networks need.

export class Matrix {
  constructor(rows, columns, data = new Float64Array(rows * columns)) {
    this.rows = rows;
    this.columns = columns;
    this.data = data;
  }

  static of(rows) {
    return new Matrix(rows.length, rows[0].length, Float64Array.from(rows.flat()));
  }

  at(row, column) {
    return this.data[row * this.columns + column];
  }

  row(i) {
    return this.data.subarray(i * this.columns, (i + 1) * this.columns);
  }

  // Copied.
  column(j) {
    return Float64Array.from({ length: this.rows }, (_, i) => this.at(i, j));
  }

  // The rows of these numbers, copied.
  take(rows) {
    const taken = new Matrix(rows.length, this.columns);
    rows.forEach((row, i) => taken.row(i).set(this.row(row)));
    return taken;
  }

  map(f) {
    return new Matrix(this.rows, this.columns, this.data.map(f));
  }

  // f of each element of this and of the other's at the same place.
  zip(other, f) {
    return new Matrix(this.rows, this.columns, this.data.map((value, i) => f(value, other.data[i])));
  }

  nested() {
    return Array.from({ length: this.rows }, (_, i) => [...this.row(i)]);
  }
}

// a bᵀ: N x K and M x K give N x M.
export function timesTransposed(a, b) {
  const out = new Matrix(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.rows; j++) {
      let sum = 0;
      for (let k = 0; k < a.columns; k++) sum += a.data[i * a.columns + k] * b.data[j * b.columns + k];
      out.data[i * b.rows + j] = sum;
    }
  }
  return out;
}

// a b: N x K and K x M give N x M.
export function times(a, b) {
  const out = new Matrix(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[i * a.columns + k];
      for (let j = 0; j < b.columns; j++) out.data[i * b.columns + j] += factor * b.data[k * b.columns + j];
    }
  }
  return out;
}

// aᵀ b: N x K and N x M give K x M.
export function transposedTimes(a, b) {
  const out = new Matrix(a.columns, b.columns);
  for (let n = 0; n < a.rows; n++) {
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[n * a.columns + k];
      for (let j = 0; j < b.columns; j++) out.data[k * b.columns + j] += factor * b.data[n * b.columns + j];
    }
  }
  return out;
}

// The sum of each column, as one row.
export function columnSums(a) {
  const out = new Matrix(1, a.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.columns; j++) out.data[j] += a.data[i * a.columns + j];
  }
  return out;
}

// √Σ a², over all elements.
export function norm(a) {
  return Math.sqrt(a.data.reduce((sum, value) => sum + value * value, 0));
}
