// Sends the forms of a list or profile without loading the page again. Without it they work too, by loading it.
"use strict";

const terms = document.currentScript.dataset;
const LONG = 400, PATIENCE = 15000; // milliseconds
const unsent = new Map(); // by row: what could not be sent yet

async function send(form, pressed) {
  const body = new URLSearchParams(new FormData(form));
  if (pressed && pressed.name) body.set(pressed.name, pressed.value);
  const headers = { "x-leadkeep-part": "1" };
  const answer = await fetch(form.action, { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.redirected) return answer;
  location.assign(answer.url); // signed out meanwhile
  return new Promise(() => {});
}

function tell(form, text, kind) {
  const row = form.closest(".taps, .contact, .done, .person");
  const said = row.querySelector(":scope > .told") || document.createElement("p");
  said.className = `told ${kind}`;
  said.setAttribute("role", kind === "failed" ? "alert" : "status");
  said.textContent = text;
  row.prepend(said);
  return said;
}

function step(by) {
  const bar = document.querySelector("#tien-do");
  if (!bar) return;
  bar.value += by;
  const label = document.querySelector("label[for=tien-do]");
  label.textContent = label.textContent.replace(/\d+/, String(bar.value));
}

async function tapped(form, answer) {
  const row = form.closest(".person"), text = await answer.text();
  const stood = document.createDocumentFragment();
  stood.append(...row.childNodes);
  const name = stood.querySelector("h2").cloneNode(true);
  row.stood = stood;
  row.innerHTML = text;
  row.prepend(name);
  row.classList.add("tapped");
  row.querySelector(".kept").focus();
  step(1);
}

function restored(form) {
  const row = form.closest(".person");
  if (!row || !row.stood || !crypto.randomUUID) return location.reload();
  row.replaceChildren(row.stood);
  row.classList.remove("tapped");
  const fresh = crypto.randomUUID();
  for (const id of row.querySelectorAll(".taps input[name=id]")) id.value = fresh;
  for (const open of row.querySelectorAll(".asks[open]")) open.open = false;
  for (const button of row.querySelectorAll("button")) button.disabled = false;
  row.querySelector(".taps button").focus();
  step(-1);
}

async function opened(form, answer) {
  const place = form.closest(".contact");
  place.innerHTML = await answer.text();
  const call = place.querySelector("a.call");
  call.focus();
  if (matchMedia("(pointer: coarse)").matches && call.protocol === "tel:") call.click();
}

function again(form, text, retry) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "small";
  button.textContent = terms.again;
  button.addEventListener("click", retry);
  tell(form, text, "failed").append(" ", button);
}

async function attempt(form, pressed, done) {
  const row = form.closest(".person, .done li") || form;
  const group = form.closest(".taps, .open, .undo"), buttons = [...group.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  group.setAttribute("aria-busy", "true");
  const slow = setTimeout(() => tell(form, terms.waiting, "waits"), LONG);
  try {
    const answer = await send(form, pressed);
    clearTimeout(slow);
    if (!answer.ok) throw new Error(answer.status);
    const told = row.querySelector(".told");
    if (told) told.remove();
    unsent.delete(row);
    await done(form, answer);
  } catch (error) {
    for (const button of buttons) button.disabled = false;
    const refused = /^4\d\d$/.test(error.message), retry = () => attempt(form, pressed, done);
    if (refused) {
      unsent.delete(row);
      tell(form, terms.failed, "failed");
    } else {
      unsent.set(row, retry);
      again(form, terms.lost, retry);
    }
  } finally {
    clearTimeout(slow);
    group.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const done = form.matches(".tap") ? tapped : form.matches(".undo") ? restored : form.matches(".open") ? opened : null;
  if (!done) return;
  event.preventDefault();
  attempt(form, event.submitter, done);
});
addEventListener("online", () => { for (const retry of [...unsent.values()]) retry(); });
addEventListener("beforeunload", (event) => { if (unsent.size) event.preventDefault(); });
