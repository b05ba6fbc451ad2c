// A chart in SVG, one unit a pixel: it is drawn anew when its width changes, so letters stay as large as they are.

import { html, raised, say, svg } from "./dom.js";

const MARGIN = { left: 52, right: 12, top: 10, bottom: 40 };
let clips = 0;

// Round numbers within a range, about `count` of them.
function ticks([low, high], count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

// Powers of ten within a range, at most `count`.
function decades([low, high], count) {
  const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / count)), found = [];
  for (let power = first; power <= last; power += every) found.push(power);
  return found;
}

export class Plot {
  // `x` and `y` are {label, log}, x also {whole}: ticks at whole numbers only; `height` in pixels, or `ratio` of the width.
  constructor({ label, x, y, height = 260, ratio = null, touch = "pan-y" }) {
    Object.assign(this, { x, y, height, ratio });
    this.back = svg("g");
    this.handles = svg("g");
    this.clip = `clip-${++clips}`;
    this.svg = svg("svg", { role: "group", "aria-label": label, style: `touch-action: ${touch}` }, this.back, this.handles);
    this.element = html("div", { class: "plot" }, this.svg);
    this.width = 0;
    new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width !== this.width) {
        this.width = width;
        this.redraw();
      }
    }).observe(this.element);
  }

  // The ranges [low, high] of both axes, and a function that gives what to draw, as SVG elements.
  draw(xRange, yRange, content, underlay = null) {
    Object.assign(this, { xRange, yRange, content, underlay });
    this.redraw();
  }

  redraw() {
    if (!this.content || this.width < 50) return;
    if (this.ratio) this.height = Math.round(Math.min(this.width * this.ratio, 520));
    const { width, height } = this;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    this.inner = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    const { left, right, top, bottom } = this.inner;
    this.back.replaceChildren(
      svg("clipPath", { id: this.clip }, svg("rect", { x: left, y: top, width: right - left, height: bottom - top })),
      ...(this.underlay ? [this.underlay(this)] : []),
      this.axes(),
      svg("g", { "clip-path": `url(#${this.clip})` }, this.content(this)),
    );
    this.placed?.();
  }

  axes() {
    const { left, right, top, bottom } = this.inner, parts = [];
    const xs = this.x.log
      ? decades(this.xRange, (right - left) / 45).map((power) => [10 ** power, `10${raised(power)}`])
      : ticks(this.xRange, (right - left) / 70).filter((each) => !this.x.whole || Number.isInteger(each)).map((each) => [each, say(each, 4)]);
    const ys = this.y.log
      ? decades(this.yRange, (bottom - top) / 28).map((power) => [10 ** power, `10${raised(power)}`])
      : ticks(this.yRange, (bottom - top) / 36).map((each) => [each, say(each, 4)]);
    for (const [value, name] of xs) {
      const at = this.px(value);
      parts.push(svg("line", { class: "grid", x1: at, x2: at, y1: top, y2: bottom }));
      parts.push(svg("text", { x: at, y: bottom + 16, "text-anchor": "middle" }, name));
    }
    for (const [value, name] of ys) {
      const at = this.py(value);
      parts.push(svg("line", { class: "grid", x1: left, x2: right, y1: at, y2: at }));
      parts.push(svg("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, name));
    }
    parts.push(svg("text", { class: "label", x: (left + right) / 2, y: bottom + 33, "text-anchor": "middle" }, this.x.label));
    const middle = (top + bottom) / 2;
    parts.push(svg("text", {
      class: "label", x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})`,
    }, this.y.label));
    return svg("g", { class: "axes", "aria-hidden": "true" }, parts);
  }

  share(value, [low, high], log) {
    return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  }

  // Kept within what SVG can draw, however far a path runs off.
  px(value) {
    const { left, right } = this.inner;
    return Math.max(-1e5, Math.min(1e5, left + this.share(value, this.xRange, this.x.log) * (right - left)));
  }

  py(value) {
    const { top, bottom } = this.inner;
    return Math.max(-1e5, Math.min(1e5, bottom - this.share(value, this.yRange, this.y.log) * (bottom - top)));
  }

  // The place of a pointer, in the axes' numbers.
  at(event) {
    const box = this.svg.getBoundingClientRect(), { left, right, top, bottom } = this.inner;
    const value = (share, [low, high], log) => (log ? low * (high / low) ** share : low + share * (high - low));
    const within = (share) => Math.min(Math.max(share, 0), 1);
    const across = within((((event.clientX - box.left) * this.width) / box.width - left) / (right - left));
    const up = within((bottom - ((event.clientY - box.top) * this.height) / box.height) / (bottom - top));
    return [value(across, this.xRange, this.x.log), value(up, this.yRange, this.y.log)];
  }

  // Mouse, pen and finger: `move` is given the place while the pointer is down.
  drag(move) {
    this.svg.classList.add("draggable");
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button || !event.isPrimary) return;
      this.svg.setPointerCapture(event.pointerId);
      move(...this.at(event));
    });
    this.svg.addEventListener("pointermove", (event) => {
      if (this.svg.hasPointerCapture(event.pointerId)) move(...this.at(event));
    });
  }

  // A dot that arrow keys move: `place` gives [x, y], `nudge` is given the steps to right and up, `told` says where it is.
  handle(label, place, nudge, told, vertical = true) {
    const dot = svg("circle", {
      class: "handle", r: 9, tabindex: 0, role: "slider", "aria-label": label,
      "aria-orientation": vertical ? "vertical" : "horizontal",
      onkeydown: (event) => {
        const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
        if (!step) return;
        event.preventDefault();
        nudge(...step.map((each) => each * (event.shiftKey ? 10 : 1)));
      },
    });
    this.handles.append(dot);
    const before = this.placed;
    this.placed = () => {
      before?.();
      const [x, y] = place();
      dot.style.visibility = Number.isFinite(x) && Number.isFinite(y) ? "" : "hidden";
      if (dot.style.visibility) return;
      dot.setAttribute("cx", this.px(x));
      dot.setAttribute("cy", this.py(y));
      dot.setAttribute("aria-valuetext", told());
      dot.setAttribute("aria-valuemin", this.xRange[0]);
      dot.setAttribute("aria-valuemax", this.xRange[1]);
      dot.setAttribute("aria-valuenow", x);
    };
    return dot;
  }

  // A line through points [x, y]; a number that is none breaks it.
  line(points, attributes) {
    let d = "", pen = "M";
    for (const [x, y] of points) {
      if (Number.isFinite(x) && Number.isFinite(y)) {
        d += `${pen}${this.px(x).toFixed(1)} ${this.py(y).toFixed(1)}`;
        pen = "L";
      } else {
        pen = "M";
      }
    }
    return svg("path", { d, fill: "none", ...attributes });
  }

  dots(points, radius, attributes) {
    const there = points.filter((point) => point.every(Number.isFinite));
    return svg("g", attributes, there.map(([x, y]) => svg("circle", { cx: this.px(x), cy: this.py(y), r: radius })));
  }
}
