// <textarea data-draft>: what is typed is kept in this tab until it has been sent, so that a lost
// connection or an ended session loses nothing.

export function drafts(root) {
  for (const field of root.querySelectorAll("[data-draft]")) {
    const key = `draft:${location.pathname}:${field.form.getAttribute("action")}:${field.name}`;
    const kept = sessionStorage.getItem(key);
    if (kept && !field.value) field.value = kept;
    field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
    field.form.addEventListener("submit", () => {
      sessionStorage.setItem("draft:sent", key);
    });
  }
  const sent = sessionStorage.getItem("draft:sent");
  if (sent && document.querySelector("#note .ok")) {
    sessionStorage.removeItem(sent);
    sessionStorage.removeItem("draft:sent");
    for (const field of root.querySelectorAll("[data-draft]")) {
      if (sent.endsWith(`:${field.form.getAttribute("action")}:${field.name}`)) field.value = field.defaultValue;
    }
  }
}
