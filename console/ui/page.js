// What every page has: times in the reader's zone, and counts that keep up. Pages work without it.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

// Times come in UTC; they are shown in the reader's zone, shortly when they are of today.
function tellTimes(within = document) {
  const today = new Date().toDateString();
  for (const el of $$("time:not([title])", within)) {
    const at = new Date(el.dateTime);
    el.title = el.textContent + " UTC";
    el.textContent = at.toDateString() === today ? at.toLocaleTimeString() : at.toLocaleString([], {dateStyle: "medium", timeStyle: "short"});
  }
}

// put replaces an element's content with a part of a page that the server rendered.
function put(el, html) {
  el.innerHTML = html;
  tellTimes(el);
}

async function ask(url) {
  const answer = await fetch(url);
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  return answer;
}

const part = async (url) => (await ask(url)).text();

// every repeats what is worth repeating only while somebody looks.
function every(milliseconds, what) {
  setInterval(() => { if (!document.hidden) what().catch(() => {}); }, milliseconds);
}

async function countOpen() {
  const link = $("[data-open]");
  if (!link) return;
  const {open} = await (await fetch(link.dataset.open)).json();
  const count = $(".count", link);
  count.hidden = !open;
  count.textContent = open;
  count.setAttribute("aria-label", open + " open");
}

function keepUp() {
  for (const el of $$("[data-poll]")) {
    every(Number(el.dataset.every), async () => {
      const html = await part(el.dataset.poll);
      if (html === el.last || el.contains(document.activeElement) && document.activeElement.closest("pre")) return;
      el.last = html;
      const open = $$("details[open]", el).map((d) => d.dataset.key);
      const focused = document.activeElement.closest?.("details")?.dataset.key;
      put(el, html);
      for (const d of $$("details", el)) {
        d.open = open.includes(d.dataset.key);
        if (focused && d.dataset.key === focused) $("summary", d).focus();
      }
    });
  }
}

// lookAgain looks again for a step that is not done, less and less often: one that nothing is known of may have been
// published a moment ago, so for ten seconds only. What was looked at before is not looked at again.
function lookAgain() {
  const found = $("#found[data-again]");
  if (!found) return;
  const began = Date.now();
  let after = found.dataset.again, wait = 500;
  const again = async () => {
    try {
      const answer = await ask(location.pathname + location.search + "&after=" + encodeURIComponent(after));
      const html = await answer.text();
      after = new Date(answer.headers.get("date")).toISOString();
      if (html && html !== found.last) { found.last = html; put(found, html); }
    } catch { } // the server may be busy
    const known = $(".verdict", found);
    if (known ? !known.matches(".good, .bad") : Date.now() - began < 10000) later();
  };
  const later = () => {
    setTimeout(() => document.hidden ? document.addEventListener("visibilitychange", again, {once: true}) : again(), wait);
    wait = Math.min(wait * 1.5, 30000);
  };
  later();
}

function pick() {
  const form = $("[data-pick]");
  const all = form && $("[data-all]", form);
  if (!all) return;
  const boxes = $$("[name=id]", form);
  const button = $("[data-chosen]", form);
  all.hidden = false;
  const tell = () => {
    const n = boxes.filter((b) => b.checked).length;
    button.disabled = n === 0;
    button.textContent = n ? `Delete ${n}…` : "Delete chosen…";
    all.checked = n === boxes.length;
    all.indeterminate = n > 0 && n < boxes.length;
  };
  all.addEventListener("change", () => { for (const b of boxes) b.checked = all.checked; tell(); });
  form.addEventListener("change", tell);
  tell();
}

// The sample step stays the same from page to page, as long as the window is open.
const sample = $("#sample");
if (sample) {
  sample.value = sessionStorage.getItem("sample") ?? sample.value;
  sample.addEventListener("input", () => sessionStorage.setItem("sample", sample.value));
}

for (const button of $$("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText($(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}

// What was done is told once: it is not told again when the page is loaded again.
if (new URLSearchParams(location.search).has("done")) {
  const here = new URL(location);
  here.searchParams.delete("done");
  here.searchParams.delete("missing");
  history.replaceState(null, "", here);
}

// On a phone the part of the project that is open may stand beside the screen.
$(".top [aria-current]")?.scrollIntoView({block: "nearest", inline: "nearest"});

tellTimes();
pick();
keepUp();
lookAgain();
if ($("[data-open]")) { countOpen().catch(() => {}); every(15000, countOpen); }
