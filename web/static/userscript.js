// linkassist in the page itself: a UserScript for Scrapbox (Cosense). linkassist hands it out with its own address and a
// key filled in; copy it into the block code:script.js of your page. It runs nothing that it is sent: all it gets from
// linkassist is shown as text, and all it writes is one line at a time, which Scrapbox's own undo takes back.
(() => {
"use strict";

const SETTINGS = { server: "", project: "", key: "", version: "" };

const PAUSE_MS = 1200; // after the last key, before links for the typed lines are asked for
const AGAIN_MS = 3000; // while linkassist reads the wiki
const MOST_AGAIN = 40;
const LONGEST_MS = 25000;
const MENU = "linkassist";
const ICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#7a8a99" stroke-width="2" stroke-linecap="round"><path d="M7 4H4v16h3M17 4h3v16h-3"/><path d="M9 17h6" stroke-dasharray="0.1 3"/><path d="M9 12h6"/></svg>',
  );

const WORDS = {
  ja: {
    accept: "リンクにする",
    reject: "見送る",
    close: "閉じる",
    page: "ページあり",
    red: "まだページのないリンク",
    new: "新しいリンク",
    atEnd: "ページの末尾に加えます",
    accepted: (target) => `[${target}] をリンクにしました。元に戻すには Scrapbox の取り消し（Ctrl+Z、⌘Z）を使います`,
    rejected: (target) => `「${target}」を見送りました。このページにはもう出ません`,
    changed: "この行は書き換えられています。リンクは入れませんでした",
    failed: "Scrapbox がこの行を書き換えられませんでした",
    none: "このページに候補はありません",
    silent: "linkassist から返事がありません（動いていますか？）",
    refused: "このスクリプトの鍵は使えなくなりました。設定画面からコピーし直してください",
    newer: "新しい版があります。設定画面を開く",
    waiting: (n) => `linkassist にまだ伝わっていない判断: ${n}`,
    reading: "Wikiを読み込んでいます…",
    mark: (target) => `リンクの候補: ${target}`,
  },
  en: {
    accept: "Link",
    reject: "Don't link",
    close: "Close",
    page: "has a page",
    red: "link without a page yet",
    new: "new link",
    atEnd: "Added at the end of the page",
    accepted: (target) => `Linked [${target}]. Undo it in Scrapbox with Ctrl+Z or ⌘Z`,
    rejected: (target) => `“${target}” will not be suggested for this page again`,
    changed: "This line has changed since. Nothing was written",
    failed: "Scrapbox could not change this line",
    none: "No suggestions for this page",
    silent: "linkassist does not answer. Is it running?",
    refused: "This script's key is no longer valid. Copy the script again from the settings",
    newer: "There is a newer version of this script: open the settings",
    waiting: (n) => `Answers not delivered to linkassist yet: ${n}`,
    reading: "Reading the wiki…",
    mark: (target) => `Suggested link: ${target}`,
  },
};
const say = WORDS[/^ja\b/i.test(navigator.language || "") ? "ja" : "en"];

const STYLE = `
  :host { all: initial; position: absolute; top: 0; left: 0; width: 0; height: 0; z-index: 900;
    --paper: #fff; --ink: #1d242b; --ink-2: #55606b; --line: #c6cdd5; --page: #2254c5; --red: #b83a26; --new: #7d5a00;
    --in: #dff3e7; --shadow: 0 8px 28px rgb(20 30 40 / 18%); }
  :host([data-theme="dark"]) { --paper: #1e2327; --ink: #dde2e6; --ink-2: #a3adb6; --line: #3d464e; --page: #86adff;
    --red: #ff9580; --new: #e2b653; --in: #1c4a32; --shadow: 0 8px 28px rgb(0 0 0 / 55%); }
  * { box-sizing: border-box; font: 14px/1.6 "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", system-ui, sans-serif; }
  .page { --kind: var(--page); } .red { --kind: var(--red); } .new { --kind: var(--new); }
  .mark { position: absolute; height: 9px; margin: 0; padding: 0; border: 0; border-top: 3px dotted var(--kind);
    background: transparent; cursor: pointer; }
  .mark:hover { border-top-style: solid; }
  .mark:focus-visible, .card button:focus-visible { outline: 2px solid var(--page); outline-offset: 2px; }
  .card { position: absolute; width: 340px; max-width: calc(100vw - 24px); padding: 14px 16px 16px; border: 1px solid var(--line);
    border-radius: 8px; background: var(--paper); color: var(--ink); box-shadow: var(--shadow); overflow-wrap: anywhere; }
  .card.is-fixed { position: fixed; top: 64px; right: 16px; left: auto; }
  .card h2 { margin: 0; padding-right: 32px; font-size: 16px; font-weight: 600; color: var(--kind); }
  .card p { margin: 6px 0 0; color: var(--ink-2); font-size: 13px; }
  .card .after { padding: 6px 10px; border: 1px solid var(--line); border-radius: 6px; color: var(--ink); }
  .card mark { padding: 1px 2px; border-radius: 3px; background: var(--in); color: inherit; font: inherit; }
  .acts { display: flex; gap: 8px; margin-top: 12px; }
  .card button { min-height: 36px; padding: 0 14px; border: 1px solid var(--line); border-radius: 6px; background: transparent;
    color: var(--ink); cursor: pointer; }
  .card .yes { border-color: var(--page); background: var(--page); color: var(--paper); font-weight: 600; }
  .card .close { position: absolute; top: 8px; right: 8px; width: 32px; min-height: 32px; padding: 0; border: 0; color: var(--ink-2); }
  .told { position: fixed; left: 50%; bottom: 24px; max-width: calc(100vw - 32px); padding: 10px 16px; transform: translateX(-50%);
    border: 1px solid var(--line); border-radius: 8px; background: var(--paper); color: var(--ink); box-shadow: var(--shadow); }
  .told:empty { padding: 0; border: 0; box-shadow: none; }
  @media (max-width: 640px) { .card button { min-height: 44px; } .card .close { width: 44px; } }
`;

const state = {
  title: null, // of the page that the suggestions are for
  shown: [], // suggestions, best first
  note: "", // what the page menu says of linkassist, "" while all is well
  isOld: false, // whether linkassist has a newer script
  refused: new Set(), // targets rejected here, each after its page's title
  applied: [], // links written here: when Scrapbox's undo takes one out, linkassist is told
  unsent: [], // answers that linkassist has not got yet
  turn: 0, // number of the request whose answer counts
};

// ---- The editor, as Scrapbox lets scripts see it ----

const scrapbox = () => window.scrapbox;

function linesNow() {
  const lines = scrapbox()?.Page?.lines;
  return Array.isArray(lines) && lines.every((line) => typeof line?.text === "string") ? lines : [];
}

const titleNow = () => (linesNow().length && scrapbox().Page.title) || null;

// The number of the line that a place is on now, found by its text; -1 if no line has that text any more.
function lineOf(place) {
  let nearest = -1;
  linesNow().forEach((line, number) => {
    if (number === 0 || line.text !== place.before) return;
    const isSame = place.id !== undefined && line.id === place.id;
    const far = (other) => Math.abs(other - place.line);
    if (isSame || nearest < 0 || (linesNow()[nearest].id !== place.id && far(number) < far(nearest))) nearest = number;
  });
  return nearest;
}

async function write(place) {
  const page = scrapbox().Page;
  if (place.line < 0) await page.insertLine(place.after, linesNow().length);
  else await page.updateLine(place.after, lineOf(place));
}

// ---- linkassist ----

// The answer, null if there is none; what went wrong is a note in the page menu and never an error of the page.
async function ask(what, given) {
  let response;
  try {
    response = await fetch(`${SETTINGS.server}/userscript/${encodeURIComponent(SETTINGS.project)}/${what}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${SETTINGS.key}`, "Content-Type": "application/json" },
      body: JSON.stringify(given),
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(LONGEST_MS),
    });
    state.note = { 401: say.refused, 403: say.refused }[response.status] ?? (response.status >= 500 ? say.silent : "");
    if (!response.ok) return { status: response.status };
    const found = await response.json();
    state.isOld = found.version !== SETTINGS.version;
    return { status: response.status, ...found };
  } catch {
    state.note = say.silent;
    return { status: 0 };
  }
}

let delivering = null; // the promise of the delivery under way

function deliver() {
  delivering ??= deliverAll().finally(() => (delivering = null));
  return delivering;
}

async function deliverAll() {
  while (state.unsent.length) {
    const { status } = await ask("verdict", state.unsent[0]);
    if (status === 0 || status === 401 || status === 403 || status === 429 || status >= 500) break; // again later
    state.unsent.shift(); // stored, or about a page that linkassist does not have yet
  }
  fillMenu();
}

function tellVerdict(title, suggestion, place, decision) {
  const { target, kind, percent } = suggestion;
  state.unsent.push({ title, target, kind, percent, decision, mention: place?.mention ?? "" });
  return deliver();
}

let pause = 0;
let nAgain = 0;

async function look(what) {
  clearTimeout(pause);
  const title = titleNow();
  const turn = ++state.turn;
  if (title !== state.title) {
    close();
    [state.title, state.shown, nAgain] = [title, [], 0];
    show();
  }
  if (title === null) return;
  if (state.unsent.length) await deliver();
  const lines = linesNow();
  const found = await ask(what, { title, lines: lines.map((line) => line.text) });
  if (turn !== state.turn) return;
  if (Array.isArray(found.suggestions)) {
    state.shown = found.suggestions.filter((each) => !state.refused.has(`${title}\n${each.target}`));
    for (const place of state.shown.flatMap((each) => each.places)) place.id = lines[place.line]?.id;
  }
  if (found.state === "preparing" && nAgain++ < MOST_AGAIN) {
    state.note = say.reading;
    pause = setTimeout(safely(() => look(what)), AGAIN_MS);
  }
  show();
}

function lookSoon() {
  clearTimeout(pause);
  state.turn += 1; // an answer on its way is about lines that have changed
  pause = setTimeout(safely(async () => {
    await look("page"); // at once; links for what was typed take the models
    await look("draft");
  }), PAUSE_MS);
}

// ---- Answers ----

async function accept(suggestion, place) {
  const title = state.title;
  close();
  if (titleNow() !== title || (place.line >= 0 && lineOf(place) < 0)) {
    tell(say.changed);
    return lookSoon();
  }
  try {
    await write(place);
  } catch (error) {
    console.warn("linkassist:", error);
    return tell(say.failed);
  }
  state.applied.push({ title, suggestion, place, isSeen: false });
  noticeUndo();
  leave(suggestion);
  tell(say.accepted(suggestion.target));
  lookSoon();
  await tellVerdict(title, suggestion, place, "accept");
}

async function reject(suggestion, place) {
  close();
  state.refused.add(`${state.title}\n${suggestion.target}`);
  leave(suggestion);
  tell(say.rejected(suggestion.target));
  await tellVerdict(state.title, suggestion, place, "reject");
}

function leave(suggestion) {
  state.shown = state.shown.filter((each) => each !== suggestion);
  show();
}

// A link that stood in its line and is out again, with the line as it was before, was undone in Scrapbox.
function noticeUndo() {
  const texts = linesNow().map((line) => line.text);
  state.applied = state.applied.filter((each) => {
    if (each.title !== titleNow() || texts.includes(each.place.after)) {
      each.isSeen ||= each.title === titleNow();
      return true;
    }
    if (!each.isSeen) return true; // Scrapbox has not shown the new line yet
    if (each.place.line < 0 || texts.includes(each.place.before)) {
      tellVerdict(each.title, each.suggestion, each.place, "undo");
    }
    return false;
  });
}

// ---- What is seen: a layer above the page, whose own elements stay untouched ----

const host = document.createElement("div");
const layer = host.attachShadow({ mode: "open" });
const told = node("div", "told");
const marks = node("div", "marks");
let card = null;
let fading = 0;

function node(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text) made.textContent = text;
  return made;
}

function button(className, text, onClick) {
  const made = node("button", className, text);
  made.type = "button";
  made.addEventListener("mousedown", (event) => event.preventDefault()); // the cursor stays in its line
  made.addEventListener("click", onClick);
  return made;
}

function tell(text) {
  told.textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => (told.textContent = ""), 6000);
}

function isDark() {
  for (const element of [document.body, document.documentElement]) {
    const [red, green, blue, alpha = 1] = (getComputedStyle(element).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (alpha > 0 && blue !== undefined) return 0.3 * red + 0.6 * green + 0.1 * blue < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

// The boxes of a place's words in the page, one for each row that they are broken over.
function boxesOf(place) {
  const number = lineOf(place);
  if (number < 0) return [];
  const line = document.getElementById(`L${linesNow()[number].id}`) ?? document.querySelectorAll(".lines .line")[number];
  if (!line) return [];
  const pieces = [];
  let text = "";
  for (const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT); walker.nextNode(); ) {
    pieces.push({ piece: walker.currentNode, from: text.length });
    text += walker.currentNode.data;
  }
  let at = -1;
  for (let n = 0, next = text.indexOf(place.surface); n <= place.nth && next >= 0; n++) {
    at = next;
    next = text.indexOf(place.surface, next + place.surface.length);
  }
  if (at < 0 || !place.surface) return [];
  const edge = (offset) => pieces.findLast(({ from }, n) => from < offset || (n === 0 && offset === 0));
  const [first, last] = [pieces.findLast(({ from }) => from <= at), edge(at + place.surface.length)];
  const range = document.createRange();
  range.setStart(first.piece, at - first.from);
  range.setEnd(last.piece, at + place.surface.length - last.from);
  const rows = [];
  for (const { left, right, top, bottom, width } of range.getClientRects()) {
    if (!width) continue;
    const row = rows.find((each) => Math.abs(each.bottom - bottom) < 6);
    if (row) Object.assign(row, { left: Math.min(row.left, left), right: Math.max(row.right, right) });
    else rows.push({ left, right, top, bottom });
  }
  return rows;
}

let drawing = 0;

function show() {
  fillMenu();
  draw();
}

function draw() {
  cancelAnimationFrame(drawing);
  drawing = requestAnimationFrame(safely(() => {
    if (!host.isConnected) document.body.append(host);
    host.dataset.theme = isDark() ? "dark" : "light";
    const origin = host.getBoundingClientRect();
    const made = [];
    for (const suggestion of state.shown) {
      for (const place of suggestion.places) {
        for (const box of place.line < 0 ? [] : boxesOf(place)) {
          const mark = button(`mark ${suggestion.kind}`, "", () => open(suggestion, place));
          mark.setAttribute("aria-label", say.mark(suggestion.target));
          mark.title = say.mark(suggestion.target);
          mark.style.left = `${box.left - origin.left}px`;
          mark.style.top = `${box.bottom - origin.top - 2}px`;
          mark.style.width = `${box.right - box.left}px`;
          made.push(mark);
        }
      }
    }
    marks.replaceChildren(...made);
  }));
}

// The line as it will be, with what comes in marked; of a long one what is around it.
function lineAfter({ before, after }) {
  let first = 0;
  while (first < before.length && before[first] === after[first]) first++;
  let rest = 0;
  while (rest < before.length - first && before[before.length - 1 - rest] === after[after.length - 1 - rest]) rest++;
  const [lead, middle, tail] = [after.slice(0, first).trimStart(), after.slice(first, after.length - rest), after.slice(after.length - rest)];
  const line = node("p", "after");
  line.append(
    lead.length > 40 ? `…${[...lead].slice(-36).join("")}` : lead,
    node("mark", "", middle),
    tail.length > 52 ? `${[...tail].slice(0, 48).join("")}…` : tail,
  );
  return line;
}

function open(suggestion, place) {
  close();
  card = node("div", `card ${suggestion.kind}`);
  card.setAttribute("role", "dialog");
  card.setAttribute("aria-label", say.mark(suggestion.target));
  const yes = button("yes", say.accept, safely(() => accept(suggestion, place)));
  const acts = node("div", "acts");
  acts.append(yes, button("no", say.reject, safely(() => reject(suggestion, place))));
  const shut = button("close", "×", close);
  shut.setAttribute("aria-label", say.close);
  card.append(node("h2", "", suggestion.target), shut, node("p", "", `${suggestion.percent} % · ${say[suggestion.kind]}`), lineAfter(place));
  if (place.line < 0) card.append(node("p", "", say.atEnd));
  if (suggestion.reason) card.append(node("p", "", suggestion.reason));
  card.append(acts);
  const [box] = place.line < 0 ? [] : boxesOf(place);
  const origin = host.getBoundingClientRect();
  layer.append(card);
  if (box) {
    const left = Math.max(12, Math.min(box.left, innerWidth - card.offsetWidth - 12));
    card.style.left = `${left - origin.left}px`;
    card.style.top = `${box.bottom - origin.top + 8}px`;
    if (box.bottom < 0 || box.bottom + card.offsetHeight > innerHeight) card.scrollIntoView({ block: "center" });
  } else card.classList.add("is-fixed");
  yes.focus({ preventScroll: true });
}

function close() {
  card?.remove();
  card = null;
}

const inMenu = new Set(); // titles of the items, where a menu cannot be emptied

function fillMenu() {
  const menu = scrapbox()?.PageMenu;
  if (!menu?.addMenu) return;
  try {
    const own = (typeof menu === "function" && menu(MENU)) || menu;
    if (own.removeAllItems) {
      own.removeAllItems();
      inMenu.clear();
    }
    const add = (title, onClick) => {
      if (!inMenu.has(title)) own.addItem?.({ title, onClick: safely(onClick ?? (() => {})) });
      inMenu.add(title);
    };
    for (const { target, percent } of state.shown) {
      add(`${target} · ${percent} %`, () => {
        const each = state.shown.find((other) => other.target === target);
        if (each) open(each, each.places[0]);
      });
    }
    if (!state.shown.length && !state.note) add(say.none);
    if (state.note) add(state.note, () => look("page"));
    if (state.unsent.length) add(say.waiting(state.unsent.length), deliver);
    if (state.isOld) add(say.newer, () => window.open(`${SETTINGS.server}/settings/${encodeURIComponent(SETTINGS.project)}#userscript`, "_blank", "noopener"));
  } catch (error) {
    console.warn("linkassist:", error);
  }
}

// A fault of this script is a warning in the console; the page goes on.
function safely(action) {
  return (...given) => {
    try {
      Promise.resolve(action(...given)).catch((error) => console.warn("linkassist:", error));
    } catch (error) {
      console.warn("linkassist:", error);
    }
  };
}

function start() {
  if (!scrapbox() || window.linkassistVersion) return;
  window.linkassistVersion = SETTINGS.version;
  const style = new CSSStyleSheet();
  style.replaceSync(STYLE);
  layer.adoptedStyleSheets = [style];
  told.setAttribute("role", "status");
  layer.append(marks, told);
  document.body.append(host);
  const on = (scrapbox().on ?? scrapbox().addListener)?.bind(scrapbox());
  on?.("lines:changed", safely(() => (draw(), noticeUndo(), lookSoon())));
  on?.("page:changed", safely(() => look("page")));
  on?.("layout:changed", safely(() => look("page")));
  scrapbox().PageMenu?.addMenu?.({ title: MENU, image: ICON, onClick: safely(fillMenu) });
  addEventListener("resize", draw);
  new ResizeObserver(draw).observe(document.querySelector(".lines") ?? document.body);
  layer.addEventListener("keydown", (event) => event.key === "Escape" && close());
  document.addEventListener("mousedown", (event) => event.target !== host && close());
  look("page");
}

safely(start)();
})();
