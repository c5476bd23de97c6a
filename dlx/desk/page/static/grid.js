// Many at once: choose a tag as the brush, then click, drag or press space to paint it. One stroke is one undo.

import {byId, h} from "./dom.js";
import {element, exhibit} from "./exhibits.js";
import {act, answer, choices, desk} from "./store.js";
import {go, view} from "./view.js";

const CHUNK = 120;
let cells = new Map();  // place in the order → element
let order = null;
let stroke = null;

export function drawGrid() {
  if (order !== view.order || !byId("cells")) build();
  byId("palette").replaceChildren(...palette());
  for (const [at, cell] of cells) dress(cell, at);
}

function palette() {
  const names = choices();
  if (!names.some(choice => choice.name === view.brush)) view.brush = names[0]?.name ?? "";
  const brushes = names.map(choice =>
    h("button", {class: "choice", "aria-pressed": choice.name === view.brush ? "true" : "false", onclick: () => brush(choice.name)},
      h("kbd", {}, choice.key), h("span", {}, choice.name), h("small", {}, choice.count ? `${choice.count}` : "")));
  const help = view.brush
    ? `Click or drag to paint “${view.brush}”; Enter or a double click shows one large.`
    : "Make a tag first: n.";
  return [h("div", {class: "choices"}, brushes,
    desk.kind === "tags" && h("button", {class: "choice new", onclick: () => dispatchEvent(new Event("new-brush"))}, h("kbd", {}, "n"), h("span", {}, "new tag …"))),
    h("p", {class: "soft"}, help)];
}

export function brush(name) {
  view.brush = name;
  drawGrid();
}

function build() {
  order = view.order;
  cells = new Map();
  const list = h("div", {id: "cells"});
  byId("view").replaceChildren(h("div", {id: "grid"}, h("div", {id: "palette"}), list));
  const more = h("div", {class: "more"});
  const grow = () => {
    const from = cells.size;
    for (let at = from; at < Math.min(from + CHUNK, order.length); at++) list.insertBefore(cell(at), more);
    if (cells.size >= order.length) more.remove();
  };
  list.append(more);
  grow();
  while (cells.size <= view.at && cells.size < order.length) grow();
  new IntersectionObserver(seen => { if (seen.some(one => one.isIntersecting) && more.isConnected) { grow(); drawGrid(); } }, {rootMargin: "800px"}).observe(more);
  list.addEventListener("pointerdown", begin);
  list.addEventListener("pointerover", through);
  list.addEventListener("dblclick", event => { const at = placeOf(event.target); if (at !== null) large(at); });
  (cells.get(view.at) ?? list).scrollIntoView({block: "nearest"});
}

const near = new IntersectionObserver(seen => {
  for (const one of seen) {
    if (!one.isIntersecting) continue;
    near.unobserve(one.target);
    exhibit(Number(one.target.dataset.item)).then(({example}) => one.target.firstChild.replaceChildren(element(example, true)));
  }
}, {rootMargin: "300px"});

function cell(at) {
  const made = h("div", {class: "cell", "data-at": `${at}`, "data-item": `${order[at]}`, role: "checkbox"}, h("div", {class: "thumb"}), h("div", {class: "says"}));
  cells.set(at, made);
  dress(made, at);
  near.observe(made);
  return made;
}

function dress(made, at) {
  const item = desk.items[order[at]];
  const said = answer(item.id);
  const on = painted(item.id);
  made.className = `cell${on ? " on" : ""}${said.done ? " done" : ""}${at === view.at ? " here" : ""}`;
  made.setAttribute("aria-checked", on ? "true" : "false");
  const words = desk.kind === "tags" ? said.tags.join(", ") : said.label ?? "";
  const named = [item.y_true, item.y_pred].filter(name => name !== null).join(" → ");
  const text = `${said.incorrectly_labelled ? "✗ " : ""}${words}`;
  if (made.lastChild.textContent !== named + text) made.lastChild.replaceChildren(h("span", {}, named), h("b", {}, text));
}

function painted(id) {
  const said = answer(id);
  return desk.kind === "tags" ? said.tags.includes(view.brush) : said.label === view.brush;
}

const placeOf = target => { const found = target.closest?.(".cell"); return found ? Number(found.dataset.at) : null; };

function begin(event) {
  const at = placeOf(event.target);
  if (at === null || event.button) return;
  view.at = at;
  if (!view.brush) return drawGrid();
  stroke = {on: !painted(desk.items[order[at]].id), places: new Set([at]), touch: event.pointerType === "touch"};
  cells.get(at).classList.add("stroke");
  if (event.pointerType === "touch") return;  // a finger that moves scrolls; a tap paints at its end
  event.preventDefault();
}

function through(event) {
  const at = placeOf(event.target);
  if (!stroke || stroke.touch || at === null || !event.buttons) return;
  stroke.places.add(at);
  cells.get(at).classList.add("stroke");
}

addEventListener("pointerup", () => { if (stroke) end(true); });
addEventListener("pointercancel", () => { if (stroke) end(false); });

function end(paint) {
  const {on, places} = stroke;
  stroke = null;
  for (const at of places) cells.get(at)?.classList.remove("stroke");
  if (paint && view.mode === "grid") paintOver([...places], on);
}

function paintOver(places, on) {
  const ids = places.map(at => desk.items[order[at]].id).filter(id => painted(id) !== on);
  if (!ids.length) return;
  if (desk.kind === "tags") act(ids, {tag: view.brush, on});
  else act(ids, {label: on ? view.brush : ""});
}

export function toggleHere() {
  if (view.brush && order.length) paintOver([view.at], !painted(desk.items[order[view.at]].id));
}

export function large(at = view.at) {
  go(at);
  dispatchEvent(new CustomEvent("mode", {detail: "single"}));
}

/** Arrow keys walk over the grid as it lies. */
export function step(key) {
  const list = byId("cells");
  const across = Math.max(1, getComputedStyle(list).gridTemplateColumns.split(" ").length);
  const by = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across, j: 1, k: -1}[key];
  const at = view.at + by;
  if (at < 0 || at >= order.length) return;
  view.at = at;
  drawGrid();
  cells.get(at)?.scrollIntoView({block: "nearest"});
}
