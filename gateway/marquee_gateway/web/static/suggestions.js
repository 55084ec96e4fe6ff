// Tells which suggestions came into sight and which were followed, so that they get better.

const FULL = 60;

export function suggestions() {
  const root = document.querySelector("[data-suggested]");
  if (!root) return;
  const noted = [];
  const seen = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        observer.unobserve(entry.target);
        note("impression", entry.target);
      }
    },
    { threshold: 0.6 },
  );
  for (const card of root.querySelectorAll("[data-film]")) observer.observe(card);
  root.addEventListener("click", (event) => {
    const card = event.target.closest("[data-film]");
    if (card) note("click", card);
  });
  document.addEventListener("visibilitychange", () => document.hidden && tell());

  function note(type, card) {
    const { film, position } = card.dataset;
    if (seen.has(type + film)) return;
    seen.add(type + film);
    noted.push({
      type,
      movie: film,
      request_id: root.dataset.suggested,
      position: Number(position),
      at: new Date().toISOString(),
    });
    if (noted.length >= FULL || type === "click") tell();
  }

  function tell() {
    const token = document.querySelector("input[name=form_token]");
    if (!noted.length || !token) return;
    const events = JSON.stringify(noted.splice(0));
    navigator.sendBeacon("/suggestions", new URLSearchParams({ form_token: token.value, events }));
  }
}
