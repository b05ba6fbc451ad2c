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
  if (kernel === 3 && stride === 1) return convolveThree(padded(x, padding), weight, bias);
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

// The same with the kernel that the networks have most, a stride of 1 and the padding there already, fast: along a row
// each place reads the three numbers that have come in and keeps the six that the last one had, too.
function convolveThree(x, weight, bias) {
  const height = x.height - 2, width = x.width - 2, area = height * width, y = image(bias.length, height, width);
  for (let o = 0; o < bias.length; o++) {
    y.data.fill(bias[o], o * area, (o + 1) * area);
    for (let c = 0; c < x.channels; c++) {
      const w = (o * x.channels + c) * 9;
      for (let p = 0; p < height; p++) addRow(y.data, o * area + p * width, width, x.data, (c * x.height + p) * x.width, x.width, weight, w);
    }
  }
  return y;
}

function addRow(y, to, count, x, from, pitch, weight, w) {
  const a = weight[w], b = weight[w + 1], c = weight[w + 2], d = weight[w + 3], e = weight[w + 4], f = weight[w + 5];
  const g = weight[w + 6], h = weight[w + 7], i = weight[w + 8];
  let top = from, middle = top + pitch, low = middle + pitch;
  let x1 = x[top++], x2 = x[top++], y1 = x[middle++], y2 = x[middle++], z1 = x[low++], z2 = x[low++];
  for (const end = to + count; to < end; to++) {
    const x3 = x[top++], y3 = x[middle++], z3 = x[low++];
    y[to] += a * x1 + b * x2 + c * x3 + (d * y1 + e * y2 + f * y3) + (g * z1 + h * z2 + i * z3);
    x1 = x2;
    x2 = x3;
    y1 = y2;
    y2 = y3;
    z1 = z2;
    z2 = z3;
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
