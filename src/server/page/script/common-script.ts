/** What all parts of the page's script use. */
export const commonScript = String.raw`"use strict";
const pollMs = 1000;
const mostEnded = 20;
const mostDrawnSlots = 64;
const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className !== "") made.className = className;
  return made;
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) { bytes /= 1024; unit += 1; }
  return (unit === 0 ? bytes : bytes.toFixed(bytes < 10 ? 1 : 0)) + " " + units[unit];
}

// Answers of a server that shows this to others, or at another port: asking again would change nothing.
const refusals = [401, 403, 404];

async function remove(path, button, status) {
  button.disabled = true;
  try {
    const answer = await fetch(path, { method: "DELETE" });
    // It may have ended meanwhile; the next poll shows it.
    if (!answer.ok && answer.status !== 404 && answer.status !== 409) throw new Error("status " + answer.status);
  } catch (error) {
    button.disabled = false;
    status.textContent = "Couldn't cancel " + path + ": " + error.message;
  }
}

// The element that has the focus is replaced by a new one of the same transfer, which gets the focus.
function replace(list, items) {
  const focused = list.contains(document.activeElement) ? document.activeElement.closest("li").dataset.id : undefined;
  list.replaceChildren(...items);
  if (focused !== undefined) items.find((item) => item.dataset.id === focused)?.querySelector("button")?.focus();
}

async function json(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw Object.assign(new Error(path + " answers " + answer.status), { status: answer.status });
  return await answer.json();
}
`;
