// Examples made visible. The next ones are fetched and decoded ahead, so that they are there when the key is pressed.

import {h, pause} from "./dom.js";
import {ask} from "./store.js";

const KEPT = 300;
const shown = new Map();

/** A promise of {example, neighbour}: each {kind, text, row, label, image}. */
export function exhibit(place) {
  let found = shown.get(place);
  if (!found) {
    found = load(place);
    found.then(value => { found.value = value; });
    if (shown.size >= KEPT) shown.delete(shown.keys().next().value);
  }
  shown.delete(place);
  shown.set(place, found);
  return found;
}

/** What is there already, or undefined. */
export const atOnce = place => shown.get(place)?.value;

async function load(place) {
  for (;;) {
    const reply = await ask(`exhibit/${place}`);
    if (reply.status === 200) {
      const {example, neighbour} = reply.said;
      await Promise.all([example, neighbour].filter(one => one?.kind === "image").map(decode));
      return {example, neighbour};
    }
    if (reply.status === 404) return {example: {kind: "none", text: "There is nothing to see.", row: {}}, neighbour: null};
    await pause(250);  // the data are still being read, or the server is being started again
  }
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

/** The element for one exhibit; a picture is the decoded one itself unless a copy is asked for. */
export function element(one, copy = false) {
  if (one.kind === "image") {
    const image = copy ? one.image.cloneNode() : one.image;
    image.className = Math.max(image.naturalWidth, image.naturalHeight) <= 256 ? "picture tiny" : "picture";
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

/** As a whole in memory: it can be moved about in, and needs no second question. */
function sound(one) {
  const player = h("audio", {controls: true});
  fetch(one.media).then(reply => reply.blob()).then(blob => { player.src = URL.createObjectURL(blob); });
  return h("figure", {class: "sound"}, player, h("figcaption", {}, one.text));
}
