// What every page begins and ends with, and the numbers that the stage put into it.

import { html } from "./dom.js";

export const DATA = JSON.parse(document.getElementById("data").textContent);

// Controls beside the pictures; where the window is narrow, between the first and the rest.
export function frame({ lead, first, controls, rest = [], more = [] }) {
  document.getElementById("page").replaceChildren(
    html("header", {}, html("h1", {}, DATA.title), html("p", { class: "lead" }, lead)),
    html("main", {},
      html("div", { class: "views first" }, first),
      html("div", { class: "side" }, html("div", { class: "controls" }, controls)),
      html("div", { class: "views rest" }, rest),
      more.length ? html("div", { class: "more" }, more) : null),
    html(
      "footer", {},
      html("p", {}, "The address of this page keeps your settings: copy it to send them. ",
        "Nothing here is loaded from anywhere or sent anywhere."),
      html("p", {}, html("a", { href: `../${DATA.lab}.md` }, "The lab's page"), " says what was measured and why."),
    ),
  );
}
