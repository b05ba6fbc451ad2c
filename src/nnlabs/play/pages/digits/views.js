// What is shown of an image and of the networks' answers to it.

import { run } from "../../core/cnn.js";
import { SIDE } from "../../core/ink.js";
import { fixed, html } from "../../ui/dom.js";
import { paintInk, paintSigned } from "../../ui/paint.js";

const NEAREST = 6;
const KERNELS = 32;

// A bar for each class of each network, made once and then set.
export class Answers {
  constructor(names, classes) {
    this.networks = names.map((name) => {
      const bars = classes.map((label) => {
        const filled = html("span"), percent = html("span", { class: "percent" });
        return { filled, percent, element: html("div", { class: "bar" }, html("span", {}, label), html("span", { class: "track" }, filled), percent) };
      });
      return { bars, element: html("div", { class: "answer" }, html("h2", {}, name), bars.map(({ element }) => element)) };
    });
    this.element = html("div", { class: "answers" }, this.networks.map(({ element }) => element));
  }

  // Probabilities by network; null where nothing is drawn.
  show(answers) {
    this.networks.forEach(({ bars }, n) => {
      const probabilities = answers?.[n], best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
      bars.forEach(({ filled, percent, element }, k) => {
        element.className = k === best ? "bar best" : "bar";
        filled.style.width = probabilities ? `${(100 * probabilities[k]).toFixed(1)}%` : "0";
        percent.textContent = probabilities ? `${fixed(100 * probabilities[k], 0)} %` : "";
      });
    });
  }
}

function cosine({ pixels, size }, image) {
  let sum = 0;
  for (let i = 0; i < image.length; i++) sum += pixels[i] * image[i];
  return sum / size;
}

// The samples that are most like an image.
export function nearest(samples, image) {
  const alike = samples.map((sample) => ({ sample, by: cosine(sample, image) })).sort((a, b) => b.by - a.by).slice(0, NEAREST);
  return alike.map(({ sample: { label, pixels } }) => {
    const canvas = html("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": `A test image of a ${label}` });
    paintInk(canvas, pixels, 255);
    return html("div", {}, canvas, html("span", {}, label));
  });
}

// Every channel of each convolution's output; kernels where one points.
export function maps(layers, image) {
  const outputs = run(layers, image, SIDE), parts = [];
  outputs.forEach((output, l) => {
    const next = layers[l + 1]?.kind, given = l === 0 && layers[l].kind === "affine";
    if (output.height === 1 || given || ["affine", "relu", "pool"].includes(next)) return; // shown when a block is through
    parts.push(block(output, layers.slice(0, l + 1).findLast(({ kind }) => kind === "conv")));
  });
  return parts;
}

function block({ channels, height, width, data }, conv) {
  const kernels = html("div", { class: "kernels" });
  const buttons = Array.from({ length: channels }, (_, c) => {
    const canvas = html("canvas", { width, height }), show = () => showKernels(kernels, conv, c);
    paintSigned(canvas, data.subarray(c * height * width, (c + 1) * height * width));
    return html("button", { type: "button", class: "map", "aria-label": `Channel ${c + 1}: show its kernels`, onpointerenter: show, onfocus: show, onclick: show }, canvas);
  });
  return html("figure", {}, html("figcaption", {}, `${channels} channels of ${height} × ${width}`), html("div", { class: "channels" }, buttons), kernels);
}

function showKernels(holder, { kernel, inputs, weight }, channel) {
  const size = kernel * kernel;
  holder.replaceChildren(html("span", { class: "note" }, `Channel ${channel + 1}, a kernel for each of ${inputs} ${inputs === 1 ? "input" : "inputs"}: `),
    ...Array.from({ length: Math.min(inputs, KERNELS) }, (_, c) => {
      const canvas = html("canvas", { width: kernel, height: kernel, "aria-hidden": "true" }), from = (channel * inputs + c) * size;
      paintSigned(canvas, weight.subarray(from, from + size));
      return canvas;
    }));
}
