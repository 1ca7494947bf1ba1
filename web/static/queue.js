// The queue without reloads: answers are sent in the background, and the next card replaces the last. Keys a, r, u and
// 1 to 4 are in linkassist.js; here are l, the arrows and swipes.

import { showWaiting } from "./linkassist.js";

const box = document.querySelector("#queue");
const failure = document.querySelector("#failure");
let underway = false;
let undoWanted = false; // `u` was pressed while the answer was under way

async function send(form, button) {
  if (underway) return;
  underway = true;
  const body = new URLSearchParams(new FormData(form));
  body.set(button?.name || "answer", button?.value ?? "accept");
  const deck = box.querySelector(".deck");
  if (form.matches(".answers")) deck?.classList.add("is-leaving", body.get("answer") === "accept" ? "goes-right" : "goes-left");
  try {
    const response = await fetch(form.action, { method: "POST", body, headers: { "X-Fragment": "card" } });
    if (response.status === 401) location.reload(); // reloading leads to the login
    if (!response.ok) throw new Error(`${response.status} from ${form.action}`);
    box.innerHTML = await response.text();
    showWaiting(box);
    history.replaceState(null, "", response.url);
    failure.hidden = true;
    box.querySelector(".card, .ending .button, .enough a")?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  } catch (error) {
    console.error(error);
    deck?.classList.remove("is-leaving", "goes-right", "goes-left");
    failure.hidden = false;
    undoWanted = false;
  }
  underway = false;
  if (undoWanted) press("[data-undo]");
  undoWanted = false;
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-answer]")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

const press = (selector) => box.querySelector(selector)?.click();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.target.matches("input:not([type=radio]), textarea, select")) return;
  if (underway && event.key.toLowerCase() === "u") undoWanted = true;
  const action = { l: ".act.later", s: ".act.later", ArrowRight: ".act.yes", ArrowLeft: ".act.no" }[event.key];
  if (!action || event.target.closest(".table-scroll")) return;
  if (event.key.startsWith("Arrow") && event.target.matches("input")) return; // chooses among the places of a link
  event.preventDefault();
  press(action);
});

// A swipe to the right accepts, one to the left dismisses; a slow or diagonal one scrolls.
let from = null;
document.addEventListener("touchstart", (event) => {
  const touch = event.touches[0];
  from = event.touches.length === 1 && event.target.closest(".deck") && !event.target.closest(".table-scroll, pre") ? { x: touch.clientX, y: touch.clientY, at: event.timeStamp } : null;
}, { passive: true });
document.addEventListener("touchend", (event) => {
  if (!from) return;
  const touch = event.changedTouches[0];
  const [x, y] = [touch.clientX - from.x, touch.clientY - from.y];
  if (Math.abs(x) > 80 && Math.abs(x) > 2.5 * Math.abs(y) && event.timeStamp - from.at < 600) press(x > 0 ? ".act.yes" : ".act.no");
  from = null;
}, { passive: true });
