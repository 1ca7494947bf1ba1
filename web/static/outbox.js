// Copying lines and pages; everything else on this screen is a plain form.

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
