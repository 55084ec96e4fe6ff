// Notifications as they come: the bell's count, and an event `notified` for the page that lists them.
// Only the page in sight listens: browsers share out a handful of connections among all of a site's.

export function live() {
  const bell = document.querySelector("[data-live]");
  if (!bell) return;
  let source = null;

  function open() {
    if (source || document.hidden) return;
    source = new EventSource(bell.dataset.live);
    source.addEventListener("notification", (event) => {
      const count = document.querySelector("[data-live] [data-unread]");
      const unread = Number(count.dataset.unread) + 1;
      count.dataset.unread = count.textContent = unread;
      count.hidden = false;
      document.dispatchEvent(new CustomEvent("notified", { detail: event.data }));
    });
  }

  function close() {
    source?.close();
    source = null;
  }

  open();
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
}
