// Making elements, and numbers as people read them.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((each) => each !== null && each !== undefined));
  return element;
}

export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

export function raised(power) {
  return [...String(power)].map((each) => RAISED[each]).join("");
}

// A number of so many significant digits: 0.286, 1,200, 3.5·10⁻¹⁶, with a true minus sign.
export function say(value, digits = 3) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value), sign = value < 0 ? "−" : "";
  if (size >= 1e6 || size < 1e-4) {
    const [front, power] = size.toExponential(digits - 1).split("e");
    return `${sign}${Number(front) === 1 ? "" : `${Number(front)}·`}10${raised(Number(power))}`;
  }
  const rounded = Number(size.toPrecision(digits));
  return sign + rounded.toLocaleString("en-GB", { maximumFractionDigits: 12 });
}

// With so many digits after the point, always.
export function fixed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

export const still = matchMedia("(prefers-reduced-motion: reduce)");
// Whether the reader asked for less motion; `still.matches`.

const dark = matchMedia("(prefers-color-scheme: dark)");

export function onTheme(redraw) {
  dark.addEventListener("change", redraw);
}

// A colour of the style sheet, as [red, green, blue].
export function colour(name) {
  const text = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
}

// Between two colours: a at 0, b at 1.
export function mixed(a, b, share) {
  return a.map((each, i) => Math.round(each + (b[i] - each) * share));
}

// Set an element's text where it is another: a screen reader says what is set.
export function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Call f at most once a frame, however often it is asked for.
export function onceAFrame(f) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      f();
    });
  };
}
