// Where the person is: which examples are in view, which one is looked at, and since when.

import {answer, desk} from "./store.js";

export const view = {mode: "single", order: [], at: 0, search: "", only: "", brush: "", since: performance.now(), told: false};

export const current = () => desk.items[view.order[view.at]];
export const index = () => view.order[view.at];

/** Fix which examples are in view; they stay there although what is said about them changes. */
export function filter(search = view.search, only = view.only, ids = null) {
  const here = current()?.id;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  Object.assign(view, {search, only});
  const wanted = ids && new Set(ids);
  const places = desk.items.keys();
  view.order = [...places].filter(i => (!wanted || wanted.has(desk.items[i].id)) && fits(desk.items[i], words, only));
  view.at = Math.max(0, view.order.findIndex(i => desk.items[i].id === here));
}

function fits(item, words, only) {
  if (only || words.length) {
    const said = answer(item.id);
    if (only === " open" && said.done) return false;
    if (only === " wrong" && !said.incorrectly_labelled) return false;
    if (only && !only.startsWith(" ") && !said.tags.includes(only) && said.label !== only) return false;
    if (words.length) {
      const facts = Object.entries(item.facts).flat();
      const text = [item.id, item.y_true, item.y_pred, ...facts, ...said.tags, said.comment, said.correct_label, said.label];
      const all = text.join(" ").toLowerCase();
      if (!words.every(word => all.includes(word))) return false;
    }
  }
  return true;
}

/** Look at another example; it is not said to be done by that. */
export function go(at) {
  view.at = Math.min(Math.max(at, 0), Math.max(view.order.length - 1, 0));
  view.since = performance.now();
  view.told = false;
}

export function goTo(id) {
  const place = view.order.findIndex(i => desk.items[i].id === id);
  if (place < 0) filter("", "");
  go(place < 0 ? view.order.findIndex(i => desk.items[i].id === id) : place);
}

/** The next one that nothing was said about, from here on and then from the beginning; -1 where all is done. */
export function nextOpen(from) {
  const open = at => !answer(desk.items[view.order[at]].id).done;
  for (let k = 0; k < view.order.length; k++) {
    const at = (from + k) % view.order.length;
    if (open(at)) return at;
  }
  return -1;
}

/** Seconds that the example was looked at, told once. */
export function seconds() {
  if (view.told) return undefined;
  view.told = true;
  return (performance.now() - view.since) / 1000;
}
