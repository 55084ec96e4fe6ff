// The list of notifications takes in what comes while one looks at it.

document.addEventListener("notified", async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#inbox");
  const old = document.querySelector("#inbox");
  if (fresh && old && !old.contains(document.activeElement)) old.replaceWith(fresh);
});
