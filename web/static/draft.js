// The draft: suggestions while typing, accepting links, copying. The text is stored in this browser alone; each request
// sends it to the server, which does not store it. Without this script the form has a button to ask.

const find = (selector, root = document) => root.querySelector(selector);
const form = find("#draft-form");
const { title, text, before } = form.elements;
const kept = `linkassist.draft.${form.dataset.project}`;

const PAUSE_MS = 300;
const AGAIN_MS = 1000;

let timer = 0;
let asked = null; // AbortController of the request under way
let texts = []; // undo stack: the text before each link accepted since the last typing

// The dismissed targets are hidden fields of the result, and each response has them again.
const dismissed = () => new FormData(form).getAll("dismissed");

function dismiss(target) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "dismissed", value: target });
  field.setAttribute("form", form.id);
  find("#draft-result").append(field);
}

function keep() {
  try {
    const draft = { title: title.value, text: text.value, dismissed: dismissed() };
    if (text.value || title.value) localStorage.setItem(kept, JSON.stringify(draft));
    else localStorage.removeItem(kept);
  } catch (error) {
    console.warn(error); // a browser without storage, as in private windows
  }
}

// The draft before it was cleared. It can be restored until the next text is written; the notice stays that long.
let cleared = null;

function clear() {
  if (!text.value && !title.value && !dismissed().length) return;
  cleared = { title: title.value, text: text.value, dismissed: dismissed() };
  fill({ title: "", text: "", dismissed: [] });
  offerCleared();
}

function fill(draft) {
  [title.value, text.value, before.value, texts] = [draft.title, draft.text, "", []];
  for (const field of document.querySelectorAll('[name="dismissed"]')) field.remove();
  for (const target of draft.dismissed) dismiss(target);
  keep();
  ask();
}

function offerCleared() {
  tell(form.dataset.cleared);
  clearTimeout(fading);
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.undo = "";
  button.append(`${form.dataset.undo} `, Object.assign(document.createElement("kbd"), { textContent: "u" }));
  button.addEventListener("click", () => {
    const draft = cleared;
    cleared = null;
    find("#notice").replaceChildren();
    fill(draft);
    text.focus();
  });
  find("#notice").append(button);
}

function restore() {
  try {
    const found = JSON.parse(localStorage.getItem(kept) ?? "null");
    if (found) [title.value, text.value] = [String(found.title), String(found.text)];
    for (const target of found?.dismissed ?? []) dismiss(String(target));
  } catch (error) {
    console.warn(error);
  }
}

function askSoon(after = PAUSE_MS) {
  clearTimeout(timer);
  timer = setTimeout(ask, after);
}

// submitter: the button of an action, null to ask for suggestions only.
async function ask(submitter = null) {
  clearTimeout(timer);
  asked?.abort();
  const question = (asked = new AbortController());
  const sent = text.value;
  const body = new URLSearchParams(new FormData(form));
  if (submitter?.name) body.set(submitter.name, submitter.value);
  if (submitter?.name === "dismiss") dismiss(submitter.value); // for requests before the response arrives
  find("#draft-result").classList.add("is-stale");
  try {
    const response = await fetch(form.action, { method: "POST", body, headers: { "X-Fragment": "draft" }, signal: question.signal });
    if (response.status === 401) return location.reload(); // reloading leads to the login; the text is stored
    if (!response.headers.get("Content-Type")?.startsWith("text/html")) throw new Error(`${response.status}`);
    const fresh = find("#draft-result", new DOMParser().parseFromString(await response.text(), "text/html"));
    if (!fresh) throw new Error(`${response.status} without a result`);
    if (question !== asked) return;
    if (fresh.dataset.text !== undefined) {
      if (text.value !== sent) return askSoon();
      if (submitter.name === "undo") texts.pop();
      else texts.push(sent);
      text.value = fresh.dataset.text;
      keep();
    }
    before.value = texts.at(-1) ?? "";
    show(fresh);
    keep();
    find("#failure").hidden = true;
    if (fresh.dataset.state === "preparing") askSoon(AGAIN_MS);
  } catch (error) {
    if (error.name === "AbortError") return;
    console.warn(error);
    find("#draft-result").classList.remove("is-stale");
    find("#failure").hidden = false;
  }
}

function show(fresh) {
  const old = find("#draft-result");
  const scroll = find(".side-scroll", old).scrollTop;
  const at = [...old.querySelectorAll(".card")].indexOf(find(".card.is-current", old));
  const wanted = find(".card.is-current", old)?.dataset.target;
  const isOpen = find(".draft-dismissed", old)?.open;
  const hadFocus = find("#suggestions", old).contains(document.activeElement);
  old.replaceWith(document.adoptNode(fresh));
  find(".side-scroll", fresh).scrollTop = scroll;
  const cards = [...fresh.querySelectorAll(".card")];
  const current = cards.find((card) => card.dataset.target === wanted) ?? cards[Math.min(Math.max(at, 0), cards.length - 1)];
  if (isOpen && find(".draft-dismissed", fresh)) find(".draft-dismissed", fresh).open = true;
  current?.classList.add("is-current");
  // Simulates pointing at the card, so that linkassist.js shows its preview and lights up its highlight.
  current?.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
  if (hadFocus) (current ?? text).focus({ preventScroll: true });
  say(find(".draft-state b", fresh)?.textContent ?? find(".side-head", fresh).textContent);
  if (cleared) offerCleared();
  else fade();
}

// A screen reader ignores the replaced lists, so the new state is announced in a status line.
function say(words) {
  const line = find("#draft-said");
  const plain = words.replace(/\s+/g, " ").trim();
  if (line.textContent !== plain) line.textContent = plain;
}

let fading = 0;
function fade() {
  clearTimeout(fading);
  fading = setTimeout(() => find("#notice")?.classList.add("is-old"), 10_000);
}

function tell(words) {
  const line = document.createElement("p");
  line.textContent = words;
  find("#notice").replaceChildren(line);
  find("#notice").classList.remove("is-old");
  fade();
}

async function copy() {
  try {
    await navigator.clipboard.writeText(text.value);
    tell(form.dataset.copied);
  } catch {
    // Without TLS, off loopback, there is no clipboard API.
    text.select();
    tell(document.execCommand("copy") ? form.dataset.copied : form.dataset.notCopied);
  }
}

form.addEventListener("input", (event) => {
  if (event.target !== text && event.target !== title) return;
  keep();
  if (cleared) find("#notice").replaceChildren();
  cleared = null;
  texts = [];
  before.value = "";
  if (!event.isComposing) askSoon();
});
form.addEventListener("compositionend", () => askSoon());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(event.submitter);
});
find("[data-copy]").addEventListener("click", copy);
find("[data-clear]").addEventListener("click", clear);

if (!text.value && !title.value) restore();
else keep();
if (text.value) ask();
