// What is known: the desk, what was said, and what is on its way to the log. An action stays in the queue, which
// survives a reload, until the server has answered that it is on the disk; its ticket makes it count once.

import {pause} from "./dom.js";

const KEEP = `dlx queue ${location.pathname}`;
const NOTHING = Object.freeze({done: false, tags: [], incorrectly_labelled: false, correct_label: "", comment: "", label: null});

export const desk = {items: [], labels: []};
const known = {answers: new Map(), choices: [], progress: {done: 0, total: 0}, version: ""};
const queue = JSON.parse(sessionStorage.getItem(KEEP) || "[]");
const listeners = new Set();
let sending = false;
let failing = null;  // the last reply, while nothing works

/** Called whenever anything is new: ({trouble, refused, undone}). */
export const listen = listener => listeners.add(listener);
const tell = (news = {}) => listeners.forEach(listener => listener({trouble: failing ? trouble(failing) : "", ...news}));

export const choices = () => known.choices;
export const progress = () => known.progress;
export const unsent = () => queue.length;

/** What this person says about an example, with what is still on its way. */
export function answer(id) {
  let now = known.answers.get(id) ?? NOTHING;
  for (const one of queue) if (one.path === "act" && one.items.includes(id)) now = after(now, one.do);
  return now;
}

const folded = name => name.replace(/[\s_]+/g, " ").trim().toLowerCase();
/** The known tag of that name, whatever its spelling. */
export const spelled = name => known.choices.find(choice => folded(choice.name) === folded(name))?.name ?? name;

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
export function act(items, what, seconds) {
  push({path: "act", items, do: what, seconds});
}

export const undo = () => push({path: "undo"});

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
      tell({undone: first.path === "undo" ? reply.said.items[0] ?? "" : undefined});
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
  if (reply.status === 507) return `${reply.said.error}${left}`;
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
    const reply = await ask(`state?version=${encodeURIComponent(`${desk.desk} ${known.version}`)}`);
    if (reply.status === 200 && reply.said.desk !== desk.desk) return location.reload();  // other examples
    if (sending) continue;
    const before = failing;
    failing = reply.status === 200 || reply.status === 204 ? null : reply;
    if (reply.status === 200) take(reply.said, true);
    if (reply.status === 200 || failing || before) tell();
  }
}

addEventListener("beforeunload", event => { if (queue.length) event.preventDefault(); });
