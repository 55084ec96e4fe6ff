// <form data-typeahead="/where">: a listbox of suggestions below the form's search field, after the
// ARIA combobox pattern. The server answers `?q=` with <li role="option" data-href="…"> lines.

const PAUSE = 120;

export function typeahead() {
  for (const form of document.querySelectorAll("[data-typeahead]")) attach(form);
}

function attach(form) {
  const field = form.querySelector("input[type=search]");
  const list = document.createElement("ul");
  list.id = `${field.id}-list`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.querySelector("label").textContent);
  form.append(list);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");
  let asked = null;
  let timer = 0;
  let chosen = -1;

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    const options = [...list.children];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden || !options.length) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose((chosen + step + options.length + (chosen < 0 && step < 0 ? 1 : 0)) % options.length);
    } else if (event.key === "Enter" && chosen >= 0 && !list.hidden) {
      event.preventDefault();
      location.assign(options[chosen].dataset.href);
    } else if (event.key === "Escape") {
      close();
    }
  });
  field.addEventListener("blur", () => setTimeout(close, 150));
  field.addEventListener("focus", () => list.children.length && open());
  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[data-href]");
    if (!option || event.button !== 0) return;
    event.preventDefault();
    location.assign(option.dataset.href);
  });

  async function ask() {
    asked?.abort();
    const words = field.value.trim();
    if (words.length < 2) return close();
    asked = new AbortController();
    const url = new URL(form.dataset.typeahead, location.href);
    url.searchParams.set("q", words);
    try {
      const answer = await fetch(url, { signal: asked.signal });
      if (!answer.ok) return close();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      list.replaceChildren(...page.querySelectorAll("[role=option]"));
      [...list.children].forEach((option, at) => (option.id = `${list.id}-${at}`));
      chosen = -1;
      field.removeAttribute("aria-activedescendant");
      if (list.children.length && document.activeElement === field) open();
      else close();
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  function choose(at) {
    list.children[chosen]?.removeAttribute("aria-selected");
    chosen = at;
    const option = list.children[at];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  function open() {
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  }

  function close() {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
  }
}
