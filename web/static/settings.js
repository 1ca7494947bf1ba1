// Typing a number selects its radio button.

const number = document.querySelector('.offered input[type="number"]');
number?.addEventListener("input", () => {
  document.querySelector("#offered-number").checked = true;
});
