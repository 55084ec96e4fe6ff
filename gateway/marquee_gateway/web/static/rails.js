// Arrows for rows that scroll sideways; the row itself scrolls by touch, wheel and arrow keys.

export function rails(root) {
  for (const rail of root.querySelectorAll("[data-rail]")) {
    const row = rail.firstElementChild;
    const arrows = [arrow("left", -1), arrow("right", 1)];
    rail.append(...arrows);
    const show = () => {
      arrows[0].hidden = row.scrollLeft < 8;
      arrows[1].hidden = row.scrollLeft + row.clientWidth > row.scrollWidth - 8;
    };
    row.addEventListener("scroll", show, { passive: true });
    new ResizeObserver(show).observe(row);

    function arrow(name, way) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `rail-arrow ${name}`;
      // The row can be scrolled by key, so these are for pointers alone.
      button.tabIndex = -1;
      button.setAttribute("aria-hidden", "true");
      button.addEventListener("click", () => {
        row.scrollBy({ left: way * row.clientWidth * 0.85, behavior: motion() });
      });
      return button;
    }
  }
}

function motion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
