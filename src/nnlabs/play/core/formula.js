// A function typed in as text: read, differentiated and evaluated by rules of its own; no text is ever run as code.
// Numbers, x, y, pi, e, + - * / ^, brackets and the functions below; 2x means 2 * x.

const FUNCTIONS = {
  sin: [Math.sin, (a) => call("cos", a)],
  cos: [Math.cos, (a) => negate(call("sin", a))],
  tan: [Math.tan, (a) => divide(number(1), power(call("cos", a), number(2)))],
  exp: [Math.exp, (a) => call("exp", a)],
  log: [Math.log, (a) => divide(number(1), a)],
  sqrt: [Math.sqrt, (a) => divide(number(1), multiply(number(2), call("sqrt", a)))],
  tanh: [Math.tanh, (a) => subtract(number(1), power(call("tanh", a), number(2)))],
  abs: [Math.abs, (a) => call("sign", a)],
  sign: [Math.sign, () => number(0)],
};
const CONSTANTS = { pi: Math.PI, e: Math.E };
export const LONGEST = 200;

export class FormulaError extends Error {}

// ---------------------------------------------------------------- trees, simplified as they are made

const number = (value) => ({ kind: "number", value });
const variable = (name) => ({ kind: "variable", name });
const call = (name, a) => ({ kind: "call", name, a });
const is = (node, value) => node.kind === "number" && node.value === value;
const both = (a, b) => a.kind === "number" && b.kind === "number";

function add(a, b) {
  if (is(a, 0)) return b;
  if (is(b, 0)) return a;
  return both(a, b) ? number(a.value + b.value) : { kind: "+", a, b };
}

function subtract(a, b) {
  if (is(b, 0)) return a;
  if (is(a, 0)) return negate(b);
  return both(a, b) ? number(a.value - b.value) : { kind: "-", a, b };
}

function negate(a) {
  if (a.kind === "number") return number(-a.value);
  return a.kind === "negate" ? a.a : { kind: "negate", a };
}

function multiply(a, b) {
  if (is(a, 0) || is(b, 0)) return number(0);
  if (is(a, 1)) return b;
  if (is(b, 1)) return a;
  if (both(a, b)) return number(a.value * b.value);
  if (b.kind === "number") return multiply(b, a);
  if (a.kind === "number" && b.kind === "*" && b.a.kind === "number") return multiply(number(a.value * b.a.value), b.b);
  return { kind: "*", a, b };
}

function divide(a, b) {
  if (is(a, 0) && !is(b, 0)) return number(0);
  return is(b, 1) ? a : { kind: "/", a, b };
}

function power(a, b) {
  if (is(b, 1)) return a;
  return is(b, 0) ? number(1) : { kind: "^", a, b };
}

// ---------------------------------------------------------------- reading

function tokens(text) {
  const found = [];
  const pattern = /\s*(?:(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)|([a-zA-Z]+)|(\*\*|[-+*/^()]))/y;
  const tidy = text.replaceAll("−", "-").replaceAll("·", "*").replaceAll("²", "^2").trimEnd();
  while (pattern.lastIndex < tidy.length) {
    const at = pattern.lastIndex, match = pattern.exec(tidy);
    if (!match) throw new FormulaError(`“${tidy.slice(at).trim()[0]}” is not understood`);
    if (match[1]) found.push({ kind: "number", value: Number(match[1]) });
    else if (match[2]) found.push({ kind: "name", value: match[2].toLowerCase() });
    else found.push({ kind: match[3] === "**" ? "^" : match[3] });
  }
  return found;
}

class Reader {
  constructor(text) {
    this.rest = tokens(text);
  }

  get next() {
    return this.rest[0]?.kind;
  }

  // sum: product (+ or - product)*
  sum() {
    let left = this.product();
    while (this.next === "+" || this.next === "-") {
      left = (this.rest.shift().kind === "+" ? add : subtract)(left, this.product());
    }
    return left;
  }

  // product: signed (*, / or nothing, signed)*
  product() {
    let left = this.signed();
    for (;;) {
      if (this.next === "*" || this.next === "/") {
        left = (this.rest.shift().kind === "*" ? multiply : divide)(left, this.signed());
      } else if (["number", "name", "("].includes(this.next)) {
        left = multiply(left, this.powered());
      } else {
        return left;
      }
    }
  }

  signed() {
    if (this.next === "-") {
      this.rest.shift();
      return negate(this.signed());
    }
    if (this.next === "+") this.rest.shift();
    return this.powered();
  }

  // -x^2 is -(x^2), and 2^3^2 is 2^(3^2)
  powered() {
    const base = this.atom();
    if (this.next !== "^") return base;
    this.rest.shift();
    const exponent = this.signed();
    return is(base, Math.E) ? call("exp", exponent) : power(base, exponent);
  }

  atom() {
    const token = this.rest.shift();
    if (!token) throw new FormulaError("something is missing at the end");
    if (token.kind === "number") return number(token.value);
    if (token.kind === "(") return this.bracket();
    if (token.kind !== "name") throw new FormulaError(`something is missing before “${token.kind}”`);
    if (token.value === "x" || token.value === "y") return variable(token.value);
    if (Object.hasOwn(CONSTANTS, token.value)) return number(CONSTANTS[token.value]);
    if (!Object.hasOwn(FUNCTIONS, token.value)) {
      const known = Object.keys(FUNCTIONS).filter((each) => each !== "sign").join(", ");
      throw new FormulaError(`“${token.value}” is not known; there are x, y, pi, e, ${known}`);
    }
    if (this.next !== "(") throw new FormulaError(`“${token.value}” needs a bracket: ${token.value}(x)`);
    this.rest.shift();
    return call(token.value, this.bracket());
  }

  bracket() {
    const inside = this.sum();
    if (this.rest.shift()?.kind !== ")") throw new FormulaError("a closing bracket is missing");
    return inside;
  }
}

// The tree of a text; throws a FormulaError with a sentence for whoever typed it.
function parse(text) {
  if (!text.trim()) throw new FormulaError("type a function of x, or of x and y");
  if (text.length > LONGEST) throw new FormulaError(`at most ${LONGEST} characters`);
  const reader = new Reader(text), tree = reader.sum();
  if (reader.rest.length) throw new FormulaError("a bracket is closed that was not opened");
  return tree;
}

// ---------------------------------------------------------------- meaning

function evaluate(node, x, y) {
  switch (node.kind) {
    case "number":
      return node.value;
    case "variable":
      return node.name === "x" ? x : y;
    case "negate":
      return -evaluate(node.a, x, y);
    case "call":
      return FUNCTIONS[node.name][0](evaluate(node.a, x, y));
  }
  const a = evaluate(node.a, x, y), b = evaluate(node.b, x, y);
  switch (node.kind) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    default:
      return a ** b;
  }
}

// The tree of the derivative by a variable.
function differentiate(node, by) {
  const d = (each) => differentiate(each, by), { a, b } = node;
  switch (node.kind) {
    case "number":
      return number(0);
    case "variable":
      return number(node.name === by ? 1 : 0);
    case "negate":
      return negate(d(a));
    case "call":
      return multiply(FUNCTIONS[node.name][1](a), d(a));
    case "+":
      return add(d(a), d(b));
    case "-":
      return subtract(d(a), d(b));
    case "*":
      return add(multiply(d(a), b), multiply(a, d(b)));
    case "/":
      return divide(subtract(multiply(d(a), b), multiply(a, d(b))), power(b, number(2)));
  }
  if (b.kind === "number") return multiply(multiply(b, power(a, number(b.value - 1))), d(a));
  const inner = add(multiply(d(b), call("log", a)), divide(multiply(b, d(a)), a));
  return multiply(inner, node);
}

function uses(node, name) {
  if (node.kind === "variable") return node.name === name;
  return [node.a, node.b].some((each) => each && uses(each, name));
}

// A function as `descent` takes one, of x alone or of x and y, from a text.
export function compile(text) {
  const tree = parse(text), names = uses(tree, "y") ? ["x", "y"] : ["x"];
  const slopes = names.map((name) => differentiate(tree, name));
  const bends = slopes.map((slope) => names.map((name) => differentiate(slope, name)));
  return {
    dimensions: names.length,
    value: ([x, y]) => evaluate(tree, x, y),
    gradient: ([x, y]) => slopes.map((slope) => evaluate(slope, x, y)),
    hessian: ([x, y]) => bends.map((row) => row.map((bend) => evaluate(bend, x, y))),
    slopes: slopes.map(show),
  };
}

const RANK = { "+": 1, "-": 1, negate: 2, "*": 3, "/": 3, "^": 4 };

// A tree as text, with the brackets that it needs.
function show(node) {
  const rank = (each) => RANK[each.kind] ?? 5;
  const within = (each, least) => (rank(each) < least ? `(${show(each)})` : show(each));
  switch (node.kind) {
    case "number":
      if (node.value === Math.PI) return "π";
      if (node.value === Math.E) return "e";
      return node.value < 0 ? `(−${-node.value})` : `${node.value}`;
    case "variable":
      return node.name;
    case "negate":
      return `−${within(node.a, 3)}`;
    case "call":
      return `${node.name}(${show(node.a)})`;
    case "+":
      return `${show(node.a)} + ${within(node.b, 1)}`;
    case "-":
      return `${show(node.a)} − ${within(node.b, 2)}`;
    case "*":
      return `${within(node.a, 3)}·${within(node.b, 4)}`;
    case "/":
      return `${within(node.a, 3)}/${within(node.b, 4)}`;
    default:
      return `${within(node.a, 5)}^${within(node.b, 5)}`;
  }
}
