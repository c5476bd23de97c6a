// One line to type into, with what is known beneath: new tags, right labels, comments.

import {byId, h} from "./dom.js";

/**
 * Ask for a line; resolves to the text, or null when it was called off.
 * options: offered beneath, the first that fits is taken with Tab; strict: only these; extra: [label, value] of a button.
 */
export function askFor({title, value = "", options = [], strict = false, extra = null, long = false, note = ""}) {
  const box = byId("prompt");
  return new Promise(done => {
    const input = long
      ? h("textarea", {rows: "3", "aria-label": title})
      : h("input", {type: "text", autocomplete: "off", spellcheck: "false", "aria-label": title});
    input.value = value;
    const list = h("div", {class: "options"});
    const said = h("p", {class: "soft", role: "status"}, note);
    const close = result => {
      box.close();
      box.replaceChildren();
      byId("view").focus();
      done(result);
    };
    const fitting = () => {
      const typed = input.value.trim().toLowerCase();
      const begins = options.filter(option => option.toLowerCase().startsWith(typed));
      const holds = options.filter(option => !option.toLowerCase().startsWith(typed) && option.toLowerCase().includes(typed));
      return [...begins, ...holds];
    };
    const exact = () => options.find(option => option.toLowerCase() === input.value.trim().toLowerCase());
    const draw = () => {
      const taken = strict && input.value.trim() ? exact() ?? fitting()[0] : null;
      list.replaceChildren(...fitting().slice(0, 40).map(option =>
        h("button", {type: "button", class: option === taken ? "taken" : "", onclick: () => close(option)}, option)));
    };
    const submit = () => {
      const typed = input.value.trim();
      if (!strict || !typed) return close(typed);
      const found = exact() ?? fitting()[0];
      if (found !== undefined) close(found);
      else {
        input.classList.add("fault");
        said.textContent = `Not one of: ${options.slice(0, 12).join(", ")}${options.length > 12 ? " …" : ""}`;
      }
    };
    input.addEventListener("input", () => { input.classList.remove("fault"); said.textContent = note; draw(); });
    input.addEventListener("keydown", event => {
      event.stopPropagation();
      if (event.key === "Enter" && !(long && event.shiftKey)) { event.preventDefault(); submit(); }
      else if (event.key === "Escape") { event.preventDefault(); close(null); }
      else if (event.key === "Tab" && options.length && fitting()[0] && !event.shiftKey) {
        event.preventDefault();
        input.value = fitting()[0];
        draw();
      }
    });
    box.oncancel = event => { event.preventDefault(); close(null); };
    box.onclick = event => { if (event.target === box) close(null); };
    const buttons = h("div", {class: "row"},
      extra && h("button", {type: "button", onclick: () => close(extra[1])}, extra[0]),
      h("span", {class: "grow"}),
      h("button", {type: "button", onclick: () => close(null)}, "Cancel"),
      h("button", {type: "button", class: "main", onclick: submit}, "OK"));
    box.replaceChildren(h("h2", {}, title), input, said, list, buttons);
    draw();
    box.showModal();
    input.focus();
    input.select();
  });
}

/** Something to read or choose from; closes with Escape. */
export function show(title, ...content) {
  const box = byId("prompt");
  box.oncancel = null;
  box.onclick = event => { if (event.target === box) box.close(); };
  const close = h("div", {class: "row"}, h("span", {class: "grow"}), h("button", {onclick: () => box.close()}, "Close"));
  box.replaceChildren(h("h2", {}, title), ...content.flat(Infinity), close);
  box.showModal();
  return () => box.close();
}
