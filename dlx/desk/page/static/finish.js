// The last view: what the tags say so far, what a machine would suggest, and how to end.

import {byId, h, minutes, percent, toast} from "./dom.js";
import {ask, desk, progress, unsent} from "./store.js";
import {filter, view} from "./view.js";

let shown = null;

export async function drawFinish() {
  if (shown && byId("view").contains(shown)) return refresh();
  const back = h("button", {onclick: () => mode("single")}, "Go on");
  const end = h("button", {class: "main", id: "end", onclick: finish}, "Finish and close");
  shown = h("section", {id: "finish"},
    h("div", {id: "found"}, h("p", {class: "wait"}, "Counting …")),
    h("div", {id: "ideas"}),
    h("div", {class: "row"}, back, end),
    h("p", {class: "soft"}, "All answers are on the disk already; the same command goes on where you stopped."));
  byId("view").replaceChildren(shown);
  return refresh();
}

async function refresh() {
  const [found, ideas] = await Promise.all([ask("summary"), ask("suggestions")]);
  const place = byId("found");
  if (!place) return;
  if (found.status === 200) place.replaceChildren(...table(found.said));
  else place.replaceChildren(h("p", {}, found.said.error || "The server does not answer."));
  byId("ideas").replaceChildren(...(ideas.status === 200 ? suggested(ideas.said) : []));
}

function table(found) {
  const {done, total} = progress();
  const headline = found.headline || `${done} of ${total} are done.`;
  const rows = found.rows || [];
  return [
    h("h2", {}, headline),
    rows.length ? h("div", {class: "scroll"}, h("table", {class: "summary"},
      h("thead", {}, h("tr", {}, found.columns.map(name => h("th", {}, name)))),
      h("tbody", {}, rows.map(row => h("tr", {}, row.map(cell => h("td", {}, cell))))))) : null,
    ...(found.lines || []).map(line => h("p", {}, line)),
    found.next?.length ? h("p", {class: "soft"}, "Next, in the terminal:") : null,
    ...(found.next || []).map(command => h("pre", {class: "command"}, command)),
  ].filter(Boolean);
}

/** Only after people have spoken: what a machine says first is what people then see. */
function suggested(ideas) {
  if (!ideas.length) return [];
  return [h("h2", {}, "A machine's suggestions"), ...ideas.map(idea => h("div", {class: "row idea"},
    h("p", {class: "grow"}, idea.text),
    idea.items?.length ? h("button", {onclick: () => {
      filter("", "", idea.items);
      view.brush = idea.tag || view.brush;
      mode("grid");
    }}, `Show ${idea.items.length}`) : null))];
}

const mode = name => dispatchEvent(new CustomEvent("mode", {detail: name}));

async function finish() {
  if (unsent()) return toast(`${unsent()} answers are still on their way.`, true);
  const reply = await ask("finish", {});
  if (reply.status !== 200) return toast("The server does not answer; all answers are on the disk.", true);
  document.body.replaceChildren(h("main", {id: "over"}, h("h1", {}, "Done."),
    h("p", {}, "The terminal has the table. This window can be closed.")));
  removeEventListener("keydown", window.dlxKeys);
}

/** Progress, pace and what is left, in words. */
export function pace() {
  const {done, total, seconds, new_tag_chance: chance} = progress();
  const words = [`${done} of ${total} done`];
  if (seconds) words.push(seconds < 1 ? "under 1 s each" : `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s each`);
  if (seconds && done < total) words.push(`about ${minutes(seconds * (total - done))} left`);
  if (chance !== null && done >= 10) words.push(chance < 0.05 ? `hardly any new tag to find (${percent(chance)})` : `the next needs a new tag: ${percent(chance)}`);
  if (unsent()) words.push(`${unsent()} on their way`);
  return words.join(" · ");
}
