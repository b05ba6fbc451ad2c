// How states, seconds and bytes are said.

export const STATES = {
  running: "runs", failed: "failed", interrupted: "interrupted", held: "held back", waiting: "waits", left: "not begun", done: "done",
  restored: "ran before, its results are back", unchanged: "unchanged", fresh: "was up to date",
};
// In the order in which they are told.

export const OVER = ["done", "restored", "unchanged"];
// States of what was to run and need not any more.

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function gigabytes(bytes) {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

// A sentence of how many stages are in which state.
export function told(stages) {
  const counts = {};
  for (const { state } of Object.values(stages)) counts[state] = (counts[state] || 0) + 1;
  const over = OVER.reduce((sum, state) => sum + (counts[state] || 0), 0);
  const asked = Object.values(stages).filter(({ state }) => state !== "fresh").length;
  const rest = ["running", "waiting", "failed", "held", "interrupted", "left"].filter((state) => counts[state]);
  const parts = rest.map((state) => `${counts[state]} ${{ running: "running", waiting: "waiting" }[state] || STATES[state]}`);
  return [`${over} of ${asked} stages done`, ...parts].join(", ") + (counts.fresh ? `; ${counts.fresh} were up to date.` : ".");
}
