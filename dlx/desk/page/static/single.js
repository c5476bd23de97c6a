// One example, large, with its neighbour, what the model thought, and all that can be said about it.

import {byId, h, percent} from "./dom.js";
import {atOnce, element, exhibit} from "./exhibits.js";
import * as say from "./say.js";
import {answer, choices, desk, spelled} from "./store.js";
import {current, go, index, view} from "./view.js";

const AHEAD = 6;
let drawn = null;

/** Draw the example in view; what did not change stays as it is. */
export function drawSingle() {
  const place = byId("view");
  if (!view.order.length) {
    drawn = null;
    return place.replaceChildren(h("p", {class: "wait"}, "No example fits the search. Escape shows all again."));
  }
  const item = current();
  if (drawn?.item !== item || !place.contains(drawn.stage)) {
    drawn = {item, stage: stage(), side: h("aside", {id: "side"})};
    place.replaceChildren(drawn.stage, drawn.side);
    fill(item, index());
    ahead();
  }
  drawn.side.replaceChildren(...side(item));
}

function stage() {
  const box = h("section", {id: "stage"});
  let start = null;
  box.addEventListener("touchstart", event => { start = event.touches.length === 1 ? event.touches[0] : null; }, {passive: true});
  box.addEventListener("touchend", event => {
    const end = event.changedTouches[0];
    const along = start ? end.clientX - start.clientX : 0;
    if (Math.abs(along) > 60 && Math.abs(along) > 2 * Math.abs(end.clientY - start.clientY) && !box.querySelector(".zoomed")) {
      go(view.at + (along < 0 ? 1 : -1));
      dispatchEvent(new Event("moved"));
    }
  }, {passive: true});
  return box;
}

function fill(item, place) {
  const ready = atOnce(place);
  if (ready) return put(ready);
  drawn.stage.replaceChildren(h("p", {class: "wait"}, "Reading the data …"));
  exhibit(place).then(found => { if (drawn?.item === item) put(found); });
}

function put({example, neighbour}) {
  const picture = element(example);
  const zoom = () => picture.classList.toggle("zoomed");
  if (example.kind === "image") {
    picture.onclick = zoom;
    picture.title = "Click to enlarge";
    picture.alt = `example ${view.at + 1}`;
  }
  const main = h("figure", {class: `exhibit ${example.kind}`}, picture);
  const near = neighbour && h("figure", {class: `near ${neighbour.kind}`}, element(neighbour),
    h("figcaption", {}, "Nearest in train, labelled ", h("b", {}, neighbour.label || "?")));
  drawn.stage.replaceChildren(main, ...(near ? [near] : []));
  drawn.stage.dataset.example = drawn.item.id;
}

function ahead() {
  for (const step of [1, 2, 3, 4, 5, AHEAD, -1]) {
    const place = view.order[view.at + step];
    if (place !== undefined) exhibit(place);
  }
}

function side(item) {
  const said = answer(item.id);
  const blind = item.y_true === null && item.y_pred === null;
  return [
    h("p", {class: "place"}, `${view.at + 1} of ${view.order.length}`, said.done && h("span", {class: "done"}, "✓ done")),
    !blind && h("dl", {class: "verdict"},
      item.y_pred !== null && [h("dt", {}, "model says"), h("dd", {class: "said"}, item.y_pred)],
      item.y_true !== null && [h("dt", {}, "label"), h("dd", {class: said.incorrectly_labelled ? "struck" : ""}, item.y_true)],
      said.incorrectly_labelled && [h("dt", {}, "right"), h("dd", {class: "right"}, said.correct_label || "not known")]),
    item.proba.length ? h("ol", {class: "bars"}, item.proba.map(([name, value]) => bar(name, value, item))) : null,
    h("h2", {}, desk.question),
    desk.form === "number" || (desk.kind === "labels" && desk.form === "text") ? field(said) : answers(said),
    said.comment && h("p", {class: "comment"}, said.comment),
    actions(said),
    facts(item),
  ].flat().filter(Boolean);
}

function bar(name, value, item) {
  const fill = h("i", {});
  fill.style.width = `${100 * Math.min(Math.max(value, 0), 1)}%`;
  const which = name === item.y_pred ? "said" : name === item.y_true ? "true" : "";
  return h("li", {class: which}, h("span", {}, name), h("div", {}, fill), h("b", {}, percent(value)));
}

function answers(said) {
  const many = desk.form === "many" && desk.kind === "labels" ? JSON.parse(said.label || "[]") : null;
  const on = name => (desk.kind === "tags" ? said.tags.includes(name) : many ? many.includes(name) : said.label === name);
  const waiting = desk.kind === "tags" ? said.tags.filter(name => !choices().some(choice => choice.name === name)) : [];
  const all = [...choices(), ...waiting.map(name => ({name, key: "", count: 0}))];
  return h("div", {class: "choices"}, all.map(choice =>
    h("button", {class: "choice", "aria-pressed": on(choice.name) ? "true" : "false", onclick: () => say.choose(choice.name)},
      h("kbd", {}, choice.key), h("span", {}, choice.name), h("small", {}, choice.count ? `${choice.count}` : ""))),
    desk.kind === "tags"
      ? h("button", {class: "choice new", onclick: say.newTag}, h("kbd", {}, "n"), h("span", {}, "new tag …"))
      : choices().some(choice => !choice.key) && h("button", {class: "choice new", onclick: say.anyLabel}, h("kbd", {}, "n"), h("span", {}, "by name …")));
}

/** Numbers and free words are typed, not chosen. */
function field(said) {
  const input = h("input", {id: "field", type: "text", inputmode: desk.form === "number" ? "decimal" : "text", autocomplete: "off",
    "aria-label": desk.question, placeholder: desk.form === "number" ? "a number" : "a word"});
  input.value = said.label ?? "";
  input.addEventListener("keydown", event => {
    if (["Enter", "Escape", "ArrowLeft", "ArrowRight"].includes(event.key) === false) return event.stopPropagation();
    if (event.key === "Escape") return input.blur();
    if (event.key !== "Enter") return event.stopPropagation();
    event.preventDefault();
    event.stopPropagation();
    const typed = input.value.trim();
    if (desk.form === "number" && typed && !Number.isFinite(Number(typed.replace(",", ".")))) return input.classList.add("fault");
    if (typed !== said.label) say.label(typed);
    if (typed === said.label || !say.advances()) say.next();
    dispatchEvent(new Event("moved"));
  });
  setTimeout(() => { if (!byId("prompt").open) input.focus(); });
  return input;
}

function actions(said) {
  const button = (key, text, does, pressed) =>
    h("button", {onclick: does, "aria-pressed": pressed === undefined ? null : pressed ? "true" : "false"}, h("kbd", {}, key), text);
  const moved = does => () => { does(); dispatchEvent(new Event("moved")); };
  const tags = desk.kind === "tags";
  return h("div", {class: "actions"},
    tags && button("w", "wrong label", say.wrongLabel, said.incorrectly_labelled),
    tags && !choices().some(choice => choice.name === spelled(say.AMBIGUOUS)) && button("?", say.AMBIGUOUS, () => say.tag(say.AMBIGUOUS)),
    !tags && button("x", "cannot tell", moved(say.cannotTell), said.label === ""),
    button("c", "comment", say.comment),
    button("u", "undo", say.undo),
    h("button", {class: "main", onclick: moved(say.done)}, h("kbd", {}, "⏎"), said.done ? "next" : tags ? "no tag fits, next" : "next"));
}

function facts(item) {
  const rows = [...Object.entries(item.facts), ["id", item.id]];
  const auto = h("input", {type: "checkbox", checked: say.advances(), onchange: event => say.setAdvance(event.target.checked)});
  return h("details", {class: "facts", open: matchMedia("(min-width: 60rem)").matches},
    h("summary", {}, "About this example"),
    h("dl", {}, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("div", {class: "row"}, h("label", {}, auto, " one answer is enough: go on by itself"),
      desk.kind === "tags" && h("button", {onclick: say.editTags}, "Edit tags")));
}
