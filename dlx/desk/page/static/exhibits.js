// Examples made visible. The next ones are fetched and decoded ahead, so that they are there when the key is pressed.

import {h, pause} from "./dom.js";
import {ask} from "./store.js";

const KEPT = 80;
/** Pixels of a side: fewer are enlarged, and still fewer shown as the squares that they are. */
const TINY = 480, COARSE = 64;
const shown = new Map();
const known = new Map();

/** A promise of {example, neighbour}: each {kind, text, row, label, image}; pictures are decoded. */
export function exhibit(place) {
  let found = shown.get(place);
  if (!found) {
    found = described(place).then(async both => {
      await Promise.all([both.example, both.neighbour].filter(one => one?.kind === "image").map(decode));
      return both;
    });
    found.then(value => { found.value = value; });
    if (shown.size >= KEPT) shown.delete(shown.keys().next().value);
  }
  shown.delete(place);
  shown.set(place, found);
  return found;
}

/** What is there already, or undefined. */
export const atOnce = place => shown.get(place)?.value;

/** The same without any picture. */
function described(place) {
  if (!known.has(place)) known.set(place, load(place));
  return known.get(place).then(both => ({example: {...both.example}, neighbour: both.neighbour && {...both.neighbour}}));
}

async function load(place) {
  for (let wait = 250; ; wait = Math.min(2 * wait, 4000)) {
    const reply = await ask(`exhibit/${place}`);
    if (reply.status === 200) return reply.said;
    if (reply.status === 404) return {example: {kind: "none", text: "There is nothing to see.", row: {}}, neighbour: null};
    if (reply.status === 202) wait = 125;  // the data are still being read
    await pause(wait);
  }
}

/** A small picture for the grid, or the beginning of what there is to read. */
export async function thumb(place) {
  const {example} = await described(place);
  if (example.kind !== "image") return element(example);
  const image = h("img", {class: "picture", alt: "", src: example.media.replace("media/", "thumb/")});
  image.draggable = false;
  image.onload = () => image.classList.toggle("coarse", Math.max(image.naturalWidth, image.naturalHeight) <= COARSE);
  return image;
}

async function decode(one) {
  const image = new Image();
  image.alt = "";
  image.src = one.media;
  try {
    await image.decode();
    one.image = image;
  } catch {
    Object.assign(one, {kind: "none", text: "This picture cannot be shown."});
  }
}

/** The element for one exhibit; of a picture the decoded one itself. */
export function element(one) {
  if (one.kind === "image") {
    const image = one.image;
    const side = Math.max(image.naturalWidth, image.naturalHeight);
    image.className = side <= COARSE ? "picture tiny coarse" : side <= TINY ? "picture tiny" : "picture";
    image.style.setProperty("--wide", image.naturalWidth);
    image.draggable = false;
    return image;
  }
  if (one.kind === "audio") return sound(one);
  if (one.kind === "row") {
    const rows = Object.entries(one.row).map(([name, value]) => h("tr", {}, h("th", {}, name), h("td", {}, value)));
    return h("div", {class: "rows"}, h("table", {}, h("tbody", {}, rows)));
  }
  if (one.kind === "text") return h("blockquote", {class: "reading"}, one.text);
  return h("p", {class: "nothing"}, one.text || "There is nothing to see.");
}

/** Two rows of one table, so that what differs can be seen. */
export function beside(one, near) {
  const head = h("tr", {}, h("th", {}), h("th", {}, "this one"), h("th", {}, "nearest in train, labelled ", h("b", {}, near.label || "?")));
  const rows = Object.entries(one.row).map(([name, value]) =>
    h("tr", {}, h("th", {}, name), h("td", {}, value), h("td", {class: "soft"}, near.row[name] ?? "")));
  return h("div", {class: "rows"}, h("table", {}, h("thead", {}, head), h("tbody", {}, rows)));
}

/** As a whole in memory: it can be moved about in, and needs no second question. */
function sound(one) {
  const player = h("audio", {controls: true});
  fetch(one.media).then(reply => reply.blob()).then(blob => { player.src = URL.createObjectURL(blob); });
  return h("figure", {class: "sound"}, player, h("figcaption", {}, one.text));
}
