// A page that shows runs as they go: it begins with what it holds, and asks once a second for what has changed.

import { html } from "../../../play/ui/dom.js";
import { Machine } from "./machine.js";
import { RunView } from "./run.js";

const DATA = JSON.parse(document.getElementById("data").textContent);
const LONGEST = 1200;
// Samples of the machine; then every second one goes.

let version = 0, ahead = 0, samples = [], stages = {}, silent = 0;
const views = {};
const machine = new Machine();
const runs = html("div");
const lost = html("p", { class: "error", role: "status" });
const heading = html("h1", {}, document.title);

// The time where the run is: this browser's clock may be another machine's.
const now = () => (DATA.live ? Date.now() / 1000 + ahead : DATA.now);

function merge(changes) {
  version = changes.version;
  ahead = changes.now - Date.now() / 1000;
  samples.push(...changes.machine.samples);
  if (samples.length > LONGEST) samples = samples.filter((_, i) => i % 2 === 0);
  stages = changes.machine.stages;
  for (const [name, run] of Object.entries(changes.runs)) {
    if (!views[name]) runs.prepend((views[name] = new RunView(name, now, (stage) => stages[stage])).element);
    views[name].merge(run);
  }
  machine.show({ ...changes.machine, samples });
  for (const view of Object.values(views)) view.tick();
}

async function ask() {
  let last = false;
  try {
    const answer = await fetch(`changes?since=${version}`);
    if (!answer.ok) throw new Error(answer.status);
    const changes = await answer.json();
    merge(changes);
    last = changes.last;
    silent = 0;
  } catch {
    silent++;
    for (const view of Object.values(views)) view.tick();
  }
  lost.textContent = silent > 2 ? "Nobody answers any more: this page is no longer served. What was seen last stays here." : "";
  if (!last) setTimeout(ask, silent > 2 ? 5000 : 1000);
}

document.getElementById("page").replaceChildren(
  html("header", {}, heading, lost), runs, machine.element,
  html("footer", {}, html("p", {}, DATA.live
    ? "Served by this machine to itself alone; nothing is loaded from anywhere else or sent anywhere. When the run is over, this page remains as .nnlabs/watch.html."
    : "What there was to see of a run that is over, in one file.")),
);
merge(DATA);
if (DATA.live) setTimeout(ask, 1000);
