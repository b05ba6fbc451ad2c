// Convolution and pooling of one image, as in nnlabs.scratch.convolution: {channels, height, width, data}, rows first.

export function image(channels, height, width, data = new Float64Array(channels * height * width)) {
  return { channels, height, width, data };
}

// How many places a kernel has along a side: ⌊(side + 2 padding - kernel) / stride⌋ + 1.
export function places(side, kernel, stride, padding) {
  return Math.floor((side + 2 * padding - kernel) / stride) + 1;
}

// y[o, p, q] = b[o] + Σ_cij w[o, c, i, j] x[c, p·stride + i - padding, q·stride + j - padding]; nothing beyond the edge.
// `weight` is flat, outputs x inputs x kernel x kernel.
export function convolve(x, weight, bias, kernel, stride = 1, padding = 0) {
  if (stride === 1) return convolveEvery(x, weight, bias, kernel, padding);
  const height = places(x.height, kernel, stride, padding), width = places(x.width, kernel, stride, padding);
  const outputs = bias.length, y = image(outputs, height, width), area = height * width;
  for (let o = 0; o < outputs; o++) {
    y.data.fill(bias[o], o * area, (o + 1) * area);
    for (let c = 0; c < x.channels; c++) {
      for (let i = 0; i < kernel; i++) {
        for (let j = 0; j < kernel; j++) {
          const w = weight[((o * x.channels + c) * kernel + i) * kernel + j];
          const first = Math.max(0, Math.ceil((padding - j) / stride));
          const last = Math.min(width - 1, Math.floor((x.width - 1 + padding - j) / stride));
          for (let p = 0; p < height; p++) {
            const row = p * stride + i - padding;
            if (row < 0 || row >= x.height) continue;
            const from = (c * x.height + row) * x.width + j - padding, to = o * area + p * width;
            for (let q = first; q <= last; q++) y.data[to + q] += w * x.data[from + q * stride];
          }
        }
      }
    }
  }
  return y;
}

// The same with a stride of 1, fast: over the padded image each tap is one shift, so a whole channel is one long loop.
function convolveEvery(x, weight, bias, kernel, padding) {
  const wide = padded(x, padding), { width } = wide, height = wide.height - kernel + 1, across = width - kernel + 1;
  const area = wide.height * width, length = height * width - kernel + 1, sums = new Float64Array(height * width);
  const y = image(bias.length, height, across), { data } = wide, taps = kernel * kernel;
  for (let o = 0; o < bias.length; o++) {
    sums.fill(bias[o]);
    for (let c = 0; c < x.channels; c++) {
      const at = c * area, first = (o * x.channels + c) * taps, w = weight.slice(first, first + taps);
      if (kernel === 3) addThree(sums, data, at, width, length, w);
      else addAny(sums, data, at, width, length, w, kernel);
    }
    for (let p = 0; p < height; p++) y.data.set(sums.subarray(p * width, p * width + across), (o * height + p) * across);
  }
  return y;
}

function addThree(sums, data, at, width, length, w) {
  const [a, b, c, d, e, f, g, h, i] = w, second = at + width, third = second + width;
  for (let k = 0; k < length; k++) {
    sums[k] += a * data[at + k] + b * data[at + k + 1] + c * data[at + k + 2]
      + d * data[second + k] + e * data[second + k + 1] + f * data[second + k + 2]
      + g * data[third + k] + h * data[third + k + 1] + i * data[third + k + 2];
  }
}

function addAny(sums, data, at, width, length, w, kernel) {
  for (let i = 0; i < kernel; i++) {
    for (let j = 0; j < kernel; j++) {
      const tap = w[i * kernel + j], from = at + i * width + j;
      for (let k = 0; k < length; k++) sums[k] += tap * data[from + k];
    }
  }
}

function padded(x, padding) {
  if (!padding) return x;
  const wide = image(x.channels, x.height + 2 * padding, x.width + 2 * padding);
  for (let row = 0; row < x.channels * x.height; row++) {
    const c = Math.floor(row / x.height), to = (c * wide.height + (row % x.height) + padding) * wide.width + padding;
    wide.data.set(x.data.subarray(row * x.width, (row + 1) * x.width), to);
  }
  return wide;
}

// The largest of each 2 x 2 window.
export function maxPool(x) {
  const height = x.height >> 1, width = x.width >> 1, y = image(x.channels, height, width);
  for (let c = 0; c < x.channels; c++) {
    for (let p = 0; p < height; p++) {
      for (let q = 0; q < width; q++) {
        const at = (c * x.height + 2 * p) * x.width + 2 * q, { data } = x;
        y.data[(c * height + p) * width + q] = Math.max(data[at], data[at + 1], data[at + x.width], data[at + x.width + 1]);
      }
    }
  }
  return y;
}
