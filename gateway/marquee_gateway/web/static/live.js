// Notifications as they come: the bell's count, and an event `notified` for the page that lists them.

export function live() {
  const bell = document.querySelector("[data-live]");
  if (!bell) return;
  const source = new EventSource(bell.dataset.live);
  source.addEventListener("notification", (event) => {
    const count = document.querySelector("[data-live] [data-unread]");
    const unread = Number(count.dataset.unread) + 1;
    count.dataset.unread = count.textContent = unread;
    count.hidden = false;
    document.dispatchEvent(new CustomEvent("notified", { detail: event.data }));
  });
  addEventListener("pagehide", () => source.close());
}
