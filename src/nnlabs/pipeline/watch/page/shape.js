// What the stages' names and needs tell of the pipeline's shape, and where the square of each is drawn.

export const SHARED = "several labs", ALL = "whole report";
// Rows of what belongs to no one lab: what labs share, and what is made of their pages or of none.

export const kind = (name) => name.split("@")[0];

// What each stage is read by.
export function readers(stages) {
  const by = Object.fromEntries(Object.keys(stages).map((name) => [name, []]));
  for (const [name, { needs = [] }] of Object.entries(stages)) for (const need of needs) by[need]?.push(name);
  return by;
}

// The row of each stage: the one lab whose page is made of it, or what it is shared by.
export function rows(stages, by = readers(stages)) {
  const pages = {};
  const below = (name) => {
    if (!pages[name]) {
      pages[name] = new Set(kind(name) === "page" ? [name] : []);
      if (!pages[name].size) for (const reader of by[name]) for (const page of below(reader)) pages[name].add(page);
    }
    return pages[name];
  };
  const row = (name) => {
    const found = [...below(name)];
    return found.length === 1 ? found[0].split("@")[1] : found.length ? SHARED : ALL;
  };
  return Object.fromEntries(Object.keys(stages).map((name) => [name, row(name)]));
}

// The column of each stage: as far right as the longest way to one of its kind.
export function columns(stages) {
  const depths = {}, deepest = {};
  const depth = (name) => (depths[name] ??= 1 + Math.max(-1, ...(stages[name].needs || []).filter((each) => stages[each]).map(depth)));
  for (const name of Object.keys(stages)) deepest[kind(name)] = Math.max(deepest[kind(name)] || 0, depth(name));
  const used = [...new Set(Object.values(deepest))].sort((a, b) => a - b);
  return Object.fromEntries(Object.keys(stages).map((name) => [name, used.indexOf(deepest[kind(name)])]));
}

// How many squares side by side each column gets, of those that there is room for.
function shared(wanted, room) {
  let most = 1;
  while (most < Math.max(...wanted) && wanted.reduce((sum, each) => sum + Math.min(each, most + 1), 0) <= room) most++;
  return wanted.map((each) => Math.min(each, most));
}

function byLab(a, b) {
  const rank = (lab) => (lab === SHARED ? 0 : lab === ALL ? 2 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

// The two most frequent kinds of a column, without what hardly occurs.
function head(kinds) {
  const count = (each) => kinds.filter((other) => other === each).length;
  const often = [...new Set(kinds)].filter((each) => count(each) > kinds.length / 10);
  return often.sort((a, b) => count(b) - count(a)).slice(0, 2).join(", ");
}

// The middle of every stage's square, `side` wide, and the labels of rows and columns, within so many pixels.
export function layout(stages, width, by) {
  const row = rows(stages, by), column = columns(stages), all = Object.keys(stages), wide = width >= 640;
  const side = wide ? 14 : 11, step = side + (wide ? 5 : 4), apart = wide ? 34 : 9, left = wide ? 100 : 0, above = wide ? 8 : 20;
  const labs = [...new Set(Object.values(row))].sort(byLab);
  const columned = Array.from({ length: Math.max(-1, ...Object.values(column)) + 1 }, (_, c) => all.filter((name) => column[name] === c));
  const cells = labs.map((lab) => columned.map((names) => names.filter((name) => row[name] === lab)));
  const wanted = columned.map((_, c) => Math.max(...cells.map((cell) => cell[c].length)));
  const slots = shared(wanted, Math.floor((width - left - apart * (columned.length - 1)) / step));
  const heads = columned.map((names) => head(names.map(kind)));
  const widths = slots.map((each, c) => Math.max(each * step, wide ? heads[c].length * 6.5 - apart + 8 : 0) + apart);
  const starts = slots.map((_, c) => left + widths.slice(0, c).reduce((sum, each) => sum + each, 0));
  const labels = wide ? heads.map((text, c) => ({ x: starts[c], y: 12, text, faint: true })) : [];
  const places = {};
  let y = wide ? 26 : 4;
  labs.forEach((text, r) => {
    labels.push({ x: 0, y: y + (wide ? above + side - 2 : 13), text, faint: !wide });
    cells[r].forEach((cell, c) => cell.forEach((name, i) => {
      places[name] = [starts[c] + (i % slots[c]) * step + side / 2, y + above + Math.floor(i / slots[c]) * step + side / 2];
    }));
    y += above + 4 + step * Math.max(1, ...cells[r].map((cell, c) => Math.ceil(cell.length / slots[c])));
  });
  return { places, side, labels, height: y };
}
