// <form data-at-once>: sent as soon as something is chosen, so its button is not needed. Whoever
// walks through the choices by key is given a moment to arrive.

const BY_KEY = 700;

export function atOnce(root) {
  for (const form of root.querySelectorAll("form[data-at-once]")) {
    for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
    let timer = 0;
    let byKey = false;
    form.addEventListener("keydown", () => (byKey = true));
    form.addEventListener("pointerdown", () => (byKey = false));
    form.addEventListener("change", () => {
      clearTimeout(timer);
      timer = setTimeout(() => form.requestSubmit(), byKey ? BY_KEY : 0);
    });
  }
}
