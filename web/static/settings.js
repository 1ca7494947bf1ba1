// Whoever writes a number means the number: its radio button follows.

const number = document.querySelector('.offered input[type="number"]');
number?.addEventListener("input", () => {
  document.querySelector("#offered-number").checked = true;
});
