// Typing a number selects its radio button. The UserScript is copied as the block that Scrapbox runs.

const number = document.querySelector('.offered input[type="number"]');
number?.addEventListener("input", () => {
  document.querySelector("#offered-number").checked = true;
});

const copying = document.querySelector("[data-script]");
if (copying) {
  copying.hidden = false; // without this script there is the address to open
  copying.addEventListener("click", async () => {
    let told = copying.dataset.done;
    try {
      const response = await fetch(copying.dataset.script);
      if (!response.ok) throw new Error(`${response.status}`);
      const lines = (await response.text()).trimEnd().split("\n");
      await navigator.clipboard.writeText(["code:script.js", ...lines.map((line) => ` ${line}`)].join("\n"));
    } catch (error) {
      console.warn(error);
      told = copying.dataset.failed;
    }
    const notice = document.createElement("p");
    notice.textContent = told;
    document.querySelector("#notice").replaceChildren(notice);
  });
}
