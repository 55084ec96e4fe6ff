// <form data-swap="#rating, #reviews">: sends the form, and puts the named parts of the page that
// answers in place of the ones shown. Notes are always taken along; focus stays where it was.

const NOTE = "#note";
const busy = new WeakSet();

export function swapForms() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.dataset.swap) return;
    event.preventDefault();
    if (busy.has(form)) return;
    busy.add(form);
    form.setAttribute("aria-busy", "true");
    try {
      await send(form, event.submitter);
    } catch {
      say(document.documentElement.dataset.offline);
    } finally {
      busy.delete(form);
      form.removeAttribute("aria-busy");
    }
  });
}

async function send(form, submitter) {
  const body = new FormData(form, submitter);
  const method = form.method.toUpperCase();
  const url = new URL(submitter?.hasAttribute("formaction") ? submitter.formAction : form.action);
  const options = { method, headers: { Accept: "text/html" } };
  if (method === "GET") url.search = new URLSearchParams(body);
  else options.body = form.enctype === "multipart/form-data" ? body : new URLSearchParams(body);
  const answer = await fetch(url, options);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const target = new URL(answer.url);
  const elsewhere = answer.redirected && target.pathname !== location.pathname;
  const parts = form.dataset.swap.split(",").map((part) => part.trim());
  if (elsewhere || !parts.some((part) => page.querySelector(part))) {
    if (answer.redirected) location.assign(answer.url);
    else takeWhole(page);
    return;
  }
  if (method === "GET") history.replaceState(null, "", url);
  for (const part of [NOTE, ...parts]) swap(part, page);
}

function swap(selector, page) {
  const old = document.querySelector(selector);
  const fresh = page.querySelector(selector);
  if (!old || !fresh) return;
  const focused = old.contains(document.activeElement) ? path(document.activeElement, old) : null;
  if (selector === NOTE) {
    old.replaceChildren(...fresh.childNodes);
    return;
  }
  old.replaceWith(fresh);
  (fresh.querySelector("[autofocus]") ?? (focused && follow(focused, fresh)))?.focus({ preventScroll: true });
  fresh.dispatchEvent(new CustomEvent("swapped", { bubbles: true }));
}

function takeWhole(page) {
  document.title = page.title;
  document.querySelector("main").replaceWith(page.querySelector("main"));
  swap(NOTE, page);
  document.querySelector("main").focus();
  document.querySelector("main").dispatchEvent(new CustomEvent("swapped", { bubbles: true }));
}

function path(node, root) {
  if (node.id) return node.id;
  const steps = [];
  for (; node !== root; node = node.parentElement) {
    steps.unshift([...node.parentElement.children].indexOf(node));
  }
  return steps;
}

function follow(steps, root) {
  if (typeof steps === "string") return document.getElementById(steps);
  let node = root;
  for (const step of steps) node = node?.children[step];
  return node;
}

export function say(text, kind = "no") {
  const note = document.createElement("p");
  note.className = `note ${kind}`;
  note.textContent = text;
  document.querySelector(NOTE).replaceChildren(note);
}
