// Menus made of <details> close on Escape, on a click elsewhere, and when focus leaves them.

export function menus() {
  const open = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => closeUnless(event.target));
  document.addEventListener("focusin", (event) => closeUnless(event.target));

  function closeUnless(target) {
    for (const menu of open()) if (!menu.contains(target)) menu.open = false;
  }
}
