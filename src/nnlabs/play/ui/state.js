// What is set on a page, kept in the URL's fragment, so that a setting can be sent to somebody.
// The fragment holds what differs from the page's beginning. What cannot be read or is not allowed is left out.

export const number = (value, least, most) => ({
  value,
  read: (text) => {
    const given = text.trim() === "" ? NaN : Number(text);
    return Number.isFinite(given) ? Math.min(Math.max(given, least), most) : undefined;
  },
  write: (given) => String(Number(given.toPrecision(6))),
});

export const whole = (value, least, most) => {
  const plain = number(value, least, most);
  return { ...plain, read: (text) => (plain.read(text) === undefined ? undefined : Math.round(plain.read(text))) };
};

export const choice = (value, allowed) => ({
  value,
  read: (text) => (allowed.includes(text) ? text : undefined),
  write: String,
});

export const flag = (value) => ({
  value,
  read: (text) => (text === "1" ? true : text === "0" ? false : undefined),
  write: (given) => (given ? "1" : "0"),
});

export const text = (value, longest) => ({
  value,
  read: (given) => (given.length <= longest ? given : undefined),
  write: String,
});

// A list of numbers, at most so many; `digits` of them significant.
export const numbers = (value, least, most, longest, digits = 6) => {
  const one = number(0, least, most);
  return {
    value,
    read: (given) => {
      const list = given === "" ? [] : given.split(",").map(one.read);
      return list.length <= longest && !list.includes(undefined) ? list : undefined;
    },
    write: (list) => list.map((each) => Number(each.toPrecision(digits))).join(","),
  };
};

// Values by name, `set` to change some, `listen` to hear of it: a listener is given the values, and whether they come from
// an address. `given` are the names that the address last read has.
export class State {
  constructor(fields) {
    this.fields = fields;
    this.listeners = [];
    this.values = {};
    this.read();
    addEventListener("hashchange", () => {
      if (location.hash === this.written) return;
      this.read();
      this.tell(true);
    });
  }

  read() {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const [name, field] of Object.entries(this.fields)) {
      const read = given.has(name) ? field.read(given.get(name)) : undefined;
      this.values[name] = read === undefined ? field.value : read;
    }
    this.given = [...given.keys()];
    this.written = location.hash;
  }

  set(changes) {
    Object.assign(this.values, changes);
    this.tell();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.write(), 150); // browsers refuse many changes a second
  }

  listen(listener) {
    this.listeners.push(listener);
  }

  tell(fromAddress = false) {
    for (const listener of this.listeners) listener(this.values, fromAddress);
  }

  write() {
    const shown = new URLSearchParams();
    for (const [name, field] of Object.entries(this.fields)) {
      const now = field.write(this.values[name]);
      if (now !== field.write(field.value)) shown.set(name, now);
    }
    const text = shown.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    this.written = location.hash;
  }
}
