// A place for a picture: chosen, dropped or pasted. What Python gets is a PNG of it in base64: the browser decodes it,
// whatever kind it is, and makes it smaller where it is large.

import { html } from "../play/ui/dom.js";

const LARGEST = 256; // pixels a side, more than networks see
const MOST_BYTES = 50 << 20;

const input = html("input", { type: "file", accept: "image/*", onchange: () => { take(input.files[0]); input.value = ""; } });
const shown = html("canvas", { width: 0, height: 0, role: "img", "aria-label": "The picture given" }), says = html("p", { role: "status" });

async function take(file) {
  if (!file) return;
  try {
    if (file.size > MOST_BYTES) throw new Error();
    const picture = await createImageBitmap(file), share = Math.min(LARGEST / Math.max(picture.width, picture.height), 1);
    shown.width = Math.max(Math.round(picture.width * share), 1);
    shown.height = Math.max(Math.round(picture.height * share), 1);
    const context = Object.assign(shown.getContext("2d"), { fillStyle: "white", imageSmoothingQuality: "high" });
    context.fillRect(0, 0, shown.width, shown.height); // below what is transparent
    context.drawImage(picture, 0, 0, shown.width, shown.height);
    says.textContent = "";
    props.value = shown.toDataURL().split(",")[1];
    trigger("change");
  } catch {
    says.textContent = `${file.name} is no picture that this browser can read, of at most ${MOST_BYTES >> 20} MB`;
  }
}

element.append(html("label", { ondragover: (event) => event.preventDefault(), ondrop: (event) => { event.preventDefault(); take(event.dataTransfer.files[0]); } }, input, "Choose a picture, drop or paste one", shown), says);
document.addEventListener("paste", (event) => { if (element.checkVisibility()) take(event.clipboardData.files[0]); });
