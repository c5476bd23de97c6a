// Elements made by hand: every text is set as text, so that nothing a user wrote can become markup.

/** h("p", {class: "soft", onclick: f}, "text", child) */
export function h(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key in made && typeof value !== "string") made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = id => document.getElementById(id);

let fading;
/** A word at the lower edge that goes by itself; faults stay longer. */
export function toast(text, fault = false) {
  const place = byId("toast");
  place.textContent = text;
  place.className = fault ? "fault shown" : "shown";
  clearTimeout(fading);
  fading = setTimeout(() => { place.className = fault ? "fault" : ""; }, fault ? 8000 : 2500);
}

export const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/** 0.0734 → "7.3 %" */
export function percent(value) {
  const points = 100 * value;
  return `${points >= 10 || points === 0 ? Math.round(points) : points.toFixed(1)}\u00a0%`;
}

export function minutes(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
