// What can be said about the example in view, by key, button or touch; the same for both kinds of desk.

import {byId, h, toast} from "./dom.js";
import {askFor, show} from "./prompt.js";
import {act, AMBIGUOUS, answer, choices, desk, spelled, undo as takeBack} from "./store.js";
import {current, go, nextOpen, seconds, view} from "./view.js";

const ADVANCE = "dlx advance";
export {AMBIGUOUS};
/** Whether one answer is enough to go on; labels need one, an error may have several tags. */
export function advances() {
  const chosen = localStorage.getItem(`${ADVANCE} ${desk.kind}`);
  return desk.form === "many" && desk.kind === "labels" ? false : chosen ? chosen === "1" : desk.kind === "labels";
}
export const setAdvance = on => localStorage.setItem(`${ADVANCE} ${desk.kind}`, on ? "1" : "0");

const say = what => act([current().id], what, seconds());

/** To the next example that is open; past the last one everything may be done. */
export function next() {
  const at = nextOpen(view.at + 1 < view.order.length ? view.at + 1 : 0);
  if (at >= 0) return go(at);
  byId("to-finish").click();
}

export function tag(name) {
  const known = spelled(name);
  const on = !answer(current().id).tags.includes(known);
  say({tag: known, on});
  if (on && advances()) next();
}

/** Enter: what was said is all; where nothing was said, no tag fits or nobody can tell. */
export function done() {
  const said = answer(current().id);
  if (!said.done) say(desk.kind === "tags" ? {done: true} : {label: desk.form === "many" ? "[]" : ""});
  next();
}

export function label(name) {
  if (desk.form === "many") {
    const had = JSON.parse(answer(current().id).label || "[]");
    const chosen = had.includes(name) ? had.filter(other => other !== name) : [...had, name];
    return say({label: JSON.stringify(desk.labels.filter(other => chosen.includes(other)))});
  }
  say({label: name});
  if (advances()) next();
}

export const cannotTell = () => { say({label: ""}); next(); };
export const choose = name => (desk.kind === "tags" ? tag(name) : label(name));
export const clear = () => { if (desk.kind === "tags") say({clear: true}); };
export const undo = () => takeBack(current()?.id);

export async function newTag() {
  const on = answer(current().id).tags;
  const options = choices().map(choice => choice.name).filter(name => !on.includes(name));
  const note = "A new word is a new tag, with a key of its own.";
  const name = await askFor({title: "New tag", options, note});
  if (name) tag(name);
}

export async function anyLabel() {
  const name = await askFor({title: desk.question, options: desk.labels, strict: desk.labels.length > 0});
  if (name !== null) label(name);
}

export async function wrongLabel() {
  const said = answer(current().id);
  const title = "The label is wrong. What is right?";
  const options = desk.labels.filter(name => name !== current().y_true);
  const extra = said.incorrectly_labelled ? ["It is right after all", "\0"] : null;
  const strict = desk.labels.length > 0;
  const note = "Leave it empty if you cannot tell.";
  const name = await askFor({title, value: said.correct_label, options, strict, extra, note});
  if (name !== null) say({wrong_label: name === "\0" ? null : name});
}

export async function comment() {
  const text = await askFor({title: "Comment", value: answer(current().id).comment, long: true});
  if (text !== null && text !== answer(current().id).comment) say({comment: text});
}

/** Second pass: names are mended when all was seen; a name that is there already takes the other's examples. */
export function editTags() {
  const row = choice => {
    const input = h("input", {type: "text", value: choice.name, "aria-label": `new name of ${choice.name}`});
    const rename = () => {
      const name = input.value.trim();
      if (!name || name === choice.name) return;
      act([], {rename: choice.name, to: name});
      toast(spelled(name) !== name || choices().some(other => other.name === name)
        ? `${choice.name} is now part of ${spelled(name)}.` : `${choice.name} is now called ${name}.`);
      choice = {...choice, name};
    };
    input.addEventListener("keydown", event => { event.stopPropagation(); if (event.key === "Enter") rename(); });
    return h("div", {class: "row"}, input, h("span", {class: "count"}, `${choice.count}`), h("button", {onclick: rename}, "Rename"));
  };
  show("Tags", h("p", {class: "soft"}, "Two tags that mean the same: give one the other's name, and they are merged."),
    choices().length ? choices().map(row) : h("p", {}, "There is no tag yet."));
}
