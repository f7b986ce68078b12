// A webhook's page: attempts as they happen, and trying it without leaving the page.
"use strict";

const log = $("[data-attempts]");
const reasons = log ? JSON.parse(log.dataset.reasons) : {};
const rowsShown = 200;

function cell(row, ...content) {
  const td = document.createElement("td");
  td.append(...content);
  row.append(td);
  return td;
}

function make(name, className, text) {
  return Object.assign(document.createElement(name), {className, textContent: text});
}

function badge(next) {
  const [className, text] = {continue: ["badge good", "continued"], exit: ["badge bad", "exited"], retry: ["badge fair", "retry"]}[next] ?? ["badge", "waits"];
  return make("span", className, text);
}

function attemptRow(a) {
  const row = make("tr", "fresh", "");
  const time = Object.assign(document.createElement("time"), {dateTime: a.at, textContent: a.at.slice(0, 19).replace("T", " ")});
  cell(row, time);
  const step = Object.assign(document.createElement("a"), {href: log.dataset.step + encodeURIComponent(a.stepId), textContent: a.stepId});
  cell(row, step, a.attempt > 1 ? make("span", "muted small", ` attempt ${a.attempt}`) : "");
  cell(row, a.status ? make("span", "code", a.status) : make("span", "muted", "no answer"));
  const then = cell(row, badge(a.next), " ", make("span", "why", a.reason === "delivered" ? "" : reasons[a.reason] ?? a.reason));
  if (a.detail || a.responseSnippet) {
    const more = make("details", "small", "");
    more.append(make("summary", "", "more"), make("p", "", a.detail ?? ""), a.responseSnippet ? make("pre", "", a.responseSnippet) : "");
    then.append(more);
  }
  cell(row, a.tookMs < 10 ? `${a.tookMs.toFixed(1)} ms` : `${Math.round(a.tookMs)} ms`).className = "wide num";
  tellTimes(row);
  return row;
}

function follow() {
  const live = $("[data-live]");
  const events = new EventSource(log.dataset.attempts);
  const say = (text, on) => { live.hidden = false; live.textContent = text; live.classList.toggle("off", !on); };
  events.onopen = () => say("live", true);
  events.onerror = () => say("connecting…", false);
  events.addEventListener("attempt", (e) => {
    const a = JSON.parse(e.data);
    if (log.dataset.next && log.dataset.next !== a.next) return;
    const body = log.tBodies[0];
    body.prepend(attemptRow(a));
    while (body.rows.length > rowsShown) body.lastElementChild.remove();
    $("[data-none]")?.remove();
    beat();
  });
  addEventListener("pagehide", () => events.close());
}

let beating;
function beat() {
  clearTimeout(beating);
  beating = setTimeout(() => refresh().catch(() => {}), 300);
}

async function refresh() {
  const el = $("[data-pulse]");
  put(el, await part(el.dataset.pulse));
}

const trying = $("[data-try]");
trying?.addEventListener("click", async (e) => {
  const button = e.target.closest("button[name=do]");
  if (!button) return;
  e.preventDefault();
  const state = $("[data-state]", trying);
  const fields = new URLSearchParams(new FormData(trying));
  fields.set("do", button.value);
  state.textContent = button.value === "preview" ? "" : "Sending…";
  try {
    const answer = await fetch(trying.action, {method: "POST", body: fields, headers: {Accept: "application/json"}});
    const told = await answer.json();
    if (told.location) return location.assign(told.location);
    if (answer.ok) put($("#outcome"), told.panel);
    state.textContent = answer.ok ? "" : `${told.title}. ${told.detail ?? ""}`;
  } catch {
    state.textContent = "The console can't be reached.";
  }
});

if (log) { follow(); every(10000, refresh); }
