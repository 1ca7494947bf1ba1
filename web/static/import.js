// The import: uploads a dropped or chosen file with a progress bar, and shows the run as the server sends it. Without
// this script the form is posted as any other, and the screen reloads itself during a run.

const find = (selector, root = document) => root.querySelector(selector);
const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

// ---- The run ----

function watch() {
  if (!find("#run[data-under-way]")) return;
  const source = new EventSource(find("#import").dataset.progress);
  source.addEventListener("message", (event) => {
    const fresh = find("#run", parsed(event.data));
    find("#failure").hidden = true;
    if (fresh.className !== find("#run").className) return void exchange(find("#run"), fresh);
    // Part by part, so that a button keeps its focus.
    for (const part of fresh.querySelectorAll("[id]")) {
      const old = document.getElementById(part.id);
      if (!old) return void exchange(find("#run"), fresh);
      if (old.outerHTML !== part.outerHTML) old.replaceWith(document.adoptNode(part));
    }
  });
  source.addEventListener("end", async () => {
    source.close();
    try {
      show(await (await fetch(location.pathname)).text());
    } catch (error) {
      fail(error);
    }
  });
  source.addEventListener("error", () => (find("#failure").hidden = false)); // the browser reconnects by itself
}

function exchange(old, fresh) {
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(document.adoptNode(fresh));
  if (hadFocus) (find(".sheet-acts .button", fresh) ?? find("#run-title", fresh)).focus({ preventScroll: true });
}

function show(html) {
  const fresh = find("#import", parsed(html));
  if (!fresh) throw new Error("the answer is not the screen");
  exchange(find("#import"), fresh);
  find("#failure").hidden = true;
  listen();
  watch();
}

function fail(error) {
  console.warn(error);
  find("#failure").hidden = false;
}

// ---- The file ----

function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// Shows the chosen file, or why it cannot be sent; returns whether it can.
function tellChosen(form) {
  const [chosen, file] = [find("#chosen"), form.elements.file.files[0]];
  const isTooLong = file && file.size > Number(form.dataset.most);
  chosen.hidden = !file;
  chosen.classList.toggle("is-bad", Boolean(isTooLong));
  if (isTooLong) chosen.textContent = form.dataset.tooLong.replace("{0}", file.name);
  else if (file) {
    const length = document.createElement("small");
    length.textContent = ` ${size(file.size)}`;
    chosen.replaceChildren(file.name, length);
  }
  return Boolean(file) && !isTooLong;
}

function send(form) {
  const body = new FormData(form);
  const [bar, button] = [find("#sending svg"), find(".sheet-acts button", form)];
  const request = new XMLHttpRequest(); // fetch has no upload progress
  button.disabled = true;
  find("#sending").hidden = false;
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    const percent = Math.round((100 * loaded) / (total || 1));
    find(".meter-part", bar).setAttribute("width", percent);
    bar.setAttribute("aria-valuenow", percent);
  });
  const giveUp = (error) => {
    button.disabled = false;
    find("#sending").hidden = true;
    fail(error);
  };
  request.addEventListener("error", () => giveUp(new Error("nothing came back")));
  request.addEventListener("load", () => {
    try {
      show(request.responseText);
      find("#refusal")?.scrollIntoView({ block: "nearest" });
      find("#run-title")?.focus({ preventScroll: true });
    } catch (error) {
      giveUp(error);
    }
  });
  request.open("POST", form.action);
  request.send(body);
}

function listen() {
  const form = find("#upload");
  if (!form) return;
  const [drop, input] = [find(".drop", form), form.elements.file];
  input.addEventListener("change", () => tellChosen(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (tellChosen(form)) send(form);
  });
  drop.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    if (tellChosen(form)) find(".sheet-acts button", form).focus();
  });
  if (input.files.length) tellChosen(form);
}

// A file dropped elsewhere must not replace the screen.
for (const name of ["dragover", "drop", "dragleave"]) {
  document.addEventListener(name, (event) => {
    if (name !== "dragleave") event.preventDefault();
    const drop = find(".drop");
    drop?.classList.toggle("is-over", name === "dragover" && drop.contains(event.target));
  });
}

listen();
watch();
