// Controls with labels: each shows one value of the state and changes it.

import { html, say } from "./dom.js";

let made = 0;

function labelled(label, control, ...more) {
  control.id = `control-${++made}`;
  return html("div", { class: "control" }, html("label", { for: control.id }, label), control, ...more);
}

// Show or hide a control, by the state.
export function when(state, shown, ...elements) {
  const show = (values) => elements.forEach((each) => (each.hidden = !shown(values)));
  state.listen(show);
  show(state.values);
  return elements;
}

// `options` is an object of names by value.
export function select(state, key, label, options) {
  const box = html(
    "select",
    { onchange: () => state.set({ [key]: state.fields[key].read(box.value) }) },
    Object.entries(options).map(([value, name]) => html("option", { value }, name)),
  );
  const show = () => (box.value = state.values[key]);
  state.listen(show);
  show();
  return labelled(label, box);
}

// On a logarithmic scale where `log`; `format` says the value.
export function slider(state, key, label, { least, most, step = 0.01, log = false, format = say }) {
  const to = log ? (value) => Math.log10(value) : (value) => value;
  const from = log ? (place) => Number((10 ** place).toPrecision(3)) : (place) => place;
  const output = html("output");
  const range = html("input", {
    type: "range", min: to(least), max: to(most), step,
    oninput: () => state.set({ [key]: from(Number(range.value)) }),
  });
  const show = () => {
    const value = state.values[key];
    if (from(Number(range.value)) !== value) range.value = to(value);
    output.textContent = format(value);
    range.setAttribute("aria-valuetext", format(value));
  };
  state.listen(show);
  const control = labelled(label, range, output);
  output.setAttribute("for", range.id);
  show();
  return control;
}

export function checkbox(state, key, label) {
  const box = html("input", { type: "checkbox", onchange: () => state.set({ [key]: box.checked }) });
  const show = () => (box.checked = state.values[key]);
  state.listen(show);
  show();
  const control = labelled(label, box);
  control.classList.add("check");
  return control;
}

export function textField(state, key, label, longest) {
  const field = html("input", {
    type: "text", maxlength: longest, spellcheck: "false", autocapitalize: "off", autocomplete: "off",
    oninput: () => state.set({ [key]: field.value }),
  });
  const show = () => {
    if (field.value !== state.values[key]) field.value = state.values[key];
  };
  state.listen(show);
  show();
  return labelled(label, field);
}

export function button(label, onclick, attributes = {}) {
  return html("button", { type: "button", onclick, ...attributes }, label);
}

export function group(title, ...children) {
  return html("fieldset", {}, html("legend", {}, title), ...children);
}

// A picture with what it shows in words below.
export function figure(title, picture, ...below) {
  return html("figure", {}, html("figcaption", {}, title), picture, ...below);
}

// Calls `frame` again and again between play and pause; `frame` returns false where there is nothing more to do.
export class Player {
  constructor(frame, names = ["Play", "Pause"]) {
    this.frame = frame;
    this.names = names;
    this.running = false;
    this.button = button(names[0], () => (this.running ? this.pause() : this.play()), { class: "main" });
  }

  play() {
    if (this.running) return;
    this.running = true;
    this.button.textContent = this.names[1];
    const next = () => {
      if (!this.running) return;
      if (this.frame() === false) this.pause();
      else requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }

  pause() {
    this.running = false;
    this.button.textContent = this.names[0];
  }
}
