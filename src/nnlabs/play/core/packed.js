// Bytes written as text, five letters for four bytes, as `nnlabs.play.packed` does it.

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%.()*+-;,=>?@^_`{|}~";
const VALUES = Object.fromEntries([...LETTERS].map((letter, i) => [letter, i]));

export function unpack(text) {
  const short = (5 - (text.length % 5)) % 5, whole = text + "~".repeat(short), bytes = new Uint8Array((whole.length / 5) * 4);
  for (let at = 0, to = 0; at < whole.length; at += 5) {
    let value = 0;
    for (let i = 0; i < 5; i++) value = value * 85 + VALUES[whole[at + i]];
    for (let shift = 24; shift >= 0; shift -= 8) bytes[to++] = (value / 2 ** shift) & 255;
  }
  return bytes.subarray(0, bytes.length - short);
}

// What zlib made smaller.
export async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Half-precision numbers; their high bytes come first, then their low ones, which makes them smaller.
export function halves(bytes) {
  const n = bytes.length / 2;
  return Float64Array.from({ length: n }, (_, i) => {
    const high = bytes[i], sign = high & 128 ? -1 : 1, exponent = (high >> 2) & 31, fraction = ((high & 3) << 8) | bytes[n + i];
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return exponent === 31 ? (fraction ? NaN : sign * Infinity) : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}
