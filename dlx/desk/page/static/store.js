// What is known: the desk, what was said, and what is on its way to the log. An action stays in the queue, which
// survives a reload, until the server has answered that it is on the disk; its ticket makes it count once.

import {pause} from "./dom.js";

/** The tag that the key ? gives and takes. */
export const AMBIGUOUS = "ambiguous";
const KEEP = `dlx queue ${location.pathname}`;
const NOTHING = Object.freeze({done: false, tags: [], incorrectly_labelled: false, correct_label: "", comment: "", label: null});

export const desk = {items: [], labels: []};
const known = {answers: new Map(), choices: [], progress: {done: 0, total: 0}, version: ""};
const queue = JSON.parse(sessionStorage.getItem(KEEP) || "[]");
const listeners = new Set();
let sending = false;
let news = 0;  // counts what was taken in, so that a late reply does not overwrite a newer one
let failing = null;  // the last reply, while nothing works

/** Called whenever anything is new: ({trouble, refused, undone}). */
export const listen = listener => listeners.add(listener);
const tell = (word = {}) => listeners.forEach(listener => listener({trouble: failing ? trouble(failing) : "", ...word}));

export const progress = () => known.progress;
export const version = () => known.version;
export const unsent = () => queue.length;

/** What this person says about an example, with what is still on its way. */
export function answer(id) {
  let now = known.answers.get(id) ?? NOTHING;
  for (const one of pending()) if (one.items.includes(id)) now = after(now, one.do);
  return now;
}

/** What is on its way, without what an undo behind it takes back. */
function pending() {
  const left = [];
  for (const one of queue) {
    if (one.path === "act") left.push(one);
    else left.pop();
  }
  return left;
}

const folded = name => name.replace(/[\s_]+/g, " ").trim().toLowerCase();
/** The known tag of that name, whatever its spelling. */
export const spelled = name => choices().find(choice => folded(choice.name) === folded(name))?.name ?? name;

/** What can be said, by key; a new tag has its key before the server has heard of it. */
export function choices() {
  const all = [...known.choices];
  for (const {do: what, items} of pending()) {
    if (what.tag === undefined || what.on === false || all.some(choice => folded(choice.name) === folded(what.tag))) continue;
    const numbered = all.filter(choice => folded(choice.name) !== AMBIGUOUS).length;  // it has a key of its own
    const key = folded(what.tag) === AMBIGUOUS ? "?" : desk.hotkeys[numbered] ?? "";
    all.push({name: what.tag, key, count: items.length});
  }
  return all;
}

function after(now, act) {
  if (act.clear) return NOTHING;
  const next = {...now, done: act.done ?? true};
  if ("tag" in act) {
    const tag = spelled(act.tag);
    next.tags = now.tags.filter(other => other !== tag);
    if (act.on !== false) next.tags.push(tag);
  }
  if ("wrong_label" in act) {
    next.incorrectly_labelled = act.wrong_label !== null;
    next.correct_label = act.wrong_label || "";
  }
  if ("comment" in act) next.comment = act.comment;
  if ("label" in act) next.label = act.label;
  return next;
}

/** Say something about examples; it is shown at once and sent in order. */
export function act(items, what, seconds, source) {
  push({path: "act", items, do: what, seconds, source});
}

/** Take the latest action back; here: which example is in view, for whoever has moved on by the answer stays there. */
export const undo = here => push({path: "undo", here});

function push(one) {
  queue.push({ticket: crypto.randomUUID().replaceAll("-", ""), ...one});
  keep();
  tell();
  send();
}

function keep() {
  if (queue.length) sessionStorage.setItem(KEEP, JSON.stringify(queue));
  else sessionStorage.removeItem(KEEP);
}

async function send() {
  if (sending) return;
  sending = true;
  while (queue.length) {
    const first = queue[0];
    const reply = await ask(first.path, first);
    if (reply.status === 200) {
      queue.shift();
      keep();
      failing = null;
      const current = reply.said.before === known.version;
      take(reply.said, first.path === "undo");
      if (!current) known.version = "";  // somebody else spoke in between: the next look fetches all
      tell(first.path === "undo" ? {undone: reply.said.items[0] ?? "", here: first.here} : {});
    } else if (reply.status === 422) {
      queue.shift();
      keep();
      known.version = "";
      tell({refused: reply.said.error});
    } else {
      failing = reply;
      tell();
      await pause(1000);
    }
  }
  sending = false;
}

function trouble(reply) {
  const left = queue.length ? ` ${queue.length} ${queue.length === 1 ? "answer is" : "answers are"} kept in this window and sent as soon as it works.` : "";
  if (reply.status === 507) return `${reply.said.error[0].toUpperCase()}${reply.said.error.slice(1)}${left}`;
  if (reply.status === 403) return `Another server is at this address now. Open the address that it printed.${left}`;
  const again = desk.command ? ` Start it again: ${desk.command}.` : "";
  return `The server does not answer.${left}${again}`;
}

/** One question; status 0 where there is no server. */
export async function ask(path, said) {
  try {
    const body = said && {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(said)};
    const reply = await fetch(path, body || {});
    const json = (reply.headers.get("Content-Type") || "").startsWith("application/json") && reply.status !== 204;
    return {status: reply.status, said: json ? await reply.json() : {}};
  } catch {
    return {status: 0, said: {}};
  }
}

function take(said, all) {
  news += 1;
  if (all) known.answers.clear();
  for (const [id, one] of Object.entries(said.answers)) known.answers.set(id, Object.freeze(one));
  Object.assign(known, {choices: said.choices, progress: said.progress, version: said.version});
}

export async function open() {
  for (;;) {
    const reply = await ask("desk");
    if (reply.status === 200) {
      Object.assign(desk, reply.said);
      take(reply.said, true);
      break;
    }
    failing = reply;
    tell();
    await pause(1000);
  }
  failing = null;
  send();
  follow();
}

/** Another window, or the spreadsheet, may write to the same log. */
async function follow() {
  for (;;) {
    await pause(document.hidden ? 3000 : 800);
    if (sending) continue;
    const heard = news;
    const reply = await ask(`state?version=${encodeURIComponent(`${desk.desk} ${known.version}`)}`);
    if (reply.status === 200 && reply.said.desk !== desk.desk) return location.reload();  // other examples
    if (sending || heard !== news) continue;
    const before = failing;
    failing = reply.status === 200 || reply.status === 204 ? null : reply;
    if (reply.status === 200) take(reply.said, true);
    if (reply.status === 200 || failing || before) tell();
  }
}

addEventListener("beforeunload", event => { if (queue.length) event.preventDefault(); });
