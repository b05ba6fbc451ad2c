// The network as NumPy code, to read, copy or download.

import { pythonCode } from "../../core/export.js";
import { button } from "../../ui/controls.js";
import { html } from "../../ui/dom.js";

const SHOWN = 5; // points that the code asks the network about

// `current` gives {trainer, held} at the time that the code is written.
export function codeBox(current) {
  const code = html("textarea", { rows: 12, readonly: true, "aria-label": "Python code of the network", class: "code", spellcheck: "false" });
  const copied = html("span", { role: "status" });

  function writeCode() {
    const { trainer, held } = current();
    code.value = pythonCode(trainer, (held.x.length ? held : trainer.train).x.slice(0, SHOWN));
    copied.textContent = "";
  }

  async function copy() {
    code.select();
    try {
      await navigator.clipboard.writeText(code.value);
      copied.textContent = "Copied.";
    } catch {
      copied.textContent = "Selected: copy it with the keyboard.";
    }
  }

  function download() {
    const url = URL.createObjectURL(new Blob([code.value], { type: "text/x-python" }));
    html("a", { href: url, download: "network.py" }).click();
    URL.revokeObjectURL(url);
  }

  return html("details", { ontoggle: writeCode }, html("summary", {}, "This network as NumPy code"),
    html("p", { class: "note" }, "It runs with nnlabs.scratch and says of the points what this page says."), code,
    html("div", { class: "buttons" }, button("Write it anew", writeCode), button("Copy", copy), button("Download", download), copied));
}
