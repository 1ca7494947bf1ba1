// Copying lines and pages, and opening a text at its first changed line; all else on this screen is a plain form.

const status = document.querySelector("#copied");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-of]");
  if (!button) return;
  const source = button.dataset.copyOf && document.getElementById(button.dataset.copyOf);
  try {
    await navigator.clipboard.writeText(source ? source.value : button.dataset.copy);
  } catch (error) {
    console.warn(error);
    status.textContent = status.dataset.failed;
    if (source) {
      source.closest("details").open = true;
      source.select();
    }
    return;
  }
  status.textContent = status.dataset.done;
  const words = button.textContent;
  if (button.classList.contains("is-copied")) return;
  button.classList.add("is-copied");
  button.textContent = status.dataset.done;
  setTimeout(() => {
    button.classList.remove("is-copied");
    button.textContent = words;
  }, 1600);
});

// The lines of a textarea wrap, so what stands above the changed line is measured by having it there alone.
document.addEventListener("toggle", (event) => {
  const area = event.target.open && event.target.querySelector("textarea[data-line]");
  if (!area) return;
  const [whole, rows, number] = [area.value, area.rows, Number(area.dataset.line)];
  const lines = whole.split("\n");
  const start = lines.slice(0, number).reduce((sum, line) => sum + line.length + 1, 0);
  area.rows = 1;
  area.value = whole.slice(0, Math.max(0, start - 1));
  const above = start ? area.scrollHeight : 0;
  [area.value, area.rows] = [whole, rows];
  area.scrollTop = above - area.clientHeight / 3;
  area.setSelectionRange(start, start + (lines[number]?.length ?? 0));
}, true);
