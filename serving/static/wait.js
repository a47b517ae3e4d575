// Says that a page is on its way once that takes longer than people wait without a word. Without it nothing is missing.
"use strict";

{ // a list's script stands beside this one
  const LONG = 400; // milliseconds
  const place = document.querySelector("#dang-tai");
  let timer;

  function leaving() {
    clearTimeout(timer);
    timer = setTimeout(() => { place.textContent = place.dataset.said; }, LONG);
  }

  function here() {
    clearTimeout(timer);
    place.textContent = "";
  }

  addEventListener("submit", (event) => {
    // Decided once all others have heard of it: a form that a script sends leaves the page where it is.
    setTimeout(() => { if (!event.defaultPrevented && !event.target.dataset.file) leaving(); });
  });
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.target || link.origin !== location.origin || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.pathname === location.pathname && link.search === location.search && link.hash) return;
    setTimeout(() => { if (!event.defaultPrevented) leaving(); });
  });
  // On a phone the menu is wider than the screen: the page one is on comes into sight.
  document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  addEventListener("pageshow", here); // also when the browser shows it again as it was left
}
