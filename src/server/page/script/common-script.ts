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

function rowsOf(count) {
  return number.format(count) + (count === 1 ? " row" : " rows");
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) { bytes /= 1024; unit += 1; }
  return (unit === 0 ? bytes : bytes.toFixed(bytes < 10 ? 1 : 0)) + " " + units[unit];
}

function shareOf({ rows, expectedRows }) {
  const share = element("span", "", "share");
  const bar = element("progress");
  bar.max = expectedRows;
  bar.value = rows;
  bar.setAttribute("aria-label", "share done");
  share.append(bar, element("span", Math.floor((rows / expectedRows) * 100) + "%"));
  return share;
}

// A proxy may serve this page under another path, such as /reports/. Paths in this script are those of the server behind it.
const root = new URL(".", location).pathname;
const addressOf = (path) => root + path.slice(1);
const pathOf = (address) => "/" + new URL(address).pathname.slice(root.length);

// The token of who has signed in. It stands nowhere but here: not in an address, a cookie or a store, and in no log.
let token;

async function ask(path, init = {}) {
  const headers = token === undefined ? {} : { Authorization: "Bearer " + token };
  const answer = await fetch(addressOf(path), { cache: "no-store", headers, ...init });
  if (answer.status === 401 && token !== undefined) say("This token isn't valid any more. Sign out, and sign in with another one.");
  return answer;
}

// The words of a refusal, or its status where it has none.
async function reasonOf(answer) {
  try {
    return (await answer.json()).detail;
  } catch {
    return "status " + answer.status;
  }
}

function say(text, place = byId("page-state")) {
  place.textContent = text;
}

// Answers of a server that shows this to others, or at another port: asking again would change nothing.
const refusals = [401, 403, 404];

// Does something by a button, once at a time. A button that is disabled would lose the focus.
function onClick(button, act) {
  button.addEventListener("click", async () => {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    await act();
    button.ariaDisabled = "false";
  });
}

async function remove(path, status) {
  try {
    const answer = await ask(path, { method: "DELETE" });
    // It may have ended meanwhile; the next poll shows it.
    if (!answer.ok && answer.status !== 404 && answer.status !== 409) throw new Error(await reasonOf(answer));
  } catch (error) {
    status.textContent = "Couldn't cancel " + path + ": " + error.message;
  }
}

// The element that has the focus is replaced by a new one of the same transfer or job, which gets the focus. Where that one has
// no such control any more, the heading before the list gets it, so that the keyboard stays where it was.
function replace(list, items) {
  const focused = list.contains(document.activeElement) ? document.activeElement : undefined;
  const { id } = focused?.closest("li").dataset ?? {};
  list.replaceChildren(...items);
  if (focused === undefined) return;
  const heir = items.find((item) => item.dataset.id === id)?.querySelector(focused.localName);
  (heir ?? headingOf(list)).focus();
}

function headingOf(list) {
  let heading = list.previousElementSibling;
  while (heading.localName !== "h2") heading = heading.previousElementSibling;
  heading.tabIndex = -1;
  return heading;
}

async function json(path) {
  const answer = await ask(path, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw Object.assign(new Error(path + " answers " + answer.status), { status: answer.status });
  return await answer.json();
}
`;
