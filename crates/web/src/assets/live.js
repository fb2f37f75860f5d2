// What pages do with a script that they do without one too: show a job as it goes on, without
// asking for the whole page again, and remember the viewer's time zone.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const chosen = document.cookie.split("; ").some((pair) => pair.startsWith("zone="));
  if (zone && !chosen) {
    document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax`;
  }
  for (const place of document.querySelectorAll("[data-live]")) {
    const events = new EventSource(place.dataset.live);
    const show = (event) => { place.innerHTML = event.data; };
    events.addEventListener("progress", show);
    events.addEventListener("end", (event) => {
      events.close();
      show(event);
      for (const form of document.querySelectorAll("form[action$='/cancel']")) form.remove();
    });
  }
})();
