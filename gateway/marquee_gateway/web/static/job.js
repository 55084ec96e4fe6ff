// A job's page looks again by itself until the job is done; #job and what stands beside it is
// put in place as the server shows it then.

const PAUSE = 1500;

async function look() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#job");
  if (fresh) document.querySelector("#job").replaceWith(fresh);
  else if (answer.ok) location.reload();
}

while (document.querySelector("#job[data-running]")) {
  await new Promise((wake) => setTimeout(wake, PAUSE));
  try {
    if (!document.hidden) await look();
  } catch {
    // The connection was lost; the next look may find it again.
  }
}
