// The page: opens the desk, gives keys their meaning, and draws whatever is in view again when something is new.

import {byId, h, toast} from "./dom.js";
import {drawFinish, pace} from "./finish.js";
import * as grid from "./grid.js";
import {askFor, show} from "./prompt.js";
import * as say from "./say.js";
import {drawSingle} from "./single.js";
import {choices, desk, listen, open, progress} from "./store.js";
import {filter, go, goTo, nextOpen, view} from "./view.js";

function draw() {
  document.body.dataset.mode = view.mode;
  if (view.mode === "grid") grid.drawGrid();
  else if (view.mode === "finish") drawFinish();
  else drawSingle();
  byId("bar").style.width = `${(100 * progress().done) / Math.max(1, progress().total)}%`;
  byId("pace").textContent = pace();
  byId("to-grid").textContent = view.mode === "grid" ? "One" : "Grid";
}

function mode(name) {
  view.mode = name;
  if (name === "single") go(view.at);
  byId("view").scrollTop = 0;
  draw();
}

listen(({trouble, refused, undone}) => {
  byId("trouble").hidden = !trouble;
  byId("trouble").textContent = trouble;
  if (refused) toast(refused, true);
  if (undone !== undefined) {
    toast(undone ? "Taken back." : "There is nothing to take back.");
    if (undone && view.mode === "single") goTo(undone);
  }
  if (desk.items.length) draw();
});

function help() {
  const labels = desk.kind === "labels";
  const keys = [
    ["1 … 9, a … z", labels ? "this label" : "this tag, on or off"], ["Enter, space", labels ? "on; where nothing was said: cannot tell" : "done, to the next"],
    ["n", labels ? "a label by its name" : "a new tag"], ["w", "the label is wrong; then the right one"], ["?", "ambiguous"],
    ["x", labels ? "cannot tell" : "clear: nothing was said"], ["c", "comment"], ["u", "undo"], ["j k ← →", "next, previous, without an answer"],
    ["g", "grid: paint a tag over many, and back"], ["/", "search and filter; Escape ends it"], ["q", "what the tags say; finish"],
  ].filter(([key]) => !labels || !"w?".includes(key));
  show("Keys", h("dl", {class: "keys"}, keys.map(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])),
    h("p", {class: "soft"}, "On a phone: touch the tags, swipe to the next."));
}

function filters() {
  const box = byId("filters");
  box.hidden = false;
  const chips = [["", "all"], [" open", "open"], ...(desk.kind === "tags" ? [[" wrong", "wrong label"]] : []), ...choices().map(choice => [choice.name, choice.name])];
  const input = h("input", {type: "search", placeholder: "id, label, tag, comment …", "aria-label": "search"});
  input.value = view.search;
  const count = h("span", {class: "soft"});
  const apply = only => {
    filter(input.value, only ?? view.only);
    count.textContent = `${view.order.length} of ${desk.items.length}`;
    for (const chip of box.querySelectorAll(".chip")) chip.setAttribute("aria-pressed", chip.dataset.only === view.only ? "true" : "false");
    draw();
  };
  input.addEventListener("input", () => apply());
  input.addEventListener("keydown", event => {
    event.stopPropagation();
    if (event.key === "Escape") closeFilters();
    if (event.key === "Enter") byId("view").focus();
  });
  box.replaceChildren(input, ...chips.map(([only, text]) => h("button", {class: "chip", "data-only": only, onclick: () => apply(only)}, text)),
    count, h("button", {onclick: closeFilters}, "Show all"));
  apply();
  input.focus();
}

function closeFilters() {
  byId("filters").hidden = true;
  filter("", "");
  byId("view").focus();
  draw();
}

async function newBrush() {
  const name = await askFor({title: "New tag", options: choices().map(choice => choice.name), note: "It is kept with the first example that you paint."});
  if (!name) return;
  view.brush = name;
  grid.toggleHere();
}

const COMMON = {g: () => mode(view.mode === "grid" ? "single" : "grid"), h: help, q: () => mode("finish"), "/": filters, u: say.undo};
const SINGLE = {
  j: () => go(view.at + 1), k: () => go(view.at - 1), ArrowRight: () => go(view.at + 1), ArrowLeft: () => go(view.at - 1),
  Enter: say.done, " ": say.done, c: say.comment,
};
const TAGS = {n: say.newTag, w: say.wrongLabel, "?": () => say.tag(say.AMBIGUOUS), x: say.clear};
const LABELS = {n: say.anyLabel, x: say.cannotTell};

function single(key) {
  const does = SINGLE[key] ?? (desk.kind === "tags" ? TAGS : LABELS)[key];
  if (does) return does;
  const chosen = choices().find(choice => choice.key === key);
  return chosen && (() => say.choose(chosen.name));
}

function many(key) {
  if (["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "j", "k"].includes(key)) return () => grid.step(key);
  if (key === " ") return grid.toggleHere;
  if (key === "Enter") return () => grid.large();
  if (key === "n" && desk.kind === "tags") return newBrush;
  const chosen = choices().find(choice => choice.key === key);
  return chosen && (() => grid.brush(chosen.name));
}

window.dlxKeys = event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || byId("prompt").open || !desk.items.length) return;
  if (["INPUT", "TEXTAREA"].includes(event.target.tagName) && event.target.type !== "checkbox") return;
  if (["Enter", " "].includes(event.key) && event.target.closest?.("header, #filters, #finish, summary")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.repeat && !["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "j", "k"].includes(key)) return;
  if (key === "Escape") return view.mode === "finish" ? mode("single") : closeFilters();
  const own = view.mode === "single" ? single(key) : view.mode === "grid" ? many(key) : null;
  const does = own ?? COMMON[key];
  if (!does) return;
  event.preventDefault();
  does();
  draw();
};

for (const [id, does] of [["to-grid", COMMON.g], ["to-search", filters], ["to-help", help], ["to-finish", COMMON.q]]) {
  byId(id).addEventListener("click", event => { event.currentTarget.blur(); does(); });
}
addEventListener("keydown", window.dlxKeys);
addEventListener("mode", event => mode(event.detail));
addEventListener("moved", draw);
addEventListener("new-brush", newBrush);

await open();
document.title = `${desk.title} – dlx`;
byId("title").textContent = desk.title;
byId("who").textContent = desk.person;
filter();
go(Math.max(0, nextOpen(0)));
draw();
document.body.dataset.ready = "1";
