// Sends the forms of a list without loading the page again. Without it they work too, by loading it.
"use strict";

async function send(form, pressed) {
  const body = new URLSearchParams(new FormData(form));
  if (pressed && pressed.name) body.set(pressed.name, pressed.value);
  const answer = await fetch(form.action, { method: "POST", body, headers: { "x-leadkeep-part": "1" } });
  if (!answer.redirected) return answer;
  location.assign(answer.url); // signed out meanwhile
  return new Promise(() => {});
}

function complain(form, text) {
  const place = form.closest(".taps, .contact, .done, .person");
  let said = place.querySelector(".failed");
  if (!said) {
    said = document.createElement("p");
    said.className = "failed";
    said.setAttribute("role", "alert");
    place.prepend(said);
  }
  said.textContent = text;
}

function step(by) {
  const bar = document.querySelector("#tien-do");
  if (!bar) return;
  bar.value += by;
  const label = document.querySelector("label[for=tien-do]");
  label.textContent = label.textContent.replace(/\d+/, String(bar.value));
}

async function tapped(form, answer) {
  const row = form.closest(".person");
  const stood = document.createDocumentFragment();
  stood.append(...row.childNodes);
  const name = stood.querySelector("h2").cloneNode(true);
  row.stood = stood;
  row.innerHTML = await answer.text();
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
  for (const id of row.querySelectorAll("input[name=id]")) id.value = fresh;
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

document.addEventListener("submit", async (event) => {
  const form = event.target, pressed = event.submitter;
  const done = form.matches(".tap") ? tapped : form.matches(".undo") ? restored : form.matches(".open") ? opened : null;
  if (!done) return;
  event.preventDefault();
  const group = form.closest(".taps, .open, .undo"), words = (form.closest(".person") || document).querySelector(".taps");
  const buttons = [...group.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await send(form, pressed);
    if (!answer.ok) throw new Error(answer.status);
    await done(form, answer);
  } catch (error) {
    for (const button of buttons) button.disabled = false;
    const refused = /^\d+$/.test(error.message);
    if (words) complain(form, refused ? words.dataset.failed : words.dataset.lost);
    else location.reload();
  }
});
